/** The handshake on uWebSockets.js: reads the request, asks `admit`, and upgrades or answers. */
import type { HttpRequest, HttpResponse, us_socket_context_t } from 'uWebSockets.js';
import { messageOf } from '../common/errors.js';
import type { Logger } from '../common/log.js';
import type { Metrics } from '../common/metrics.js';
import { SampledLog } from '../common/sampled-log.js';
import { admit, takeCapacity, type AdmissionRules, type Admitted, type Handshake } from './admission.js';
import { readHandshake } from './handshake-request.js';
import { refuse, REFUSALS, type Refusal } from './refusals.js';

/** What a socket is born with. */
export interface Admission {
  readonly admitted: Admitted;
  /** Where the client says that it stands. */
  readonly cursor: string | undefined;
}

/** Runs something while something else is corked. */
export interface Corker {
  /** False when there is nothing to cork. */
  cork(run: () => void): boolean;
}

export interface HandshakesOptions {
  readonly rules: AdmissionRules;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly corker: Corker;
}

export class Handshakes {
  readonly #options: HandshakesOptions;
  readonly #sampledLog: SampledLog;
  #pending = 0;

  constructor(options: HandshakesOptions) {
    this.#options = options;
    this.#sampledLog = new SampledLog(options.log);
  }

  /** Handshakes that wait for the token to be checked. */
  get pending(): number {
    return this.#pending;
  }

  /** Takes a handshake on. Returns at once; the socket's `open` handler or an HTTP answer follows. */
  take(response: HttpResponse, request: HttpRequest, context: us_socket_context_t): void {
    const handshake = readHandshake(request);
    let isAborted = false;
    response.onAborted(() => (isAborted = true));
    this.#decide(handshake)
      .then((result) => {
        // After an abort the response is gone, and touching it throws.
        if (isAborted) return;
        const refusal = result.kind === 'refused' ? result : takeCapacity(result, this.#options.rules);
        if (refusal !== undefined) this.refuse(response, refusal);
        else this.#upgrade(response, context, handshake, admissionOf(result as Admitted, handshake));
      })
      .catch((error: unknown) => {
        this.#sampledLog.error({ error: messageOf(error) }, 'a handshake could not be answered');
        if (!isAborted) response.close();
      });
  }

  /** Answers with the refusal's status. The body tells a developer what a page's script never gets to see. */
  refuse(response: HttpResponse, { reason, message }: Refusal): void {
    this.#options.metrics.upgrades_refused_total.inc({ reason });
    this.#options.log.debug({ reason }, 'handshake refused');
    const status = REFUSALS[reason];
    response.cork(() => {
      response
        .writeStatus(status)
        .writeHeader('Content-Type', 'application/json')
        .writeHeader('Cache-Control', 'no-store');
      if (status.startsWith('401')) response.writeHeader('WWW-Authenticate', 'Bearer');
      if (/^(429|503)/.test(status)) response.writeHeader('Retry-After', '5');
      response.end(JSON.stringify({ error: reason, message }), true);
    });
  }

  /**
   * The `open` handler runs before this returns.
   *
   * The response must not be corked: when the socket keeps its address, which is up to the allocator, uWebSockets.js
   * takes it for an HTTP response still, reads a flag where there is none any more, and at random ends the new socket
   * after its first message (uWebSockets PR 1929, in no release that npm has). Nor may `upgrade` be called outside of
   * `cork`: that writes a warning on standard error each time. While something else is corked (the
   * gateway's anchor), `cork` only calls its handler.
   */
  #upgrade(response: HttpResponse, context: us_socket_context_t, handshake: Handshake, admission: Admission): void {
    const upgrade = (): void => {
      response.upgrade(admission, handshake.key, admission.admitted.protocol, handshake.extensions, context);
    };
    const isDone = this.#options.corker.cork(() => void response.cork(upgrade));
    if (!isDone) upgrade();
  }

  /** Never rejects. */
  async #decide(handshake: Handshake): Promise<Admitted | Refusal> {
    // Counted after the check for the limit, so that a handshake does not count against itself.
    const decision = admit(handshake, this.#options.rules);
    this.#pending += 1;
    try {
      return await decision;
    } catch (error) {
      this.#sampledLog.error({ error: messageOf(error) }, 'a handshake failed');
      return refuse('internal-error', 'The gateway failed to check the handshake.');
    } finally {
      this.#pending -= 1;
    }
  }
}

function admissionOf(admitted: Admitted, { query }: Handshake): Admission {
  return { admitted, cursor: new URLSearchParams(query).get('cursor') ?? undefined };
}

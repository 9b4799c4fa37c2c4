/** The operators' endpoint: /metrics for Prometheus; /livez, /readyz and /startupz for the orchestrator. Anybody may ask, cheaply. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { limitConnections } from './connection-limit.js';
import { FatalError, messageOf } from '../../common/errors.js';
import type { Logger } from '../../common/log.js';
import type { Metrics } from '../../common/metrics.js';
import type { Part, Readiness } from '../../common/readiness.js';
import { sayReason, type Reason } from '../../common/reasons.js';
import { SampledLog } from '../../common/sampled-log.js';
import { Scrape, type Measured } from './scrape.js';

export interface HttpEndpointOptions {
  readonly registry: Registry;
  readonly metrics: Pick<Metrics, 'http_connections' | 'http_dropped_total'>;
  readonly readiness: Readiness;
  readonly measured: Measured | undefined;
  /** What strangers open besides ends the oldest. */
  readonly maxConnections: number;
  readonly log: Logger;
  /** Monotonic, ms. */
  readonly now?: () => number;
}

/** A request is one line and some headers: whoever takes longer is not asking. Also of a connection that says nothing. */
const REQUEST_MS = 5000;
const KEEP_ALIVE_MS = 5000;
const MAX_HEADER_BYTES = 8 * 1024;

export class HttpEndpoint {
  readonly #options: HttpEndpointOptions;
  readonly #server: Server;
  readonly #scrape: Scrape;
  /** Anybody may ask. */
  readonly #sampledLog: SampledLog;

  constructor(options: HttpEndpointOptions) {
    const { registry, readiness, measured, metrics, maxConnections, now = () => performance.now() } = options;
    this.#options = options;
    this.#sampledLog = new SampledLog(options.log);
    this.#scrape = new Scrape({
      registry,
      measured: {
        measure: async () => {
          readiness.reasons();
          metrics.http_connections.set(open.size);
          await measured?.measure();
        },
      },
      now,
    });
    this.#server = createServer({
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: REQUEST_MS,
      requestTimeout: REQUEST_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: 1000,
    });
    const open = limitConnections(this.#server, maxConnections, () => metrics.http_dropped_total.inc());
    this.#server.on('request', ({ method, url }, response) => this.#answer(method, url ?? '', response));
  }

  /** Resolves with the bound port. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error) =>
        reject(new FatalError(`HTTP_PORT ${port} on ${host} cannot be had: ${error.message}`, error)),
      );
      this.#server.listen(port, host, () => resolve((this.#server.address() as AddressInfo).port));
    });
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #answer(method: string | undefined, url: string, response: ServerResponse): void {
    const [path, query = ''] = url.split('?', 2);
    if (method !== 'GET' && method !== 'HEAD') {
      answer(response, 405, { error: 'only GET is answered' });
    } else if (path === '/livez') {
      answer(response, 200, { status: 'alive' });
    } else if (path === '/readyz') {
      this.#answerReadiness(response, new URLSearchParams(query).get('role'));
    } else if (path === '/startupz') {
      answerReasons(response, 'started', this.#options.readiness.reasonsToStart());
    } else if (path === '/metrics') {
      void this.#answerMetrics(response);
    } else {
      answer(response, 404, { error: 'not found: /metrics, /livez, /readyz and /startupz are here' });
    }
  }

  #answerReadiness(response: ServerResponse, asked: string | null): void {
    const { readiness } = this.#options;
    const role = readiness.roles.find((one) => one === asked);
    if (asked !== null && role === undefined) {
      answer(response, 400, { error: `expected a role of this worker: ${readiness.roles.join(' or ')}` });
      return;
    }
    answerReasons(response, 'ready', readiness.reasons(role));
  }

  async #answerMetrics(response: ServerResponse): Promise<void> {
    try {
      const body = await this.#scrape.text();
      response.writeHead(200, { 'content-type': this.#scrape.contentType }).end(body);
    } catch (error) {
      this.#sampledLog.error({ error: messageOf(error) }, 'the metrics cannot be collected');
      answer(response, 500, { error: 'the metrics cannot be collected: the log says why' });
    }
  }
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}

function answerReasons(response: ServerResponse, good: string, reasons: ReadonlyMap<Part, Reason>): void {
  if (reasons.size === 0) answer(response, 200, { status: good });
  else {
    const said = Object.fromEntries([...reasons].map(([part, reason]) => [part, sayReason(reason)]));
    answer(response, 503, { status: `not ${good}`, reasons: said });
  }
}

/**
 * The few requests to the schema registry whose answers must be told apart: found, not known, outage.
 * @kafkajs/confluent-schema-registry reports a registry that cannot be reached as a 400, has no timeout and no bound on
 * the answer's size, and follows redirects; so workers ask through this client.
 */
import { FatalError, messageOf } from '../../common/errors.js';
import type { LiveText } from '../../common/live-text.js';
import type { Logger } from '../../common/log.js';
import { SampledLog } from '../../common/sampled-log.js';
import { trustingFetch } from '../../common/trusting-fetch.js';
import { RegistryOutageError, type RegistryFault } from './registry-outage.js';
import { Slots } from './slots.js';

/** What the registry said. Anything else is an outage. */
export type RegistryAnswer =
  | { readonly kind: 'ok'; readonly body: Readonly<Record<string, unknown>> }
  /** A 404 in the registry's own words (NOT_KNOWN), so that no proxy's page is taken for it. */
  | { readonly kind: 'missing'; readonly message: string }
  /** The request itself is refused (409 incompatible, 422 invalid). */
  | { readonly kind: 'refused'; readonly status: number; readonly message: string };

export interface RegistryRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Below the base url: `/schemas/ids/7`. */
  readonly path: string;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** Where the registry is, and how we say who we are. */
export interface RegistrySettings {
  /**
   * SCHEMA_REGISTRY_URL: addresses of one registry, with commas between; each may hold a path and credentials
   * (`http://user:password@host:8081/apis/ccompat/v7`).
   */
  readonly url: string;
  /** The authority of its certificate; undefined: Node's own. */
  readonly ca?: LiveText | undefined;
  /** In the place of the credentials of the URL. */
  readonly login?: { readonly username: string; readonly password: LiveText } | undefined;
  /** The bearer token of the moment, in the place of both. */
  readonly token?: (() => Promise<string>) | undefined;
}

export interface RegistryClientOptions extends RegistrySettings {
  /** The limit of one request, answer included. Default 5000. */
  readonly timeoutMs?: number;
  readonly log?: Logger;
  /** Is told of each request, an address for itself; of its fault where it counts as an outage. */
  readonly onRequest?: (seconds: number, fault: RegistryFault | undefined) => void;
}

const MAX_ANSWER_BYTES = 1024 * 1024;
/** Ids are asked for together: the registry, and our descriptors, are not to feel how many there are. */
const AT_ONCE = 16;
/** The registry's own: no such subject, version, schema; a subject without a level of its own. */
const NOT_KNOWN = new Set<unknown>([40401, 40402, 40403, 40408]);
/** Characters of what it says that are kept; more of a refusal, in which Confluent's names what two schemas differ in. */
const MAX_MESSAGE = 300;
const MAX_REFUSAL = 500;
const MEDIA_TYPE = 'application/vnd.schemaregistry.v1+json';

interface RegistryAddress {
  /** Without credentials and without a slash at its end; fit for logs. */
  readonly baseUrl: string;
  readonly auth: { readonly username: string; readonly password: string } | undefined;
}

/** What another client of the registry needs to ask as we do. */
export interface RegistryAccess {
  readonly host: string;
  /** The value of the header. */
  readonly authorization: string | undefined;
  /** PEM certificates, in the place of Node's own. */
  readonly ca: string | undefined;
}

export class RegistryClient {
  readonly #addresses: readonly RegistryAddress[];
  readonly #settings: RegistrySettings;
  readonly #timeoutMs: number;
  readonly #onRequest: RegistryClientOptions['onRequest'];
  /** One address may fail for some ids, and another for others: they are asked in turns then. */
  readonly #sampledLog: SampledLog | undefined;
  readonly #slots = new Slots(AT_ONCE);
  /** Which one is asked first: the one that answered last. */
  #first = 0;
  #date: string | null = null;

  /** Throws a FatalError when a url is none. */
  constructor(options: RegistryClientOptions) {
    this.#addresses = options.url.split(',').map((url) => addressOf(parseUrl(url.trim())));
    this.#settings = options;
    this.#timeoutMs = options.timeoutMs ?? 5_000;
    this.#onRequest = options.onRequest;
    this.#sampledLog = options.log && new SampledLog(options.log);
  }

  /** The address that is asked first, without credentials; fit for logs. */
  get baseUrl(): string {
    return this.#addresses[this.#first]!.baseUrl;
  }

  /** The address that is asked first, and how we say who we are by now. Rejects with a RegistryOutageError when there is no token. */
  async access(): Promise<RegistryAccess> {
    const { baseUrl: host, auth } = this.#addresses[this.#first]!;
    return { host, authorization: await this.#authorization(auth), ca: this.#settings.ca?.current };
  }

  /** The registry's clock at its last answer, in whole seconds; undefined where it does not say. */
  get clock(): Date | undefined {
    return this.#date === null ? undefined : new Date(this.#date);
  }

  /**
   * Asks one address after another until one answers. Throws a RegistryOutageError for whatever trying again may cure without anybody's doing (no answer, 5xx, a wrong
   * body) or needs an operator (401, a redirect), also where it may be the fault of what was asked for; rejects with the
   * signal's reason once that aborts.
   */
  ask(request: RegistryRequest): Promise<RegistryAnswer> {
    return this.#slots.run(request.signal, () => this.#askEach(request));
  }

  async #askEach(request: RegistryRequest): Promise<RegistryAnswer> {
    const outages: RegistryOutageError[] = [];
    const first = this.#first;
    for (let tried = 0; tried < this.#addresses.length; tried += 1) {
      const index = (first + tried) % this.#addresses.length;
      const began = performance.now();
      try {
        const answer = await this.#ask(request, index);
        this.#onRequest?.((performance.now() - began) / 1000, undefined);
        if (index !== first && this.#first === first) {
          this.#sampledLog?.warn(
            { error: outages.map(messageOf) },
            `the schema registry is asked at its address ${index + 1}`,
          );
          this.#first = index;
        }
        return answer;
      } catch (error) {
        if (!(error instanceof RegistryOutageError)) throw error;
        this.#onRequest?.((performance.now() - began) / 1000, error.fault);
        outages.push(error);
      }
    }
    throw jointOutage(outages);
  }

  async #ask(request: RegistryRequest, index: number): Promise<RegistryAnswer> {
    const { baseUrl, auth } = this.#addresses[index]!;
    const address = this.#addresses.length > 1 ? { address: index + 1 } : {};
    const label = `${request.method} ${baseUrl}${request.path}`;
    const timeout = AbortSignal.timeout(this.#timeoutMs);
    const signal = request.signal === undefined ? timeout : AbortSignal.any([request.signal, timeout]);
    try {
      const response = await trustingFetch(this.#settings.ca?.current, baseUrl + request.path, {
        method: request.method,
        headers: headersOf(request, await this.#authorization(auth)),
        redirect: 'manual',
        signal,
        ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      });
      this.#date = response.headers.get('date');
      return judge(response.status, parseObject(await readBounded(response, label)), label);
    } catch (error) {
      request.signal?.throwIfAborted();
      if (error instanceof RegistryOutageError)
        throw new RegistryOutageError(error.fault, error.message, {
          blames: error.blames,
          cause: error.cause,
          ...address,
        });
      const reason = timeout.aborted ? `no answer within ${this.#timeoutMs} ms` : causeOf(error);
      throw new RegistryOutageError('unreachable', `the schema registry failed ${label}: ${reason}`, {
        cause: error,
        ...address,
      });
    }
  }

  /** A token or a password as it is now; rejects as whoever gives the token does. */
  async #authorization(ofUrl: RegistryAddress['auth']): Promise<string | undefined> {
    const { login, token } = this.#settings;
    if (token !== undefined) return `Bearer ${await this.#tokenBy(token)}`;
    await login?.password.refresh();
    const auth = login ? { username: login.username, password: login.password.current } : ofUrl;
    if (auth === undefined) return undefined;
    return `Basic ${Buffer.from(`${auth.username}:${auth.password}`, 'utf8').toString('base64')}`;
  }

  async #tokenBy(token: () => Promise<string>): Promise<string> {
    try {
      return await token();
    } catch (error) {
      throw new RegistryOutageError('credentials', `no token for the schema registry: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }
}

/** What is waited for when no address answers: one that may blame the request says more than one that is silent. */
function jointOutage(outages: readonly RegistryOutageError[]): RegistryOutageError {
  const outage = outages.find(({ blames }) => blames !== undefined) ?? outages.at(-1)!;
  if (outages.length === 1) return outage;
  return new RegistryOutageError(outage.fault, outages.map(messageOf).join('; '), outage);
}

function headersOf(request: RegistryRequest, authorization: string | undefined): Record<string, string> {
  const headers: Record<string, string> = { accept: `${MEDIA_TYPE}, application/json` };
  if (request.body !== undefined) headers['content-type'] = MEDIA_TYPE;
  if (authorization !== undefined) headers['authorization'] = authorization;
  return headers;
}

function addressOf(url: URL): RegistryAddress {
  return {
    baseUrl: `${url.origin}${url.pathname}`.replace(/\/+$/, ''),
    auth:
      url.username === ''
        ? undefined
        : { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) },
  };
}

function parseUrl(text: string): URL {
  // The url may hold a password: the message names the setting, never the value.
  const fault = () =>
    new FatalError('SCHEMA_REGISTRY_URL is no http(s) url; expected one such as http://localhost:8081/apis/ccompat/v7');
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw fault();
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw fault();
  return url;
}

function judge(status: number, body: Record<string, unknown> | undefined, label: string): RegistryAnswer {
  const code = body?.['error_code'];
  const whole = typeof body?.['message'] === 'string' ? body['message'] : '';
  const message = whole.slice(0, MAX_MESSAGE);
  if (status === 200 && body !== undefined) return { kind: 'ok', body };
  if (status === 404 && NOT_KNOWN.has(code)) return { kind: 'missing', message };
  if ((status === 409 || status === 422) && typeof code === 'number')
    return { kind: 'refused', status, message: whole.slice(0, MAX_REFUSAL) };
  const fault = faultOf(status);
  const said = body === undefined ? 'without a JSON object' : message;
  throw new RegistryOutageError(
    fault,
    `the schema registry answered ${status} to ${label}${HINTS[fault] ?? ''}${said === '' ? '' : `: ${said}`}`,
    isOfRequest(status) ? { blames: `it answers ${status}` } : {},
  );
}

const HINTS: Partial<Record<RegistryFault, string>> = {
  credentials: ' (are the credentials right? See SCHEMA_REGISTRY_URL, SCHEMA_REGISTRY_USERNAME, SCHEMA_REGISTRY_TOKEN)',
  path: ' (is the path in SCHEMA_REGISTRY_URL right?)',
};

function faultOf(status: number): RegistryFault {
  if (status === 401 || status === 403) return 'credentials';
  if (status === 404 || (status >= 300 && status < 400)) return 'path';
  if (status === 408 || status === 429) return 'busy';
  if (status >= 500) return 'failing';
  return status >= 400 ? 'refusing' : 'unusable';
}

/** Any 4xx but those that are never about one request: no credentials, too slow, too often, a proxy's own 404. */
function isOfRequest(status: number): boolean {
  return status >= 400 && status < 500 && ![401, 404, 408, 429].includes(status);
}

async function readBounded(response: Response, label: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    // Leaving the loop cancels the body.
    if (size > MAX_ANSWER_BYTES) {
      const blames = `an answer of more than ${MAX_ANSWER_BYTES} bytes`;
      // An error page is of the registry, however long.
      throw new RegistryOutageError(
        response.ok ? 'unusable' : faultOf(response.status),
        `the schema registry failed ${label}: ${blames}`,
        response.ok ? { blames: `it gives ${blames}` } : {},
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null && !Array.isArray(body)
      ? (body as Record<string, unknown>)
      : undefined;
  } catch {
    // Not JSON: the caller says so together with the status.
    return undefined;
  }
}

/** fetch hides the reason (ECONNREFUSED) in the cause of a TypeError. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const code = (cause as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : messageOf(cause);
}

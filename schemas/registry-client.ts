/**
 * The few requests to the schema registry whose answers must be told apart: found, not known, outage.
 * @kafkajs/confluent-schema-registry reports a registry that can not be reached as a 400, has no timeout and no bound on
 * the answer's size, and follows redirects; so workers ask through this client.
 */
import { FatalError, messageOf, OutageError } from '../topology/errors.js';

/** What the registry said. Anything else is an outage. */
export type RegistryAnswer =
  | { readonly kind: 'ok'; readonly body: Readonly<Record<string, unknown>> }
  /** A 404 in the registry's own words, so that no proxy's page is taken for it. */
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

export interface RegistryClientOptions {
  /** SCHEMA_REGISTRY_URL; may hold a path and credentials (`http://user:password@host:8081/apis/ccompat/v7`). */
  readonly url: string;
  /** Of one request, answer included. Default 5000. */
  readonly timeoutMs?: number;
}

const MAX_ANSWER_BYTES = 1024 * 1024;
const MEDIA_TYPE = 'application/vnd.schemaregistry.v1+json';

export class RegistryClient {
  /** Without credentials and without a slash at its end; fit for logs. */
  readonly baseUrl: string;
  readonly auth: { readonly username: string; readonly password: string } | undefined;
  readonly #timeoutMs: number;

  /** Throws a FatalError when the url is none. */
  constructor(options: RegistryClientOptions) {
    const url = parseUrl(options.url);
    this.auth =
      url.username === ''
        ? undefined
        : { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
    this.baseUrl = `${url.origin}${url.pathname}`.replace(/\/+$/, '');
    this.#timeoutMs = options.timeoutMs ?? 5_000;
  }

  /**
   * Throws an OutageError for whatever trying again may cure without anybody's doing (no answer, 5xx, a wrong body) or
   * needs an operator (401, a redirect); rejects with the signal's reason once that aborts.
   */
  async ask(request: RegistryRequest): Promise<RegistryAnswer> {
    const label = `${request.method} ${this.baseUrl}${request.path}`;
    const timeout = AbortSignal.timeout(this.#timeoutMs);
    const signal = request.signal === undefined ? timeout : AbortSignal.any([request.signal, timeout]);
    try {
      const response = await fetch(this.baseUrl + request.path, {
        method: request.method,
        headers: this.#headers(request),
        redirect: 'manual',
        signal,
        ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      });
      return judge(response.status, parseObject(await readBounded(response)), label);
    } catch (error) {
      request.signal?.throwIfAborted();
      if (error instanceof OutageError) throw error;
      const reason = timeout.aborted ? `no answer within ${this.#timeoutMs} ms` : causeOf(error);
      throw new OutageError(`the schema registry failed ${label}: ${reason}`, error);
    }
  }

  #headers(request: RegistryRequest): Record<string, string> {
    const headers: Record<string, string> = { accept: `${MEDIA_TYPE}, application/json` };
    if (request.body !== undefined) headers['content-type'] = MEDIA_TYPE;
    if (this.auth !== undefined) {
      const credentials = Buffer.from(`${this.auth.username}:${this.auth.password}`, 'utf8').toString('base64');
      headers['authorization'] = `Basic ${credentials}`;
    }
    return headers;
  }
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
  const message = typeof body?.['message'] === 'string' ? body['message'].slice(0, 300) : '';
  if (status === 200 && body !== undefined) return { kind: 'ok', body };
  if (status === 404 && typeof code === 'number') return { kind: 'missing', message };
  if ((status === 409 || status === 422) && typeof code === 'number') return { kind: 'refused', status, message };
  const hint =
    status === 401 || status === 403
      ? ' (are the credentials in SCHEMA_REGISTRY_URL right?)'
      : status === 404 || (status >= 300 && status < 400)
        ? ' (is the path in SCHEMA_REGISTRY_URL right?)'
        : '';
  const fault = body === undefined ? 'without a JSON object' : message;
  throw new OutageError(`the schema registry answered ${status} to ${label}${hint}${fault === '' ? '' : `: ${fault}`}`);
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    // Leaving the loop cancels the body.
    if (size > MAX_ANSWER_BYTES) throw new Error(`an answer of more than ${MAX_ANSWER_BYTES} bytes`);
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

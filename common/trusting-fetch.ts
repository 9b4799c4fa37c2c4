/** `fetch` that trusts an authority of one's own: Node's has no setting for that. */
import { request, type RequestOptions } from 'node:https';
import { validateHeaderValue, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

/** What we ask of fetch. A redirect is an answer like any other. */
export interface FetchOptions {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly redirect: 'manual';
  readonly signal: AbortSignal;
}

/** Answers that may have no body. */
const EMPTY = new Set([101, 204, 205, 304]);

/** `ca`: PEM certificates, in the place of Node's own; undefined is Node's fetch. */
export async function trustingFetch(ca: string | undefined, url: string, options: FetchOptions): Promise<Response> {
  // Before fetch does, whose error quotes the value: it may be a secret.
  for (const [name, value] of Object.entries(options.headers)) validateHeaderValue(name, value);
  if (ca === undefined || !url.startsWith('https:')) return fetch(url, options);
  const { method, headers, body, signal } = options;
  return new Promise((resolve, reject) => {
    // Asked for rarely: a connection each, so that none is found closed.
    const how: RequestOptions = { method, headers: { ...headers }, ca, signal, agent: false };
    // What no Response can be made of rejects.
    const asked = request(url, how, (answer) => resolve(Promise.resolve(answer).then(responseOf)));
    asked.on('error', reject);
    asked.end(body);
  });
}

function responseOf(answer: IncomingMessage): Response {
  const status = answer.statusCode ?? 502;
  const headers = Object.entries(answer.headers).map(([name, value]): [string, string] => [name, String(value)]);
  if (EMPTY.has(status)) answer.resume();
  return new Response(EMPTY.has(status) ? null : (Readable.toWeb(answer) as ReadableStream), { status, headers });
}

/** A registry that a test scripts: answers each request by a function, and remembers what was asked. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Certified } from '../../../../dev/stack/certificate.js';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly authorization: string | undefined;
}

export type Answer = (asked: Asked, response: ServerResponse) => void;

export class StubRegistry {
  readonly asked: Asked[] = [];
  answer: Answer = (_, response) => notKnown(response);
  readonly #isSecure: boolean;
  readonly #server;

  private constructor(certificate: Certified | undefined) {
    const serve = (request: IncomingMessage, response: ServerResponse): void => void this.#serve(request, response);
    this.#isSecure = certificate !== undefined;
    this.#server = certificate === undefined ? createServer(serve) : createSecureServer(certificate, serve);
  }

  /** With a certificate it speaks TLS. */
  static async start(certificate?: Certified): Promise<StubRegistry> {
    const stub = new StubRegistry(certificate);
    await new Promise<void>((resolve) => stub.#server.listen(0, '127.0.0.1', resolve));
    return stub;
  }

  get url(): string {
    return `${this.#isSecure ? 'https' : 'http'}://127.0.0.1:${(this.#server.address() as AddressInfo).port}/api`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { method = '', url = '' } = request;
    const asked = { method, path: url.replace(/^\/api/, ''), body, authorization: request.headers.authorization };
    this.asked.push(asked);
    this.answer(asked, response);
  }
}

export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

export function notKnown(response: ServerResponse): void {
  json(response, 404, { error_code: 40403, message: 'Schema not found' });
}

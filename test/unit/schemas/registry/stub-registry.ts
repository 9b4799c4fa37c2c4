/** A registry that a test scripts: answers each request by a function, and remembers what was asked. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

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
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  static async start(): Promise<StubRegistry> {
    const stub = new StubRegistry();
    await new Promise<void>((resolve) => stub.#server.listen(0, '127.0.0.1', resolve));
    return stub;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/api`;
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

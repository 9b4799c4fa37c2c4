/** A proxy before the Schema Registry that can be down, broken, slow or wrong. */
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type RegistryFault =
  | 'none'
  /** Connections are cut. */
  | 'down'
  /** 500 with a text. */
  | 'error'
  /** 404 as a gateway answers it, not as a registry does. */
  | 'not-found-page'
  /** 200 with something that is no answer of a registry. */
  | 'wrong-body'
  /** 200 with 10 MB. */
  | 'huge-body'
  /** No answer. */
  | 'silent';

const HUGE = Buffer.alloc(10 * 1024 * 1024, 'x');

export class RegistryProxy {
  fault: RegistryFault = 'none';
  /** Requests that met the fault. */
  hits = 0;
  readonly #server: Server;
  readonly #target: URL;

  private constructor(target: URL) {
    this.#target = target;
    this.#server = createServer((from, to) => this.#answer(from, to));
  }

  static async listen(target: string): Promise<RegistryProxy> {
    const proxy = new RegistryProxy(new URL(target));
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** What a worker is given as SCHEMA_REGISTRY_URL. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${this.#target.pathname}`;
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #answer(from: IncomingMessage, to: ServerResponse): void {
    if (this.fault !== 'none') this.hits += 1;
    switch (this.fault) {
      case 'none':
        this.#passOn(from, to);
        return;
      case 'down':
        from.socket.destroy();
        return;
      case 'error':
        to.writeHead(500, { 'content-type': 'text/plain' }).end('out of order');
        return;
      case 'not-found-page':
        to.writeHead(404, { 'content-type': 'text/html' }).end('<h1>404</h1>');
        return;
      case 'wrong-body':
        to.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}');
        return;
      case 'huge-body':
        to.writeHead(200, { 'content-type': 'application/json' }).end(HUGE);
        return;
      case 'silent':
        return;
    }
  }

  #passOn(from: IncomingMessage, to: ServerResponse): void {
    const { hostname, port } = this.#target;
    const onward = request({ hostname, port, path: from.url, method: from.method, headers: from.headers }, (answer) => {
      to.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(to);
    });
    onward.on('error', () => to.destroy());
    from.pipe(onward);
  }
}

/** A registry that answers badly for some ids, and passes everything else on to a real one. */
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface BadAnswer {
  readonly status: number;
  readonly body: string | Buffer;
}

export class BadRegistry {
  /** By schema id; called at each request for it: a number is the id under which it is passed on. */
  readonly answers = new Map<number, () => BadAnswer | number>();
  /** Requests by schema id. */
  readonly asked = new Map<number, number>();
  readonly #server: Server;
  readonly #target: URL;

  private constructor(target: URL) {
    this.#target = target;
    this.#server = createServer((from, to) => this.#answer(from, to));
  }

  static async listen(target: string): Promise<BadRegistry> {
    const registry = new BadRegistry(new URL(target));
    await new Promise<void>((resolve) => registry.#server.listen(0, '127.0.0.1', resolve));
    return registry;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${this.#target.pathname}`;
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #answer(from: IncomingMessage, to: ServerResponse): void {
    const [, before, digits, behind] = /^(.*\/schemas\/ids\/)(\d+)(.*)$/.exec(from.url!) ?? [];
    const id = digits === undefined ? undefined : Number(digits);
    if (id !== undefined) this.asked.set(id, (this.asked.get(id) ?? 0) + 1);
    const answer = id === undefined ? undefined : this.answers.get(id)?.();
    if (answer === undefined) {
      this.#passOn(from, to, from.url!);
    } else if (typeof answer === 'number') {
      this.#passOn(from, to, `${before}${answer}${behind}`);
    } else {
      to.writeHead(answer.status, { 'content-type': 'application/vnd.schemaregistry.v1+json' }).end(answer.body);
    }
  }

  #passOn(from: IncomingMessage, to: ServerResponse, path: string): void {
    const { hostname, port } = this.#target;
    const onward = request({ hostname, port, path, method: from.method, headers: from.headers }, (answer) => {
      to.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(to);
    });
    onward.on('error', () => to.destroy());
    from.pipe(onward);
  }
}

/** The built product as an operator starts it: each try starts workers of its own, on topics that they share. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { prepareEnvironment, type TestEnvironment } from '../integration/harness/environment.js';
import { startWorker, type WorkerProcess } from '../integration/harness/worker.js';

export class ProductScene {
  readonly test: TestEnvironment;
  readonly #workers: WorkerProcess[] = [];
  readonly #servers: Server[] = [];
  #count = 0;

  private constructor(test: TestEnvironment) {
    this.test = test;
  }

  static async open(): Promise<ProductScene> {
    return new ProductScene(await prepareEnvironment('hostile-product', 1));
  }

  /** A folder of no other try. It does not exist yet. */
  nextFolder(): string {
    this.#count += 1;
    return this.test.stateDir(`state-${this.#count}`);
  }

  /** The gateway alone, which needs nobody else's partitions. `undefined` takes an option away. */
  start(over: Readonly<Record<string, string | undefined>> = {}, args?: readonly string[]): WorkerProcess {
    const env: Record<string, string | undefined> = {
      ...this.test.env('unused'),
      ROLES: 'gateway',
      STATE_DIR: this.nextFolder(),
      ...over,
    };
    const given = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const worker = startWorker({ env: Object.fromEntries(given), ...(args ? { args } : {}) });
    this.#workers.push(worker);
    return worker;
  }

  /** A server on loopback; gives its address. */
  async serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
    const server = createServer(answer);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.#servers.push(server);
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** Ends what the last try started. */
  async tidy(): Promise<void> {
    await Promise.all(this.#workers.splice(0).map((worker) => worker.stop('SIGKILL')));
    for (const server of this.#servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  }

  async close(): Promise<void> {
    await this.tidy();
  }
}

/** One address for several gateways. */
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';

/** What stands in front of the gateways: the page's one address, whichever of them is there. */
export class Balancer {
  port = 0;
  /** Where connections go; undefined: they are refused. */
  target: number | undefined;
  readonly #server: Server;
  /** Each client's connection, and ours to the gateway for it. */
  readonly #pairs = new Map<Socket, Socket>();

  constructor() {
    this.#server = createServer((socket) => {
      const { target } = this;
      if (target === undefined) {
        socket.destroy();
        return;
      }
      const upstream = connect(target, '127.0.0.1');
      this.#pairs.set(socket, upstream);
      for (const [one, other] of [
        [socket, upstream],
        [upstream, socket],
      ] as const) {
        one.on('error', () => undefined); // followed by close
        one.on('close', () => {
          this.#pairs.delete(socket);
          other.destroy();
        });
        one.pipe(other);
      }
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.port = (this.#server.address() as AddressInfo).port;
  }

  /** What clients say on the connections that are open goes nowhere from here on. */
  muteClients(): void {
    for (const [client, upstream] of this.#pairs) client.unpipe(upstream).resume();
  }

  close(): void {
    this.#server.close();
    for (const socket of [...this.#pairs].flat()) socket.destroy();
  }
}

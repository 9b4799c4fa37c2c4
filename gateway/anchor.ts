/** A request of our own that is never answered: something else than the socket at hand that uWebSockets.js can cork. */
import { connect, type Socket } from 'node:net';
import uWS, { type HttpResponse } from 'uWebSockets.js';
import { listen } from './listen.js';

const HOST = '127.0.0.1';
const REQUEST = `GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;

export class Anchor {
  #response: HttpResponse | undefined;

  private constructor(response: HttpResponse) {
    this.#response = response;
    response.onAborted(() => (this.#response = undefined));
  }

  /** Rejects when no port of the loopback can be had. The port is free again when this resolves. */
  static async open(): Promise<Anchor> {
    const app = uWS.App();
    const asked = new Promise<Anchor>((resolve) => app.any('/*', (response) => resolve(new Anchor(response))));
    const listener = await listen(app, HOST, 0);
    const client: Socket = connect(listener.port, HOST, () => client.write(REQUEST));
    client.unref();
    // Once it was asked, `onAborted` is told of whatever happens to the connection.
    const failed = new Promise<never>((_, reject) => client.on('error', reject));
    try {
      return await Promise.race([asked, failed]);
    } finally {
      listener.stop();
    }
  }

  /** Runs this while it is corked; false when its connection was cut. */
  cork(run: () => void): boolean {
    this.#response?.cork(run);
    return this.#response !== undefined;
  }

  close(): void {
    this.#response?.close();
  }
}

/**
 * TCP connections that are no sockets: before the handshake, between requests, or never more than that. The library closes
 * each after some 10 s, whatever comes on it; until then it takes a file descriptor.
 */
import type { HttpResponse, TemplatedApp } from 'uWebSockets.js';

export class Connections {
  readonly #most: number;
  readonly #onRefused: () => void;
  #open = 0;

  constructor(most: number, onRefused: () => void) {
    this.#most = most;
    this.#onRefused = onRefused;
  }

  get open(): number {
    return this.#open;
  }

  /** Counts the app's connections from now on, and closes at once what is one too many. */
  watch(app: TemplatedApp): void {
    app.filter((response: HttpResponse, count) => {
      const change = Number(count);
      this.#open += change;
      if (change < 0 || this.#open <= this.#most) return;
      this.#onRefused();
      // Calls this again, with -1.
      response.close();
    });
  }

  /** One has become a socket: the library does not call for it again. */
  upgraded(): void {
    this.#open -= 1;
  }
}

/** One user with a good token that takes all it can get of a gateway: connects, resumes, acks and pings as fast as it can. */
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { token } from './gateway-client.js';

/** Loops of each kind at a time. */
const AT_ONCE = 4;

export class GreedyUser {
  /** What it was given. */
  readonly got = { handshakes: 0, resumes: 0, acked: 0 };
  /** What it was refused: HTTP statuses and close codes, how often each. */
  readonly refused = new Map<number, number>();
  readonly #url: string;
  readonly #user: { readonly tenantId: bigint; readonly userId: bigint };
  readonly #cursor: string;
  #isGreedy = true;

  /** The cursor is one from long ago. */
  constructor(port: number, user: { readonly tenantId: bigint; readonly userId: bigint }, cursor: string) {
    this.#url = `ws://127.0.0.1:${port}/v1/ws`;
    this.#user = user;
    this.#cursor = cursor;
  }

  /** Takes all it can get for so long; resolves when all its sockets are closed. */
  async run(ms: number): Promise<void> {
    const jwt = await token(this.#user.tenantId, this.#user.userId);
    const timer = setTimeout(() => (this.#isGreedy = false), ms);
    const kinds = [() => this.#connect(jwt), () => this.resume(jwt), () => this.#ping(jwt)];
    const loops = kinds.flatMap((once) => Array.from({ length: AT_ONCE }, () => this.#loop(once)));
    await Promise.all(loops);
    clearTimeout(timer);
  }

  /** Comes back with its cursor, and confirms all that it is sent, for a second. */
  async resume(jwt?: string): Promise<void> {
    const { tenantId, userId } = this.#user;
    const again = this.#open(jwt ?? (await token(tenantId, userId)), `?cursor=${this.#cursor}`);
    again.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as { type: string; notification?: { notificationId: string } };
      if (message.type === 'welcome') this.got.resumes += 1;
      if (message.type === 'acked') this.got.acked += 1;
      const id = message.notification?.notificationId;
      if (id !== undefined) again.send(JSON.stringify({ type: 'ack', id }));
    });
    await Promise.race([comes(again, 'close'), delay(1000)]);
    again.terminate();
  }

  async #connect(jwt: string): Promise<void> {
    const socket = this.#open(jwt, '');
    await comes(socket, 'open');
    socket.terminate();
  }

  async #ping(jwt: string): Promise<void> {
    const socket = this.#open(jwt, '');
    if (!(await comes(socket, 'open'))) return;
    for (let sent = 0; sent < 100_000 && socket.readyState === WebSocket.OPEN && this.#isGreedy; sent += 1) {
      socket.ping();
      if (sent % 100 === 0) await delay(1);
    }
    socket.terminate();
  }

  async #loop(once: () => Promise<void>): Promise<void> {
    while (this.#isGreedy) {
      await once();
      // The turn of others on this side, which is one process.
      await delay(1);
    }
  }

  #open(jwt: string, query: string): WebSocket {
    const socket = new WebSocket(this.#url + query, ['v1', `bearer.${jwt}`], { perMessageDeflate: false });
    const refused = (code: number): void => void this.refused.set(code, (this.refused.get(code) ?? 0) + 1);
    socket.on('open', () => (this.got.handshakes += 1));
    socket.on('unexpected-response', (_, response) => {
      refused(response.statusCode ?? 0);
      socket.terminate();
    });
    socket.on('error', () => undefined); // followed by close
    socket.on('close', (code) => {
      if (code >= 4000) refused(code);
    });
    return socket;
  }
}

/** True when the event comes, false when the socket closes before. (`once` of node:events would reject on an error.) */
function comes(socket: WebSocket, event: 'open' | 'close'): Promise<boolean> {
  return new Promise((resolve) => {
    socket.on(event, () => resolve(true));
    socket.on('close', () => resolve(false));
  });
}

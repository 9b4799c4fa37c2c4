/** A client of the gateway that comes back when its socket is lost, with jitter. */
import { SignJWT } from 'jose';
import { WebSocket } from 'ws';
import { JWT_SECRET } from '../integration/harness/jwt-secret.js';

export interface Shown {
  readonly eventId: string;
  readonly tenantId: string;
  readonly userId: string;
  readonly notificationId: string;
}

const RECONNECT_MS = 2000;

/** A token as the ERP's login would issue it. `over` replaces claims. */
export function token(tenantId: bigint, userId: bigint, seconds = 600, secret = JWT_SECRET): Promise<string> {
  return new SignJWT({ tenant: String(tenantId) })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(String(userId))
    .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
    .sign(new TextEncoder().encode(secret));
}

export class GatewayClient {
  readonly shown: Shown[] = [];
  /** Times at which a socket was welcomed. */
  welcomes = 0;
  /** Close codes, in their order. */
  readonly closes: number[] = [];
  /** HTTP statuses of refused handshakes. */
  readonly refusals: number[] = [];
  readonly #ports: () => readonly number[];
  readonly #tenantId: bigint;
  readonly #userId: bigint;
  readonly #random: () => number;
  #socket: WebSocket | undefined;
  #done = false;

  constructor(user: { tenantId: bigint; userId: bigint }, ports: () => readonly number[], random: () => number) {
    this.#tenantId = user.tenantId;
    this.#userId = user.userId;
    this.#ports = ports;
    this.#random = random;
  }

  get isOpen(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  async connect(): Promise<void> {
    const ports = this.#ports();
    const port = ports[Math.floor(this.#random() * ports.length)];
    if (this.#done) return;
    if (port === undefined) {
      this.#again();
      return;
    }
    const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/ws`, [
      'v1',
      `bearer.${await token(this.#tenantId, this.#userId)}`,
    ]);
    this.#socket = socket;
    socket.on('message', (data: Buffer) => this.#take(data));
    socket.on('unexpected-response', (_, response) => {
      this.refusals.push(response.statusCode ?? 0);
      socket.terminate();
    });
    socket.on('error', () => undefined); // followed by close
    socket.on('close', (code) => {
      this.closes.push(code);
      this.#again();
    });
  }

  /** Reads no more: what comes stays in the kernel, then in the gateway. */
  stopReading(): void {
    this.#socket?.pause();
  }

  end(): void {
    this.#done = true;
    this.#socket?.terminate();
  }

  #again(): void {
    if (this.#done) return;
    setTimeout(() => void this.connect(), this.#random() * RECONNECT_MS);
  }

  #take(data: Buffer): void {
    const message = JSON.parse(data.toString()) as { type: string; notification?: Shown };
    if (message.type === 'welcome') this.welcomes += 1;
    if (message.notification) this.shown.push(message.notification);
  }
}

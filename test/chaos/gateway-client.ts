/** A client of the gateway that comes back when its socket is lost, with jitter and with its cursor. */
import { SignJWT } from 'jose';
import { WebSocket } from 'ws';
import { JWT_SECRET } from '../integration/harness/jwt-secret.js';

export interface Shown {
  readonly eventId: string;
  readonly tenantId: string;
  readonly userId: string;
  readonly notificationId: string;
}

/** The first wait before it comes back, at most; each further one is twice as long, up to the last. */
const FIRST_RECONNECT_MS = 2000;
const LAST_RECONNECT_MS = 8000;

/** A token as the ERP's login would issue it. `over` replaces claims. */
export function token(tenantId: bigint, userId: bigint, seconds = 600, secret = JWT_SECRET): Promise<string> {
  return new SignJWT({ tenant: String(tenantId) })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(String(userId))
    .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
    .sign(new TextEncoder().encode(secret));
}

export class GatewayClient {
  /** What it was sent, in that order. */
  readonly shown: Shown[] = [];
  /** How many of them came again: none may, since it keeps the cursor of each. */
  repeated = 0;
  /** The offset in its first cursor: what it is to see begins there. */
  from: number | undefined;
  /** Times at which it came back with a cursor and was told that something is missing. */
  lost = 0;
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
  readonly #ids = new Set<string>();
  #cursor: string | undefined;
  #failures = 0;
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
    const query = this.#cursor === undefined ? '' : `?cursor=${this.#cursor}`;
    const protocols = ['v1', `bearer.${await token(this.#tenantId, this.#userId)}`];
    const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/ws${query}`, protocols, { perMessageDeflate: false });
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

  /** Reads on; the gateway has cut it off by then, and it comes back. */
  readOn(): void {
    this.#socket?.resume();
  }

  /** The newest that it was given. */
  get cursor(): string | undefined {
    return this.#cursor;
  }

  /** The user, as the in-app topic's key. */
  get user(): string {
    return `${this.#tenantId}|${this.#userId}`;
  }

  end(): void {
    this.#done = true;
    this.#socket?.terminate();
  }

  #again(): void {
    if (this.#done) return;
    const most = Math.min(LAST_RECONNECT_MS, FIRST_RECONNECT_MS * 2 ** this.#failures);
    this.#failures += 1;
    setTimeout(() => void this.connect(), this.#random() * most);
  }

  #take(data: Buffer): void {
    const message = JSON.parse(data.toString()) as {
      type: string;
      cursor?: string;
      recovered?: boolean;
      notification?: Shown;
    };
    this.#cursor = message.cursor ?? this.#cursor;
    if (message.type === 'welcome') {
      this.welcomes += 1;
      this.#failures = 0;
      this.from ??= Number.parseInt(message.cursor!, 10);
      if (message.recovered === false) this.lost += 1;
    }
    const { notification } = message;
    if (!notification) return;
    if (this.#ids.has(notification.notificationId)) this.repeated += 1;
    this.#ids.add(notification.notificationId);
    // Without its text, which may be long.
    const { eventId, tenantId, userId, notificationId } = notification;
    this.shown.push({ eventId, tenantId, userId, notificationId });
  }
}

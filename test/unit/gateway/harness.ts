/** A real gateway on a free loopback port, and clients of it. */
import type { Ack } from '../../../gateway/delivery-records.js';
import { once } from 'node:events';
import { SignJWT } from 'jose';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { WebSocket, type ClientOptions } from 'ws';
import { Gateway, type GatewayOptions, type InAppMessage } from '../../../gateway/gateway.js';
import type { InAppLog } from '../../../gateway/in-app-log.js';
import { createTokenVerifier, type TokenOptions } from '../../../gateway/token.js';
import type { InAppNotification } from '../../../schemas/types.js';
import { createMetrics } from '../../../common/metrics.js';

export const SECRET = 'a secret of the tests, 32 bytes or more';
/** Asked each time: files share this module for minutes. */
export const nowS = (): number => Math.floor(Date.now() / 1000);

export interface Claims {
  sub?: unknown;
  tenant?: unknown;
  exp?: number | undefined;
  [claim: string]: unknown;
}

/** A token of user 7 of tenant 1 that is valid for a minute, except what `claims` says. */
export function tokenOf(claims: Claims = {}, secret = SECRET): Promise<string> {
  const payload = { sub: '7', tenant: '1', exp: nowS() + 60, ...claims };
  return new SignJWT(payload as never).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(secret));
}

export function notificationOf(fields: Partial<InAppNotification> = {}): InAppNotification {
  return {
    notificationId: 9_007_199_254_740_993n,
    eventId: 'event-1',
    timestamp: 1_700_000_000_000n,
    tenantId: 1n,
    userId: 7n,
    title: 'Task assigned',
    message: "Task 'Écrire' assigned to you 🎉",
    type: 'INFO',
    category: 'TASK',
    priority: 'NORMAL',
    sourceService: 'ptm_task',
    actionUrl: null,
    actionType: null,
    entityType: 'task',
    entityId: 42n,
    expiresAt: null,
    metadata: { place: 'office' },
    ...fields,
  };
}

/** A record of the in-app topic, as user 7 of tenant 1 gets it unless told otherwise. */
export function messageOf(fields: Partial<InAppNotification> = {}, over: Partial<InAppMessage> = {}): InAppMessage {
  const notification = notificationOf(fields);
  const key = `${notification.tenantId}|${notification.userId}`;
  return { key, notification, cursor: { epoch: '0.1.topic', offset: 1 }, appendedAt: Date.now(), ...over };
}

/** A topic of which nobody has missed anything. */
export const EMPTY_LOG: InAppLog = {
  position: () => ({ epoch: '0.1.topic', offset: 0 }),
  resume: (reader) => {
    reader.recovering();
    reader.live();
  },
  leave: () => undefined,
};

export type Message = { type: string } & Record<string, unknown>;

/** A client that keeps what it received. */
export class Client {
  readonly socket: WebSocket;
  readonly received: Message[] = [];
  /** Resolves with the close code and reason. */
  readonly closed: Promise<{ code: number; reason: string }>;

  constructor(url: string, protocols: string[], options: ClientOptions = {}) {
    this.socket = new WebSocket(url, protocols, options);
    this.socket.on('message', (data: Buffer) => this.received.push(JSON.parse(data.toString()) as Message));
    // A refused handshake is read from `refusal`, a cut connection from `closed`.
    this.socket.on('error', () => undefined);
    this.closed = new Promise((resolve) =>
      this.socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() })),
    );
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** Waits until `count` messages of the type have come and returns them. */
  async messages(type: string, count = 1): Promise<Message[]> {
    const ofType = (): Message[] => this.received.filter((message) => message.type === type);
    const deadline = AbortSignal.timeout(3000);
    while (ofType().length < count) await once(this.socket, 'message', { signal: deadline });
    return ofType();
  }
}

export interface Harness {
  readonly gateway: Gateway;
  readonly port: number;
  readonly url: string;
  readonly acks: Ack[];
  /** The value of a metric; 0 when it was never set. */
  metric(name: string, labels?: Record<string, string>): Promise<number>;
  /** Opens a socket with this token and waits for its welcome. */
  connect(token?: string, options?: ClientOptions & { query?: string }): Promise<Client>;
  /** The HTTP status and reason that a handshake is refused with. */
  refusal(
    protocols: string[],
    options?: ClientOptions & { query?: string },
  ): Promise<{ status: number; error: string; headers: Record<string, unknown> }>;
}

export type HarnessOptions = Partial<GatewayOptions> & { token?: Partial<TokenOptions> };

export async function startGateway(options: HarnessOptions = {}): Promise<Harness> {
  const registry = new Registry();
  const acks: Ack[] = [];
  const gateway = new Gateway({
    host: '127.0.0.1',
    port: 0,
    allowedOrigins: [],
    tokens: createTokenVerifier({ jwtSecret: SECRET, ...options.token }),
    history: () => EMPTY_LOG,
    recorder: { record: (ack) => Promise.resolve(void acks.push(ack)) },
    metrics: createMetrics(registry),
    log: pino({ level: 'silent' }),
    ...options,
  });
  const port = await gateway.listen();
  const url = `ws://127.0.0.1:${port}/v1/ws`;
  return {
    gateway,
    port,
    url,
    acks,
    async metric(name, labels = {}) {
      const metrics = await registry.getMetricsAsJSON();
      const values = metrics.find((metric) => metric.name === `notification_streams_${name}`)?.values ?? [];
      const matches = values.filter((value) =>
        Object.entries(labels).every(([label, expected]) => String(value.labels[label as never]) === expected),
      );
      return matches.reduce((sum, value) => sum + value.value, 0);
    },
    async connect(token, { query = '', ...clientOptions } = {}) {
      const client = new Client(url + query, ['v1', `bearer.${token ?? (await tokenOf())}`], clientOptions);
      await client.messages('welcome');
      return client;
    },
    refusal(protocols, { query = '', ...clientOptions } = {}) {
      const socket = new WebSocket(url + query, protocols, clientOptions);
      return new Promise((resolve, reject) => {
        socket.on('error', reject);
        socket.on('open', () => reject(new Error('the handshake was accepted')));
        socket.on('unexpected-response', (_request, response) => {
          let body = '';
          response.on('data', (chunk: Buffer) => (body += chunk.toString()));
          response.on('end', () => {
            const { error } = JSON.parse(body) as { error: string };
            resolve({ status: response.statusCode ?? 0, error, headers: response.headers });
          });
        });
      });
    },
  };
}

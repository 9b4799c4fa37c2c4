/** The gateway: users' sockets on `/v1/ws`, committed in-app notifications out, missed ones again, acks in. */
import uWS, { type TemplatedApp, type WebSocket } from 'uWebSockets.js';
import type { InAppNotification } from '../schemas/types.js';
import { userKey } from '../state/directory/directory-entry.js';
import { atMost } from '../common/at-most.js';
import { messageOf } from '../common/errors.js';
import type { Logger } from '../common/log.js';
import type { Metrics } from '../common/metrics.js';
import { SampledLog } from '../common/sampled-log.js';
import type { Admitted, Capacity, CapacityFault } from './admission.js';
import { Anchor } from './anchor.js';
import { Connections } from './connections.js';
import { formatCursor, type Cursor } from './cursor.js';
import { DeliveryRecords, type AckRecorder } from './delivery-records.js';
import { Handshakes, type Admission, type Corker } from './handshakes.js';
import { Hub } from './hub.js';
import type { InAppLog, ReadBudget } from './in-app-log.js';
import { DEFAULT_LIMITS, type GatewayLimits } from './limits.js';
import { listen, type Listener } from './listen.js';
import { originRule } from './origin.js';
import { encodeNotification, MAX_FRAME_BYTES, type OutgoingNotification } from './protocol.js';
import { RateLimit } from './rate-limit.js';
import { refuse } from './refusals.js';
import { SentMemory } from './sent-notifications.js';
import { Session, type SessionTerms } from './session.js';
import { sessionSocket } from './socket.js';
import { inTurn } from './spread.js';
import type { TokenVerifier } from './token.js';
import { userBudgets, type UserBudgets } from './user-budgets.js';

const PATH = '/v1/ws';
/** What the WebSocket layer itself takes, in multiples of the limit: up to it we still answer with close code 1009. */
const PAYLOAD_HEADROOM = 4;

/** A committed record of the in-app topic. */
export interface InAppMessage {
  /** The record's key: its user. */
  readonly key: string;
  readonly notification: InAppNotification;
  /** The cursor of a client that has it. */
  readonly cursor: Cursor;
  /** When the broker appended it, ms since the epoch. */
  readonly appendedAt: number;
  /** The trace that it is in, where frames name that. */
  readonly traceparent?: string | undefined;
}

export interface GatewayOptions {
  /** Address to listen on, such as `0.0.0.0`. */
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** See origin.ts; empty = pages of the same host name only. */
  readonly allowedOrigins: readonly string[];
  readonly tokens: TokenVerifier;
  /** Undefined while the topic is not followed: then no socket is let in. */
  readonly history: () => InAppLog | undefined;
  readonly recorder: AckRecorder;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly limits?: Partial<GatewayLimits>;
  /** The clock, ms since the epoch. */
  readonly now?: () => number;
}

interface SocketData extends Admission {
  /** Set by `open`, before anything else is called. */
  session?: Session;
}

export class Gateway implements Capacity, Corker {
  readonly #options: GatewayOptions;
  readonly #limits: GatewayLimits;
  readonly #now: () => number;
  readonly #hub: Hub<Session>;
  readonly #app: TemplatedApp;
  readonly #handshakes: Handshakes;
  readonly #connections: Connections;
  /** Handshakes of all users. */
  readonly #rate: RateLimit;
  readonly #budgets: UserBudgets;
  readonly #records: DeliveryRecords;
  readonly #memory: SentMemory;
  /** For what clients, and whoever writes in the in-app topic, cause. */
  readonly #sampledLog: SampledLog;
  #listener: Listener | undefined;
  #anchor: Anchor | undefined;
  #sweep: NodeJS.Timeout | undefined;
  #listening: Promise<number> | undefined;
  #isRefusing = false;
  #closing: Promise<void> | undefined;

  /** Throws ConfigError for an allowed origin that is none. */
  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#now = options.now ?? Date.now;
    this.#sampledLog = new SampledLog(options.log);
    this.#hub = new Hub(this.#limits);
    this.#rate = new RateLimit(this.#limits.handshakeBurst, this.#limits.handshakesPerSecond, this.#now());
    this.#budgets = userBudgets(this.#limits, this.#now);
    this.#records = new DeliveryRecords({
      recorder: options.recorder,
      budget: this.#budgets.records,
      remembered: this.#limits.rememberedRecords,
    });
    this.#memory = new SentMemory(this.#limits, () => this.#hub.size);
    this.#handshakes = new Handshakes({
      rules: {
        originRule: originRule(options.allowedOrigins),
        tokens: options.tokens,
        capacity: this,
        now: this.#now,
      },
      metrics: options.metrics,
      log: options.log,
      corker: this,
    });
    this.#connections = new Connections(this.#limits.maxHttpConnections, () =>
      options.metrics.upgrades_refused_total.inc({ reason: 'connections' }),
    );
    this.#app = this.#routes(uWS.App());
    this.#connections.watch(this.#app);
  }

  /** Bytes held for sockets that read slowly. */
  unreadBytes(): number {
    let bytes = 0;
    for (const session of this.#hub) bytes += session.unread();
    return bytes;
  }

  /** How much of the in-app topic may be read again for each user. */
  get readBudget(): ReadBudget {
    return this.#budgets.offsets;
  }

  /** Starts to listen; resolves with the bound port. Rejects with FatalError when the address cannot be had. */
  listen(): Promise<number> {
    return (this.#listening ??= this.#listen());
  }

  /** Sends a notification to every open socket of its user; returns how many it went to. */
  publish(message: InAppMessage): number {
    const sessions = this.#hub.sessionsOf(message.key);
    if (sessions.size === 0) return 0;
    const outgoing = this.outgoing(message);
    if (outgoing === undefined) return 0;
    let sent = 0;
    for (const session of sessions) if (session.deliver(outgoing)) sent += 1;
    if (sent > 0) this.#measure(message);
    return sent;
  }

  #measure({ appendedAt, notification }: InAppMessage): void {
    const { fanout_latency_seconds: fanout, event_socket_seconds: whole } = this.#options.metrics;
    const now = this.#now();
    fanout.observe(Math.max(0, now - appendedAt) / 1000);
    whole.observe(Math.max(0, now - Number(notification.timestamp)) / 1000);
  }

  /** As it goes to the sockets; undefined when it goes to none: it has expired, its own user is not that of its key, or its ids fit no frame. */
  outgoing({ key, notification, cursor, traceparent }: InAppMessage): OutgoingNotification | undefined {
    const recipient = userKey(notification.tenantId, notification.userId);
    if (recipient !== key) {
      this.#options.metrics.socket_messages_total.inc({ kind: 'dropped' });
      this.#sampledLog.warn(
        { key, recipient, eventId: notification.eventId },
        'in-app record whose key names another user than its value: not sent',
      );
      return undefined;
    }
    if (notification.expiresAt !== null && notification.expiresAt < BigInt(this.#now())) return undefined;
    const outgoing = encodeNotification(notification, formatCursor(cursor), traceparent);
    if (outgoing.frame.length <= MAX_FRAME_BYTES) return outgoing;
    this.#options.metrics.socket_messages_total.inc({ kind: 'dropped' });
    this.#sampledLog.warn(
      { key, notificationId: outgoing.ref.id, bytes: outgoing.frame.length },
      'in-app record whose ids alone are longer than a frame may be: not sent',
    );
    return undefined;
  }

  /** Takes no new sockets from now on. Those that are open stay, and are served as before. */
  refuse(): void {
    this.#isRefusing = true;
    this.#listener?.stop();
    this.#listener = undefined;
  }

  /**
   * Stops: no new sockets; the open ones are closed with `shutdown` one after another, over `spreadMs` at most, each when
   * the acks under way on it are answered. Until its turn a socket is served as before. What is open after `deadlineMs`
   * is closed then. Resolves when nothing is open. A second call gets the first one's promise.
   */
  close(deadlineMs: number, spreadMs = 0): Promise<void> {
    return (this.#closing ??= this.#close(deadlineMs, spreadMs));
  }

  async #listen(): Promise<number> {
    const { host, port } = this.#options;
    this.#anchor = await Anchor.open();
    const listener = await listen(this.#app, host, port);
    if (this.#isRefusing) {
      listener.stop();
      this.#anchor.close();
    } else {
      this.#listener = listener;
      this.#sweep = setInterval(() => this.#tend(), this.#limits.sweepMs).unref();
    }
    return listener.port;
  }

  async #close(deadlineMs: number, spreadMs: number): Promise<void> {
    this.refuse();
    const late = new AbortController();
    await atMost(
      inTurn([...this.#hub], spreadMs, (session) => session.drain(), late.signal),
      deadlineMs,
    );
    late.abort();
    clearInterval(this.#sweep);
    for (const session of this.#hub) session.close('shutdown');
    this.#anchor?.close();
    this.#app.close();
  }

  #routes(app: TemplatedApp): TemplatedApp {
    const limits = this.#limits;
    return app
      .ws<SocketData>(PATH, {
        maxPayloadLength: limits.maxMessageBytes * PAYLOAD_HEADROOM,
        maxBackpressure: limits.maxBackpressureBytes,
        idleTimeout: limits.idleTimeoutS,
        sendPingsAutomatically: true,
        compression: uWS.DISABLED,
        // The sweep does it, with a close code of ours and spread over time.
        maxLifetime: 0,
        upgrade: (response, request, context) => this.#handshakes.take(response, request, context),
        open: (ws) => this.#guard(ws, () => this.#open(ws)),
        drain: (ws) => this.#guard(ws, () => ws.getUserData().session?.drained()),
        message: (ws, data, isBinary) => this.#guard(ws, () => ws.getUserData().session?.receive(data, isBinary)),
        ping: (ws) => this.#guard(ws, () => ws.getUserData().session?.heard()),
        pong: (ws) => this.#guard(ws, () => ws.getUserData().session?.heard()),
        close: (ws, code, reason) => this.#guard(ws, () => this.#closed(ws, code, reason)),
      })
      .any(PATH, (response) =>
        this.#handshakes.refuse(response, refuse('bad-handshake', 'This address takes WebSocket handshakes.')),
      )
      .any('/*', (response) => {
        response.writeStatus('404 Not Found').end();
      });
  }

  /** Handshakes whose tokens are not checked yet have a bound of their own: they do not count as sockets. */
  check(): CapacityFault | undefined {
    if (this.#isRefusing) return 'shutting-down';
    if (this.#options.history() === undefined) return 'starting';
    if (this.#hub.size >= this.#limits.maxSockets) return 'full';
    return this.#handshakes.pending >= this.#limits.maxUnchecked ? 'busy' : undefined;
  }

  /** Takes a socket of this user out of the budgets, once the user is known. */
  take(key: string): CapacityFault | undefined {
    if (this.#isRefusing) return 'shutting-down';
    const full = this.#hub.full(key);
    if (full !== undefined) return full;
    if (!this.#budgets.handshakes.take(key)) return 'user-busy';
    return this.#rate.take(this.#now()) ? undefined : 'busy';
  }

  /** Runs this while something else than a socket at hand is corked; false when there is nothing. */
  cork(run: () => void): boolean {
    return this.#anchor?.cork(run) ?? false;
  }

  #open(ws: WebSocket<SocketData>): void {
    const data = ws.getUserData();
    const { metrics, log } = this.#options;
    const terms = this.#terms(data.admitted);
    this.#connections.upgraded();
    data.session = new Session({
      terms,
      socket: sessionSocket(ws),
      history: this.#history,
      recorder: this.#records,
      memory: this.#memory,
      sampledLog: this.#sampledLog,
      budgets: this.#budgets,
      limits: this.#limits,
      metrics,
      log,
      now: this.#now,
    });
    this.#hub.add(keyOf(data), data.session);
    metrics.sockets.set(this.#hub.size);
    data.session.begin(data.cursor);
  }

  #closed(ws: WebSocket<SocketData>, code: number, reason: ArrayBuffer): void {
    const data = ws.getUserData();
    if (data.session === undefined) return;
    this.#hub.remove(keyOf(data), data.session);
    this.#options.metrics.sockets.set(this.#hub.size);
    // 1006 stands for "no close frame"; a reason beside it is the layer's own, since nobody sent one.
    data.session.ended(code === 1006 && reason.byteLength > 0);
  }

  #terms({ identity }: Admitted): SessionTerms {
    const { tenantId, userId, expiresAt } = identity;
    const lifetimeEnd = this.#now() + this.#limits.maxLifetimeMs * (1 - Math.random() / 10);
    return expiresAt <= lifetimeEnd
      ? { tenantId, userId, endsAt: expiresAt, endReason: 'token-expired' }
      : { tenantId, userId, endsAt: lifetimeEnd, endReason: 'lifetime' };
  }

  #tend(): void {
    for (const session of this.#hub) session.tend();
    this.#options.metrics.socket_unread_bytes.set(this.unreadBytes());
    this.#options.metrics.gateway_connections.set(this.#connections.open);
  }

  /** There once a socket was let in. */
  get #history(): InAppLog {
    const history = this.#options.history();
    if (history === undefined) throw new Error('The in-app topic is not followed yet.');
    return history;
  }

  /** Nothing thrown may reach uWebSockets.js: it would end the process. */
  #guard(ws: WebSocket<SocketData>, run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#sampledLog.error({ error: messageOf(error) }, 'a socket handler failed');
      ws.getUserData().session?.close('internal-error');
    }
  }
}

function keyOf(data: SocketData): string {
  return userKey(data.admitted.identity.tenantId, data.admitted.identity.userId);
}

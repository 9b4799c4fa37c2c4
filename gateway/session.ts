/**
 * One open socket of one user: sends it what it missed and what comes, takes its acks, and ends it for one reason.
 *
 *     resuming ──► recovering ◄──► paused
 *        │             │              │
 *        └───► open ◄──┘              │         resuming → open: it came without a cursor, or what it missed is gone
 *                │                    │
 *                └──► draining ◄──────┘         also from resuming and recovering
 *                        │
 *                        ▼
 *                     closed                    from each
 *
 * resuming    whether it can have what it missed is not known yet
 * recovering  it was welcomed, and what it missed is read to it; what is published meanwhile is part of that
 * paused      it was sent what it missed up to a point, and can take no more
 * open        notifications go out as they are published, acks come in
 * draining    the gateway is going away: nothing new either way, acks under way are still answered
 * closed      the socket must not be touched any more
 */
import type { AckRecorder } from './delivery-records.js';
import { userKey } from '../state/directory/directory-entry.js';
import type { Logger } from '../common/log.js';
import type { Metrics } from '../common/metrics.js';
import type { SampledLog } from '../common/sampled-log.js';
import { transitions } from '../common/transitions.js';
import { Acks, type AckingSession } from './acks.js';
import { CLOSE_CODES, type CloseReason } from './close-codes.js';
import { formatCursor, parseCursor, type Cursor } from './cursor.js';
import type { InAppLog, ResumingReader } from './in-app-log.js';
import type { GatewayLimits } from './limits.js';
import {
  encodeMessage,
  parseClientMessage,
  PROTOCOL,
  type OutgoingNotification,
  type ProtocolErrorCode,
  type ServerMessage,
} from './protocol.js';
import { RateLimit } from './rate-limit.js';
import type { SentMemory } from './sent-notifications.js';
import type { UserBudgets } from './user-budgets.js';

export type SessionState = 'resuming' | 'recovering' | 'paused' | 'open' | 'draining' | 'closed';

const move = transitions<SessionState>('a session', {
  resuming: ['recovering', 'open', 'draining', 'closed'],
  recovering: ['paused', 'open', 'draining', 'closed'],
  paused: ['recovering', 'draining', 'closed'],
  open: ['draining', 'closed'],
  draining: ['closed'],
  closed: [],
});

/** What it missed is still to be read to it. */
const AWAY: readonly SessionState[] = ['resuming', 'recovering', 'paused'];

/** The socket as a session sees it. No method is called once the session is closed. */
export interface SessionSocket {
  /** False when the message was dropped because too much waits unread. */
  send(message: string | Buffer): boolean;
  /** Bytes that wait unread in our memory. */
  backlog(): number;
  /** Closes with a close frame. */
  end(code: number, reason: string): void;
  /** Cuts the connection. */
  cut(): void;
}

/** Whose socket it is and when it must end, with the reason for that. */
export interface SessionTerms {
  readonly tenantId: bigint;
  readonly userId: bigint;
  /** Ms since the epoch. */
  readonly endsAt: number;
  readonly endReason: CloseReason;
}

export interface SessionOptions {
  readonly terms: SessionTerms;
  readonly socket: SessionSocket;
  readonly history: InAppLog;
  /** Is given each notification acked on this socket once, again only after a rejection. */
  readonly recorder: AckRecorder;
  /** What it was sent lately is remembered in it. */
  readonly memory: SentMemory;
  readonly budgets: Pick<UserBudgets, 'resumes'>;
  readonly limits: GatewayLimits;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly sampledLog: SampledLog;
  readonly now: () => number;
}

export class Session implements ResumingReader, AckingSession {
  readonly terms: SessionTerms;
  /** The user, as the key of its records. */
  readonly key: string;
  readonly #options: SessionOptions;
  readonly #acks: Acks;
  readonly #rate: RateLimit;
  #state: SessionState = 'resuming';
  #next = 0;
  /** When a message, a ping or a pong came last. */
  #heardAt: number;
  /** When it was sent its position last. */
  #cursorAt = 0;
  /** Not the same for all: those that came together are not sent theirs together. */
  readonly #cursorEveryMs: number;

  constructor(options: SessionOptions) {
    const { terms, limits, memory, recorder, sampledLog, now } = options;
    this.terms = terms;
    this.key = userKey(terms.tenantId, terms.userId);
    this.#options = options;
    this.#cursorEveryMs = limits.cursorIntervalMs * (1 - Math.random() / 2);
    this.#rate = new RateLimit(limits.inboundBurst, limits.inboundPerSecond, now());
    this.#heardAt = now();
    this.#acks = new Acks({ user: terms, memory, recorder, session: this, sampledLog });
  }

  get state(): SessionState {
    return this.#state;
  }

  get next(): number {
    return this.#next;
  }

  /** Begins with what the client missed since its cursor; without one, with what is published from now on. */
  begin(cursor: string | undefined): void {
    const { history, budgets } = this.#options;
    if (cursor === undefined) {
      this.#move('open');
      this.#welcome(history.position(this.key));
      return;
    }
    const parsed = parseCursor(cursor);
    const { epoch, offset } = history.position(this.key);
    if (parsed?.epoch !== epoch) {
      this.lost();
      return;
    }
    this.#next = parsed.offset;
    // One that missed nothing costs nothing.
    if (parsed.offset === offset || budgets.resumes.take(this.key)) history.resume(this);
    else this.refused();
  }

  get hasBegun(): boolean {
    return this.#state !== 'resuming';
  }

  recovering(): void {
    if (this.#state !== 'resuming') return;
    this.#countResume('recovered');
    this.#move('recovering');
    this.#welcome({ ...this.#options.history.position(this.key), offset: this.#next }, true);
  }

  lost(): void {
    if (this.#state !== 'resuming') {
      // It was promised everything, and read so slowly that it went meanwhile: it is told when it comes again.
      this.behind();
      return;
    }
    this.#countResume('lost');
    this.#move('open');
    this.#welcome(this.#options.history.position(this.key), false);
  }

  behind(): void {
    if (!AWAY.includes(this.#state)) return;
    this.#countResume('behind');
    this.close('behind');
  }

  refused(): void {
    if (!AWAY.includes(this.#state)) return;
    this.#countResume('refused');
    this.close('too-many-resumes');
  }

  replay(notification: OutgoingNotification | undefined, next: number): boolean {
    if (this.#state !== 'recovering') return false;
    this.#next = next;
    if (notification !== undefined) this.#notify(notification);
    if (this.#hasClosed()) return false;
    const isFull = this.#options.socket.backlog() > this.#options.limits.maxReplayBacklogBytes;
    if (isFull) this.#move('paused');
    return !isFull;
  }

  live(): void {
    if (this.#state === 'recovering') this.#move('open');
  }

  /** The client has read of what waited for it. To be called by the socket's own handler, in which nothing large may be sent: uWebSockets.js would not call it again. */
  drained(): void {
    const { socket, limits } = this.#options;
    if (this.#state !== 'paused' || socket.backlog() > limits.maxReplayBacklogBytes / 2) return;
    this.#move('recovering');
    this.#options.history.resume(this);
  }

  /** Sends a notification as it is published; false when it did not go out: not open, sent before, or the reader is too slow. */
  deliver(notification: OutgoingNotification): boolean {
    return this.#state === 'open' && this.#notify(notification);
  }

  /** Sends an open socket its position when it was not sent one for long: a user of whom nothing comes moves on too. */
  tellCursor(): void {
    if (this.#state !== 'open' || this.#options.now() - this.#cursorAt < this.#cursorEveryMs) return;
    this.#cursorAt = this.#options.now();
    this.answer({ type: 'cursor', cursor: formatCursor(this.#options.history.position(this.key)) });
  }

  /** Takes a client's message. `data` is read before this returns and may be reused then. */
  receive(data: ArrayBuffer, isBinary: boolean): void {
    if (this.#state === 'closed') return;
    if (data.byteLength > this.#options.limits.maxMessageBytes) {
      this.close('too-large');
      return;
    }
    if (!this.#isHeard()) return;
    if (isBinary) {
      this.#fault('bad-message', 'A binary message came; expected text.');
      return;
    }
    const message = parseClientMessage(Buffer.from(data).toString('utf8'));
    switch (message.type) {
      case 'ack': {
        if (this.#state === 'draining') this.#fault('closing', 'The gateway is going away.', message.id);
        // Else a client that confirms a burst of ours would count as a flood.
        else if (this.#acks.take(message.id)) this.#rate.refund();
        return;
      }
      case 'bad': {
        this.#fault('bad-message', message.message);
        return;
      }
    }
  }

  /** A ping or a pong came: the WebSocket layer has answered it, but it counts like a message. */
  heard(): void {
    if (this.#state !== 'closed') this.#isHeard();
  }

  /** Once in a while: a socket that has had its time ends, one that is open is sent its position, and memory is given back. */
  tend(): void {
    const now = this.#options.now();
    const { endsAt, endReason } = this.terms;
    if (endsAt <= now) this.close(endReason);
    // The layer cuts off who is silent, and all others are heard of: what comes from this one are fragments without an end.
    else if (now - this.#heardAt > 2000 * this.#options.limits.idleTimeoutS) this.close('transport');
    else this.tellCursor();
    this.#acks.trim();
  }

  /** Bytes that wait unread in our memory; 0 when it is closed. */
  unread(): number {
    return this.#state === 'closed' ? 0 : this.#options.socket.backlog();
  }

  /** Ends the socket for the reason; nothing when it is closed already. */
  close(reason: CloseReason): void {
    if (this.#state === 'closed') return;
    this.#move('closed');
    this.#options.metrics.socket_closes_total.inc({ reason });
    this.#options.log.debug({ ...this.#who(), reason }, 'socket closed');
    const { code } = CLOSE_CODES[reason];
    if (code === null) this.#options.socket.cut();
    else this.#options.socket.end(code, reason);
  }

  /** The transport has ended. `byLayer` when the WebSocket layer gave up, not the client. */
  ended(byLayer: boolean): void {
    if (this.#state === 'closed') return;
    this.#move('closed');
    if (byLayer) this.#options.metrics.socket_closes_total.inc({ reason: 'transport' satisfies CloseReason });
  }

  /** Answers the acks under way, then closes with `shutdown`. */
  async drain(): Promise<void> {
    if (this.#state === 'open' || AWAY.includes(this.#state)) this.#move('draining');
    await this.#acks.settled();
    this.close('shutdown');
  }

  #welcome(cursor: Cursor, recovered?: boolean): void {
    const { userId, tenantId } = this.#who();
    this.#cursorAt = this.#options.now();
    this.answer({
      type: 'welcome',
      protocol: PROTOCOL,
      userId,
      tenantId,
      cursor: formatCursor(cursor),
      ...(recovered === undefined ? {} : { recovered }),
    });
  }

  #notify(notification: OutgoingNotification): boolean {
    if (!this.#acks.sends(notification.ref)) return false;
    const sent = this.#send(notification.frame);
    this.#cursorAt = this.#options.now();
    this.count(sent ? 'notification' : 'dropped');
    return sent;
  }

  #fault(code: ProtocolErrorCode, message: string, id?: string): void {
    this.answer({ type: 'error', code, message, ...(id === undefined ? {} : { id }) });
  }

  /** Sends it a message, unless it is closed. */
  answer(message: ServerMessage): void {
    if (this.#state !== 'closed') this.#send(encodeMessage(message));
  }

  /** A reader that is too slow has a gap from here on: it is cut off, and resumes from its cursor. */
  #send(message: string | Buffer): boolean {
    if (this.#options.socket.send(message)) return true;
    this.close('slow');
    return false;
  }

  /** Counts what came; false when the socket was closed for it. */
  #isHeard(): boolean {
    this.#heardAt = this.#options.now();
    if (this.#rate.take(this.#heardAt)) return true;
    this.close('flood');
    return false;
  }

  /** Counts a message. */
  count(kind: 'notification' | 'ack' | 'ack-refused' | 'dropped'): void {
    this.#options.metrics.socket_messages_total.inc({ kind });
  }

  #countResume(outcome: 'recovered' | 'lost' | 'behind' | 'refused'): void {
    this.#options.metrics.resumes_total.inc({ outcome });
  }

  #who(): { tenantId: string; userId: string } {
    return { tenantId: this.terms.tenantId.toString(), userId: this.terms.userId.toString() };
  }

  #move(to: SessionState): void {
    this.#state = move(this.#state, to);
    if (to === 'closed' || to === 'draining') this.#options.history.leave(this);
  }

  #hasClosed(): boolean {
    return this.#state === 'closed';
  }
}

/**
 * One open socket of one user: sends it notifications, takes its acks, and ends it for one reason.
 *
 *     open ──► draining ──► closed
 *       └───────────────────▲
 *
 * open      notifications go out, acks come in
 * draining  the gateway is going away: nothing new either way, acks under way are still answered
 * closed    the socket must not be touched any more
 */
import { messageOf } from '../../topology/errors.js';
import type { Logger } from '../../topology/log.js';
import type { Metrics } from '../../topology/metrics.js';
import { CLOSE_CODES, type CloseReason } from './close-codes.js';
import { InboundRate } from './inbound-rate.js';
import type { GatewayLimits } from './limits.js';
import {
  encodeMessage,
  parseClientMessage,
  PROTOCOL,
  type OutgoingNotification,
  type ProtocolErrorCode,
  type ServerMessage,
} from './protocol.js';
import { SentNotifications, type SentNotification } from './sent-notifications.js';

export type SessionState = 'open' | 'draining' | 'closed';

const TRANSITIONS: Readonly<Record<SessionState, readonly SessionState[]>> = {
  open: ['draining', 'closed'],
  draining: ['closed'],
  closed: [],
};

/** The socket as a session sees it. No method is called once the session is closed. */
export interface SessionSocket {
  /** False when the message was dropped because too much waits unread. */
  send(message: string | Buffer): boolean;
  /** Runs this with what the socket sends meanwhile in one write. */
  cork(run: () => void): void;
  /** Closes with a close frame. */
  end(code: number, reason: string): void;
  /** Cuts the connection. */
  cut(): void;
}

/** A client's confirmation that it has a notification. */
export interface Ack {
  readonly tenantId: bigint;
  readonly userId: bigint;
  readonly notificationId: bigint;
  readonly eventId: string;
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
  /** Called once for each notification acked on this socket, again only after a rejection. */
  readonly onAck: (ack: Ack) => Promise<void>;
  readonly limits: GatewayLimits;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly now: () => number;
}

export class Session {
  readonly terms: SessionTerms;
  readonly #options: SessionOptions;
  readonly #sent: SentNotifications;
  readonly #rate: InboundRate;
  readonly #acking = new Set<Promise<void>>();
  #state: SessionState = 'open';

  constructor(options: SessionOptions) {
    this.terms = options.terms;
    this.#options = options;
    this.#sent = new SentNotifications(options.limits.rememberedNotifications);
    this.#rate = new InboundRate(options.limits.inboundBurst, options.limits.inboundPerSecond, options.now());
  }

  get state(): SessionState {
    return this.#state;
  }

  /** The first message of a socket. */
  welcome(): void {
    const { userId, tenantId } = this.terms;
    this.#answer({ type: 'welcome', protocol: PROTOCOL, userId: userId.toString(), tenantId: tenantId.toString() });
  }

  /** Sends a notification; false when it did not go out: not open, sent before, or the reader is too slow. */
  deliver(notification: OutgoingNotification): boolean {
    if (this.#state !== 'open' || !this.#sent.add(notification.ref)) return false;
    const sent = this.#send(notification.frame);
    this.#count(sent ? 'notification' : 'dropped');
    return sent;
  }

  /** Takes a client's message. `data` is read before this returns and may be reused then. */
  receive(data: ArrayBuffer, isBinary: boolean): void {
    if (this.#state === 'closed') return;
    if (data.byteLength > this.#options.limits.maxMessageBytes) {
      this.close('too-large');
      return;
    }
    if (!this.#rate.take(this.#options.now())) {
      this.close('flood');
      return;
    }
    if (isBinary) {
      this.#fault('bad-message', 'A binary message came; expected text.');
      return;
    }
    const message = parseClientMessage(Buffer.from(data).toString('utf8'));
    switch (message.type) {
      case 'ack': {
        this.#acknowledge(message.id);
        return;
      }
      case 'bad': {
        this.#fault('bad-message', message.message);
        return;
      }
    }
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

  /** Runs this while the socket is corked. Only of an open session. */
  cork(run: () => void): void {
    this.#options.socket.cork(run);
  }

  /** Answers the acks under way, then closes with `shutdown`. */
  async drain(): Promise<void> {
    if (this.#state !== 'open') return;
    this.#move('draining');
    await Promise.all(this.#acking);
    this.close('shutdown');
  }

  #acknowledge(id: string): void {
    if (this.#state !== 'open') {
      this.#fault('closing', 'The gateway is going away.', id);
      return;
    }
    const sent = this.#sent.get(id);
    if (sent === undefined) {
      this.#count('ack-refused');
      this.#fault('unknown-notification', `Notification ${id} was not sent on this socket lately.`, id);
      return;
    }
    if (!sent.refunded) {
      // Else a client that confirms a burst of ours would count as a flood.
      sent.refunded = true;
      this.#rate.refund();
    }
    if (sent.ack === 'done') {
      this.#answer({ type: 'acked', id });
      return;
    }
    sent.waiting += 1;
    if (sent.ack === 'pending') return;
    sent.ack = 'pending';
    const acking = this.#confirm(sent).finally(() => this.#acking.delete(acking));
    this.#acking.add(acking);
  }

  /** Tells the ack on and answers every ack of it that waits. Never rejects. */
  async #confirm(sent: SentNotification): Promise<void> {
    const { id, notificationId, eventId } = sent.ref;
    const { tenantId, userId } = this.terms;
    try {
      await this.#options.onAck({ tenantId, userId, notificationId, eventId });
      sent.ack = 'done';
      this.#count('ack');
    } catch (error) {
      sent.ack = 'none';
      this.#count('ack-refused');
      this.#options.log.warn({ ...this.#who(), notificationId: id, error: messageOf(error) }, 'ack failed');
    }
    for (; sent.waiting > 0; sent.waiting -= 1) {
      if (sent.ack === 'done') this.#answer({ type: 'acked', id });
      else this.#fault('ack-failed', 'The ack could not be recorded; send it again.', id);
    }
  }

  #fault(code: ProtocolErrorCode, message: string, id?: string): void {
    this.#answer({ type: 'error', code, message, ...(id === undefined ? {} : { id }) });
  }

  #answer(message: ServerMessage): void {
    if (this.#state !== 'closed') this.#send(encodeMessage(message));
  }

  /** A reader that is too slow has a gap from here on: it is cut off, and starts afresh. */
  #send(message: string | Buffer): boolean {
    if (this.#options.socket.send(message)) return true;
    this.close('slow');
    return false;
  }

  #count(kind: 'notification' | 'ack' | 'ack-refused' | 'dropped'): void {
    this.#options.metrics.socket_messages_total.inc({ kind });
  }

  #who(): { tenantId: string; userId: string } {
    return { tenantId: this.terms.tenantId.toString(), userId: this.terms.userId.toString() };
  }

  #move(to: SessionState): void {
    if (!TRANSITIONS[this.#state].includes(to)) throw new Error(`A session can not go from ${this.#state} to ${to}.`);
    this.#state = to;
  }
}

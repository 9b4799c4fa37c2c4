/** The acks of one socket: which notifications it may confirm, each told on once, each answered. */
import { messageOf } from '../../topology/errors.js';
import type { Logger } from '../../topology/log.js';
import type { ProtocolErrorCode, ServerMessage } from './protocol.js';
import { SentNotifications, type NotificationRef, type SentNotification } from './sent-notifications.js';

/** A client's confirmation that it has a notification. */
export interface Ack {
  readonly tenantId: bigint;
  readonly userId: bigint;
  readonly notificationId: bigint;
  readonly eventId: string;
}

export interface AcksOptions {
  readonly user: Pick<Ack, 'tenantId' | 'userId'>;
  /** How many of the notifications that were sent last can be acked. */
  readonly remembered: number;
  /** Called once for each notification acked on this socket, again only after a rejection. */
  readonly onAck: (ack: Ack) => Promise<void>;
  readonly answer: (message: ServerMessage) => void;
  readonly count: (kind: 'ack' | 'ack-refused') => void;
  readonly log: Logger;
}

export class Acks {
  readonly #options: AcksOptions;
  readonly #sent: SentNotifications;
  readonly #pending = new Set<Promise<void>>();

  constructor(options: AcksOptions) {
    this.#options = options;
    this.#sent = new SentNotifications(options.remembered);
  }

  /** Notes what is about to be sent; false when the socket had it lately. */
  sends(ref: NotificationRef): boolean {
    return this.#sent.add(ref);
  }

  /** Takes an ack. True when it is the first of its notification. */
  take(id: string): boolean {
    const sent = this.#sent.get(id);
    if (sent === undefined) {
      this.#options.count('ack-refused');
      this.#refuse('unknown-notification', `Notification ${id} was not sent on this socket lately.`, id);
      return false;
    }
    const isFirst = !sent.isAcked;
    sent.isAcked = true;
    if (sent.ack === 'done') {
      this.#options.answer({ type: 'acked', id });
      return isFirst;
    }
    sent.waiting += 1;
    if (sent.ack === 'pending') return isFirst;
    sent.ack = 'pending';
    const acking = this.#confirm(sent).finally(() => this.#pending.delete(acking));
    this.#pending.add(acking);
    return isFirst;
  }

  /** Resolves when every ack that was taken is answered. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending);
  }

  /** Tells the ack on and answers every ack of it that waits. Never rejects. */
  async #confirm(sent: SentNotification): Promise<void> {
    const { onAck, answer, count, log } = this.#options;
    const { tenantId, userId } = this.#options.user;
    const { id, notificationId, eventId } = sent.ref;
    try {
      await onAck({ tenantId, userId, notificationId, eventId });
      sent.ack = 'done';
      count('ack');
    } catch (error) {
      sent.ack = 'none';
      count('ack-refused');
      log.warn(
        { tenantId: String(tenantId), userId: String(userId), notificationId: id, error: messageOf(error) },
        'ack failed',
      );
    }
    for (; sent.waiting > 0; sent.waiting -= 1) {
      if (sent.ack === 'done') answer({ type: 'acked', id });
      else this.#refuse('ack-failed', 'The ack could not be recorded; send it again.', id);
    }
  }

  #refuse(code: ProtocolErrorCode, message: string, id: string): void {
    this.#options.answer({ type: 'error', code, message, id });
  }
}

/** The acks of one socket: which notifications it may confirm, each told on once, each answered. */
import { messageOf } from '../common/errors.js';
import type { SampledLog } from '../common/sampled-log.js';
import { TooManyRecordsError, type Ack, type AckRecorder } from './delivery-records.js';
import type { ProtocolErrorCode, ServerMessage } from './protocol.js';
import {
  ACK_CAME,
  ACK_RECORDED,
  SentNotifications,
  type NotificationRef,
  type SentMemory,
} from './sent-notifications.js';

/** Who is answered. */
export interface AckingSession {
  answer(message: ServerMessage): void;
  count(kind: 'ack' | 'ack-refused'): void;
}

export interface AcksOptions {
  readonly user: Pick<Ack, 'tenantId' | 'userId'>;
  /** Which of the notifications that were sent last can be acked. */
  readonly memory: SentMemory;
  /** Is given each notification acked on this socket once, again only after a rejection. */
  readonly recorder: AckRecorder;
  readonly session: AckingSession;
  /** What clients confirm while nothing can be recorded must not fill it. */
  readonly sampledLog: SampledLog;
}

export class Acks {
  readonly #options: AcksOptions;
  readonly #sent: SentNotifications;
  /** How many acks wait for the answer, by the id of each notification whose ack is being recorded. */
  readonly #waiting = new Map<string, number>();
  readonly #pending = new Set<Promise<void>>();

  constructor(options: AcksOptions) {
    this.#options = options;
    this.#sent = new SentNotifications(options.memory);
  }

  /** Notes what is about to be sent; false when the socket had it lately. */
  sends(ref: NotificationRef): boolean {
    return this.#sent.add(ref);
  }

  /** Takes an ack. True when it is the first of its notification. */
  take(id: string): boolean {
    const state = this.#sent.ackOf(id);
    const eventId = this.#sent.eventIdOf(id);
    if (state === undefined || eventId === undefined) {
      this.#options.session.count('ack-refused');
      this.#refuse('unknown-notification', `Notification ${id} was not sent on this socket lately.`, id);
      return false;
    }
    this.#sent.mark(id, ACK_CAME);
    const isFirst = (state & ACK_CAME) === 0;
    if ((state & ACK_RECORDED) !== 0) {
      this.#options.session.answer({ type: 'acked', id });
      return isFirst;
    }
    const waiting = this.#waiting.get(id);
    this.#waiting.set(id, (waiting ?? 0) + 1);
    if (waiting !== undefined) return isFirst;
    const acking = this.#confirm(id, eventId).finally(() => this.#pending.delete(acking));
    this.#pending.add(acking);
    return isFirst;
  }

  /** Forgets what is beyond the socket's share. */
  trim(): void {
    this.#sent.trim();
  }

  /** Resolves when every ack that was taken is answered. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending);
  }

  /** Tells the ack on and answers every ack of it that waits. Never rejects. */
  async #confirm(id: string, eventId: string): Promise<void> {
    const { recorder, session } = this.#options;
    const { tenantId, userId } = this.#options.user;
    let isRecorded = false;
    try {
      await recorder.record({ tenantId, userId, notificationId: BigInt(id), eventId });
      isRecorded = true;
      this.#sent.mark(id, ACK_RECORDED);
      session.count('ack');
    } catch (error) {
      session.count('ack-refused');
      this.#logFailure(id, error);
    }
    const waiting = this.#waiting.get(id) ?? 0;
    this.#waiting.delete(id);
    for (let answered = 0; answered < waiting; answered += 1) {
      if (isRecorded) session.answer({ type: 'acked', id });
      else this.#refuse('ack-failed', 'The ack could not be recorded; send it again later.', id);
    }
  }

  #logFailure(id: string, error: unknown): void {
    // The user's own doing, and as often as it likes.
    if (error instanceof TooManyRecordsError) return;
    const { sampledLog, user } = this.#options;
    sampledLog.warn(
      {
        tenantId: String(user.tenantId),
        userId: String(user.userId),
        notificationId: id,
        error: messageOf(error),
      },
      'ack failed',
    );
  }

  #refuse(code: ProtocolErrorCode, message: string, id: string): void {
    this.#options.session.answer({ type: 'error', code, message, id });
  }
}

/** What a socket was sent lately: only these can be acked on it, and none is sent to it twice. */

/** A notification by its names; shared by all the sockets that it was sent to. */
export interface NotificationRef {
  /** The id in decimal, as the client knows it. */
  readonly id: string;
  readonly notificationId: bigint;
  readonly eventId: string;
}

/** One sent notification and how far its ack has come on this socket. */
export interface SentNotification {
  readonly ref: NotificationRef;
  ack: 'none' | 'pending' | 'done';
  /** Acks of it that wait for the answer. */
  waiting: number;
  /** Whether an ack of it came. */
  isAcked: boolean;
}

export class SentNotifications {
  readonly #capacity: number;
  /** In the order of sending, so that the first is the oldest. */
  readonly #byId = new Map<string, SentNotification>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Remembers a notification, forgetting the oldest when full; false when it is remembered already. */
  add(ref: NotificationRef): boolean {
    if (this.#byId.has(ref.id)) return false;
    if (this.#byId.size >= this.#capacity) {
      for (const oldest of this.#byId.keys()) {
        this.#byId.delete(oldest);
        break;
      }
    }
    this.#byId.set(ref.id, { ref, ack: 'none', waiting: 0, isAcked: false });
    return true;
  }

  get(id: string): SentNotification | undefined {
    return this.#byId.get(id);
  }
}

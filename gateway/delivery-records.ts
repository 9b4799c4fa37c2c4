/**
 * Delivery records: one for each notification that a user confirms, as far as this gateway remembers, and so many of a
 * user as its budget allows. The memory is shared by all users, packed, and forgets the oldest.
 */
import { halvesOf, IdRing } from './id-ring.js';
import type { UserRateLimit } from './user-rate-limit.js';
import { userKey } from '../state/directory/directory-entry.js';

/** A client's confirmation that it has a notification. */
export interface Ack {
  readonly tenantId: bigint;
  readonly userId: bigint;
  readonly notificationId: bigint;
  readonly eventId: string;
}

/** The user has confirmed as much as it may for now. */
export class TooManyRecordsError extends Error {}

/** Records that a notification has been confirmed. */
export interface AckRecorder {
  /** Resolves once it is recorded: the client is answered then. */
  record(ack: Ack): Promise<void>;
}

export interface DeliveryRecordsOptions {
  readonly recorder: AckRecorder;
  /** Records of a user. */
  readonly budget: UserRateLimit;
  /** How many are remembered, of all users together. */
  readonly remembered: number;
}

export class DeliveryRecords implements AckRecorder {
  readonly #options: DeliveryRecordsOptions;
  readonly #recorded: IdRing;
  /** By the same key: those that are being written. */
  readonly #pending = new Map<bigint, Promise<void>>();

  constructor(options: DeliveryRecordsOptions) {
    this.#options = options;
    this.#recorded = new IdRing(options.remembered);
  }

  /** Resolves once the delivery is recorded, now or earlier. Rejects with TooManyRecordsError, or as the write does. */
  record(ack: Ack): Promise<void> {
    const key = keyOf(ack);
    const { low, high } = halvesOf(key);
    if (this.#recorded.find(low, high) >= 0) return Promise.resolve();
    const pending = this.#pending.get(key);
    if (pending !== undefined) return pending;
    if (!this.#options.budget.take(userKey(ack.tenantId, ack.userId))) {
      return Promise.reject(new TooManyRecordsError('The user has confirmed as much as it may for now.'));
    }
    const writing = this.#options.recorder
      .record(ack)
      .then(() => void this.#recorded.push(low, high))
      .finally(() => this.#pending.delete(key));
    this.#pending.set(key, writing);
    return writing;
  }
}

/** Ids are made of the user too, but by whoever wrote the record: the user is mixed in, so that nobody's ack counts for another. */
function keyOf({ tenantId, userId, notificationId }: Ack): bigint {
  const user = tenantId * 0x9e37_79b9_7f4a_7c15n + userId;
  return BigInt.asUintN(64, notificationId ^ (BigInt.asUintN(64, user) * 0xbf58_476d_1ce4_e5b9n));
}

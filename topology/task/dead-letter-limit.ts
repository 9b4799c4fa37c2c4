/** How large a dead letter may be: what its topic takes, as far as is known. The tasks of a worker share it. */

/** The brokers' default of `max.message.bytes`. */
export const DEFAULT_MAX_BYTES = 1_048_588;
/** Where the record comes from and why it is here always fits into this. */
const LEAST_BYTES = 8 * 1024;
/** A larger one would not fit into a request. */
const MOST_BYTES = 30 * 1024 * 1024;

export class DeadLetterLimit {
  #bytes: number;

  /** `bytes`: the topic's `max.message.bytes`, where it could be asked for. */
  constructor(bytes = DEFAULT_MAX_BYTES) {
    this.#bytes = Math.min(MOST_BYTES, bytes);
  }

  /** The most bytes of a batch with a single record, its overhead included. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The topic did not take one of that size after all: from now on they are half as large. False when they are as small as they can be. */
  lower(): boolean {
    if (this.#bytes <= LEAST_BYTES) return false;
    this.#bytes = Math.max(LEAST_BYTES, Math.floor(this.#bytes / 2));
    return true;
  }
}

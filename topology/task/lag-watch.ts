/**
 * For how long the oldest record of a source partition that is not committed has waited. A record's timestamp says when it
 * came, as far as its producer's clock can be trusted: a look at each scrape gives bounds that it cannot leave.
 *
 * at least  since the look at which it was there already and not committed
 * at most   since the last look whose end is committed by now: what waits now came after it
 */

/** A partition at a scrape. */
export interface PartitionLook {
  /** Monotonic, ms. */
  readonly now: number;
  /** Up to where it is committed. */
  readonly committed: number;
  /** The offset after the last record that may be read. */
  readonly end: number;
  /** By its timestamp, how long ago the oldest record that is not committed came, ms; undefined when it is not known. */
  readonly age: number | undefined;
}

interface Mark {
  readonly end: number;
  readonly at: number;
}

export class LagWatch {
  /** An end that was not committed yet when it was seen. */
  #mark: Mark | undefined;
  /** When the newest end was seen that is committed. */
  #passedAt = -Infinity;

  /** ms; 0 when nothing waits. */
  look({ now, committed, end, age }: PartitionLook): number {
    if (committed >= end) {
      this.#passedAt = now;
      this.#mark = undefined;
      return 0;
    }
    if (this.#mark && this.#mark.end <= committed) {
      this.#passedAt = this.#mark.at;
      this.#mark = undefined;
    }
    this.#mark ??= { end, at: now };
    const least = now - this.#mark.at;
    return Math.max(least, Math.min(age ?? least, now - this.#passedAt));
  }
}

/**
 * When the dead letters of a source partition are an outage of its producer, and no poison any more: pure, so that a
 * table can test it.
 *
 * Within a window that moves with time, records and the dead letters among them are counted, by slices of it. The share
 * counts once there are records enough: one bad record in a quiet night is all of that night's.
 */

/** DEAD_LETTER_BUDGET. */
export interface DeadLetterBudgetLimits {
  /** Dead letters of a hundred records. */
  readonly percent: number;
  /** The share of fewer records than this says nothing. */
  readonly leastRecords: number;
  readonly windowMs: number;
}

export interface Counts {
  readonly records: number;
  readonly deadLetters: number;
}

export const NONE: Counts = { records: 0, deadLetters: 0 };
/** Pieces of a window: the oldest is forgotten whole. */
export const SLICES = 60;

export class DeadLetterBudget {
  readonly #limits: DeadLetterBudgetLimits;
  readonly #sliceMs: number;
  /** Oldest first. */
  #slices: { readonly slice: number; records: number; deadLetters: number }[] = [];

  constructor(limits: DeadLetterBudgetLimits) {
    this.#limits = limits;
    this.#sliceMs = limits.windowMs / SLICES;
  }

  /** A commit holds that took these. `now`: monotonic, ms. */
  note(now: number, { records, deadLetters }: Counts): void {
    this.#forget(now);
    const slice = this.#sliceAt(now);
    const newest = this.#slices.at(-1);
    if (newest?.slice !== slice) this.#slices.push({ slice, records, deadLetters });
    else {
      newest.records += records;
      newest.deadLetters += deadLetters;
    }
  }

  /** What the window holds, and `uncommitted` beside it. */
  counts(now: number, uncommitted: Counts = NONE): Counts {
    this.#forget(now);
    return this.#slices.reduce(sum, uncommitted);
  }

  /** The next dead letter is past the budget. */
  isSpent(now: number, uncommitted: Counts = NONE): boolean {
    const { records, deadLetters } = this.counts(now, uncommitted);
    const { percent, leastRecords } = this.#limits;
    return records >= leastRecords && deadLetters * 100 >= percent * records;
  }

  #sliceAt(now: number): number {
    return Math.floor(now / this.#sliceMs);
  }

  #forget(now: number): void {
    const first = this.#sliceAt(now) - SLICES + 1;
    while (this.#slices.length > 0 && this.#slices[0]!.slice < first) this.#slices.shift();
  }
}

export function sum(a: Counts, b: Counts): Counts {
  return { records: a.records + b.records, deadLetters: a.deadLetters + b.deadLetters };
}

/**
 * The source partitions of a task whose dead-letter budget is spent: each pauses before its next dead letter, which stays
 * the next record of its queue, until an operator says that it may go on. What was counted is this worker's memory, from
 * one takeover of the task to the next: with a restart, and on another worker, it begins empty.
 */
import type { Clock } from '../../common/clock.js';
import type { Logger } from '../../common/log.js';
import type { SourceName, SourcePartition, SourceRecord } from '../../common/record.js';
import type { DeadLetterCause } from '../../processors/outcome.js';
import { DeadLetterBudget, NONE, sum, type Counts, type DeadLetterBudgetLimits } from './dead-letter-budget.js';
import type { SourceCounts, StagedCommit } from './staged-commit.js';

/** A commit that holds, or is on its way to it. */
type Counted = Pick<StagedCommit, 'counts'>;

/** Where a partition is paused, and what would have come next. */
export interface PausedAt {
  readonly offset: number;
  readonly reason: DeadLetterCause['reason'];
  /** By the clock, ms. */
  readonly since: number;
}

interface Pause extends PausedAt {
  /** What is staged before it. */
  uncommitted: readonly SourceCounts[];
  /** Wakes the pipeline that stands at it now: those before it are over, and nothing of theirs is kept. */
  resume: () => void;
}

export interface DeadLetterPausesOptions {
  readonly limits: DeadLetterBudgetLimits;
  readonly log: Logger;
  readonly clock: Clock;
  /** A partition's name on the brokers. */
  readonly nameOf: (source: Pick<SourcePartition, 'topic' | 'partition'>) => string;
  /** Monotonic, ms. */
  readonly now?: () => number;
}

export class DeadLetterPauses {
  readonly #options: DeadLetterPausesOptions;
  readonly #now: () => number;
  readonly #budgets = new Map<SourceName, DeadLetterBudget>();
  readonly #paused = new Map<SourceName, Pause>();

  constructor(options: DeadLetterPausesOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  get paused(): ReadonlyMap<SourceName, PausedAt> {
    return this.#paused;
  }

  /** A commit holds. */
  committed({ counts }: Counted): void {
    for (const [source, counted] of counts) this.#budget(source).note(this.#now(), counted);
  }

  /** Before a dead letter is staged: undefined when it may be, else resolves when its partition is resumed. `uncommitted`: what is staged before it. */
  before(record: SourceRecord, cause: DeadLetterCause, uncommitted: readonly Counted[]): Promise<void> | undefined {
    const { source } = record;
    const counts = uncommitted.flatMap((commit) => commit.counts.get(source) ?? []);
    const paused = this.#paused.get(source);
    if (paused) {
      paused.uncommitted = counts;
      return resumption(paused);
    }
    const now = this.#now();
    const [budget, staged] = [this.#budget(source), counts.reduce(sum, NONE)];
    return budget.isSpent(now, staged) ? this.#pause(record, cause, budget.counts(now, staged), counts) : undefined;
  }

  /** A record is staged: one that was read again, and is none of those that pause its partition, lets it go on. */
  staged({ source, offset }: SourceRecord): void {
    if (this.#paused.size > 0 && offset >= (this.#paused.get(source)?.offset ?? Infinity)) this.resume(source);
  }

  /** The partition goes on, and its window begins empty. */
  resume(source: SourceName): void {
    this.#budgets.delete(source);
    const pause = this.#paused.get(source);
    this.#paused.delete(source);
    // Also of what is not committed yet.
    for (const counts of pause?.uncommitted ?? []) counts.records = counts.deadLetters = 0;
    pause?.resume();
  }

  #budget(source: SourceName): DeadLetterBudget {
    let budget = this.#budgets.get(source);
    if (!budget) this.#budgets.set(source, (budget = new DeadLetterBudget(this.#options.limits)));
    return budget;
  }

  #pause(
    record: SourceRecord,
    { reason, message }: DeadLetterCause,
    counts: Counts,
    uncommitted: readonly SourceCounts[],
  ): Promise<void> {
    const { limits, log, clock, nameOf } = this.#options;
    const { source, offset } = record;
    const pause: Pause = { offset, reason, since: clock.now(), uncommitted, resume: () => undefined };
    this.#paused.set(source, pause);
    log.error(
      { partition: nameOf(record), offset, reason, cause: message, ...counts, budget: limits },
      'the dead-letter budget of a partition is spent: it pauses before this record, and the others go on. Mend what sends such records, or what reads them; then run `notification-streams dlq resume` on this host, or restart the worker',
    );
    return resumption(pause);
  }
}

/** Resolves when the partition is resumed, unless it is asked for again by then: one that waited before waits for nothing any more. */
function resumption(pause: Pause): Promise<void> {
  return new Promise((resolve) => (pause.resume = resolve));
}

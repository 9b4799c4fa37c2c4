/**
 * What to do when a commit fails and will fail again: it is halved. Where the broker refuses a record, until the culprit
 * stands alone, which is then dead-lettered; where a commit does not get through at all, until it does.
 */
import type { SourcePosition } from '../../common/source-position.js';
import { errorType, isOfARecord, type RefusedError } from '../kafka/index.js';
import type { DeadLetterCause } from '../../processors/outcome.js';
import { origin, type SourceName, type SourceRecord } from '../../common/record.js';
import type { OutputTarget } from './staged-outputs.js';
import type { StagedCommit } from './staged-commit.js';

type RefusalTarget = Pick<OutputTarget, 'names' | 'deadLetters' | 'deadLetterTopic'>;
type PositionMap = ReadonlyMap<SourceName, SourcePosition>;

/** `wait`: no record is to blame, and another commit would fare no better. */
export type Remedy = 'try-again' | 'wait';

/** A commit of which nobody knows what became, from the same position, so often in a row: it may be too large for the line. */
const UNKNOWN_BEFORE_HALVED = 5;

export class Refusals {
  readonly #target: RefusalTarget;
  /** Commits are kept this small until they are past what failed. */
  #split: { readonly records: number; readonly until: PositionMap } | undefined;
  /** By origin. Several at a time: sources have their turns, so that the one that was tried last may not come next. */
  readonly #condemned = new Map<string, { readonly source: SourceName; readonly cause: DeadLetterCause }>();
  /** Sources that are paused by their dead-letter budget. */
  readonly #paused = new Set<SourceName>();
  /** From where a commit with an unknown outcome went, and how often. */
  #unknown: { readonly from: PositionMap; readonly times: number } | undefined;

  constructor(target: RefusalTarget) {
    this.#target = target;
  }

  /** How many records a commit may have now. */
  limit(records: number): number {
    return this.#split?.records ?? records;
  }

  /** Why this record must be dead-lettered without being processed, if the broker refused it on its own. */
  condemned(record: SourceRecord): DeadLetterCause | undefined {
    return this.#condemned.size === 0 ? undefined : this.#condemned.get(origin(record))?.cause;
  }

  /** The broker refused a commit. `until`: where the records end that were processed by then. */
  refused(staged: StagedCommit, until: PositionMap, error: RefusedError): Remedy {
    if (!isOfARecord(error)) return 'wait';
    if (staged.records > 1) {
      this.#halve(staged.records, until);
      return 'try-again';
    }
    const { names, deadLetters, deadLetterTopic } = this.#target;
    if (error.topic === names.physical(deadLetterTopic))
      return isTooLarge(error) && deadLetters.lower() ? 'try-again' : 'wait';
    const culprit = staged.last;
    if (!culprit || this.condemned(culprit) || error.topic === names.changelog) return 'wait';
    this.#condemn(culprit, error);
    this.#halve(1, until);
    return 'try-again';
  }

  /** What became of a commit is not known, and it is retried. `from`: where it began. */
  unknown(staged: StagedCommit, from: PositionMap): void {
    const isSame = this.#unknown !== undefined && isSamePosition(this.#unknown.from, from);
    const times = isSame ? this.#unknown!.times + 1 : 1;
    this.#unknown = { from, times };
    if (times < UNKNOWN_BEFORE_HALVED || staged.records <= 1) return;
    this.#unknown = undefined;
    this.#halve(staged.records, staged.positions);
  }

  /** A commit holds that ends here. */
  passed(positions: PositionMap): void {
    this.#unknown = undefined;
    this.#growIfPast(positions);
  }

  /**
   * A source pauses at its next record: no commit comes past that, and those of the others are not kept small for it.
   * The record stays condemned, so that it pauses its source again when it is read again. `committed`: up to where all holds.
   */
  pause(source: SourceName, committed: PositionMap): void {
    this.#paused.add(source);
    if (!this.#split?.until.has(source)) return;
    const until = new Map(this.#split.until);
    until.delete(source);
    this.#split = { ...this.#split, until };
    this.#growIfPast(committed);
  }

  /** A source that was paused goes on: what was condemned of it is processed again. */
  resume(source: SourceName): void {
    this.#paused.delete(source);
    this.#absolve((other) => other === source);
  }

  #growIfPast(positions: PositionMap): void {
    if (!this.#split) return;
    const isPast = [...this.#split.until].every(
      ([source, { nextOffset }]) => (positions.get(source)?.nextOffset ?? 0) >= nextOffset,
    );
    if (!isPast) return;
    this.#split = undefined;
    this.#absolve((source) => !this.#paused.has(source));
  }

  #absolve(isMeant: (source: SourceName) => boolean): void {
    for (const [record, { source }] of this.#condemned) if (isMeant(source)) this.#condemned.delete(record);
  }

  #halve(records: number, until: PositionMap): void {
    this.#split = { records: Math.max(1, Math.floor(records / 2)), until: this.#split?.until ?? until };
  }

  #condemn(culprit: SourceRecord, error: RefusedError): void {
    const reason = isTooLarge(error) ? 'too-large' : 'failed';
    const message = `the broker refused its output to ${error.topic}: ${errorType(error) ?? 'refused'}`;
    const cause: DeadLetterCause = { reason, message, attempts: 1, error };
    this.#condemned.set(origin(culprit), { source: culprit.source, cause });
  }
}

function isTooLarge(error: RefusedError): boolean {
  const type = errorType(error);
  return type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE';
}

function isSamePosition(a: PositionMap, b: PositionMap): boolean {
  return a.size === b.size && [...a].every(([source, { nextOffset }]) => b.get(source)?.nextOffset === nextOffset);
}

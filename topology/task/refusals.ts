/**
 * What to do when the broker refuses a commit for a record in it, and will again: the commit is halved until the
 * culprit stands alone, which is then dead-lettered. Never an endless loop.
 */
import type { SourcePosition } from '../../state/changelog-entry.js';
import { FatalError } from '../errors.js';
import { errorType, type RefusedError } from '../kafka/index.js';
import type { DeadLetterCause } from '../outcome.js';
import { origin, type SourceName, type SourceRecord } from '../record.js';
import type { StagedCommit } from './staged-commit.js';

type PositionMap = ReadonlyMap<SourceName, SourcePosition>;

export class Refusals {
  /** Commits are kept this small until they are past what was refused. */
  #split: { readonly records: number; readonly until: PositionMap } | undefined;
  /** By origin. Several at a time: sources have their turns, so that the one that was tried last may not come next. */
  readonly #condemned = new Map<string, DeadLetterCause>();

  /** How many records a commit may have now. */
  limit(records: number): number {
    return this.#split?.records ?? records;
  }

  /** Why this record is to be dead-lettered without being processed, if the broker refused it on its own. */
  condemned(record: SourceRecord): DeadLetterCause | undefined {
    return this.#condemned.size === 0 ? undefined : this.#condemned.get(origin(record));
  }

  /** A commit was refused and is to be made again, smaller. `until`: where the records end that were processed by then. */
  refused(staged: StagedCommit, until: PositionMap, error: RefusedError): void {
    if (staged.records <= 1) this.#condemn(staged.last, error);
    this.#split = { records: Math.max(1, Math.floor(staged.records / 2)), until: this.#split?.until ?? until };
  }

  /** A commit holds that ends here. */
  passed(positions: PositionMap): void {
    if (!this.#split) return;
    const isPast = [...this.#split.until].every(
      ([source, { nextOffset }]) => (positions.get(source)?.nextOffset ?? 0) >= nextOffset,
    );
    if (!isPast) return;
    this.#split = undefined;
    this.#condemned.clear();
  }

  #condemn(culprit: SourceRecord | undefined, error: RefusedError): void {
    if (!culprit || this.condemned(culprit)) {
      const what = culprit ? `the dead letter of ${origin(culprit)}` : 'the changelog record';
      throw new FatalError(
        `the broker refuses even ${what}: is max.message.bytes of ${error.topic} below that of the sources?`,
        error,
      );
    }
    const type = errorType(error) ?? 'refused';
    const reason = type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE' ? 'too-large' : 'failed';
    const message = `the broker refused its output to ${error.topic}: ${type}`;
    this.#condemned.set(origin(culprit), { reason, message, attempts: 1, error });
  }
}

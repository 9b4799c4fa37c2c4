/**
 * What makes a source partition stand still at a record that would be dead-lettered else: tries that are left, rules
 * newer than ours, which know what to do with it, and a dead-letter budget that is spent. The record stays the next of
 * its queue.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { SourceName, SourceRecord } from '../../common/record.js';
import { partitionName } from '../../common/topic-names.js';
import type { DeadLetterCause, Waiting } from '../../processors/outcome.js';
import type { CommitLoop } from './commit-loop.js';
import type { TaskParts } from './task-parts.js';

/** A record that newer rules know is looked at again after this: they may have left the group, ms. */
const WAITING_RETRY_MS = 500;

type WaitingCommits = Pick<CommitLoop, 'layers' | 'pauses' | 'refusals' | 'committed'>;

export class RecordWaits {
  readonly #commits: WaitingCommits;
  readonly #parts: TaskParts;
  /** Ends the waits. */
  readonly #signal: AbortSignal;
  /** How often the next record of each was tried. */
  readonly #tried = new Map<SourceName, number>();
  /** Sources that wait for newer rules, and the event type that does. */
  readonly #waiting = new Map<SourceName, string>();
  /** The offsets at which they were warned of: once, however often the record is tried again. */
  readonly #warned = new Map<SourceName, number>();

  constructor(commits: WaitingCommits, parts: TaskParts, signal: AbortSignal) {
    this.#commits = commits;
    this.#parts = parts;
    this.#signal = signal;
  }

  /** The event type at which each source waits for newer rules. */
  get waiting(): ReadonlyMap<SourceName, string> {
    return this.#waiting;
  }

  /** Records are fetched again. */
  reset(): void {
    this.#waiting.clear();
  }

  /** Hot path. The source's next record is processed, once more maybe. */
  tries({ source }: SourceRecord): void {
    if (this.#waiting.size > 0) this.#waiting.delete(source);
  }

  /** Hot path. The record is staged. */
  staged(record: SourceRecord): void {
    if (this.#tried.size > 0) this.#tried.delete(record.source);
    this.#commits.pauses?.staged(record);
  }

  /** Resolves when a record that trying again may cure is tried again; undefined when it was tried often enough. */
  forRetry({ source, topic }: SourceRecord): Promise<void> | undefined {
    const { job, worker } = this.#parts;
    const { retryAttempts, retryBackoffMs } = job.limits;
    const tries = (this.#tried.get(source) ?? 0) + 1;
    if (tries >= retryAttempts) return undefined;
    this.#tried.set(source, tries);
    worker.metrics.retries_total.inc({ topic });
    return delay(tries * retryBackoffMs, undefined, { signal: this.#signal });
  }

  /** Resolves when the record is looked at again; undefined when it has waited long enough, and is dead-lettered. */
  forNewerRules(
    record: SourceRecord,
    { eventType }: Waiting,
    rulesVersion: number | undefined,
  ): Promise<void> | undefined {
    const { broker, group, worker } = this.#parts;
    const { source, offset } = record;
    if (!group.newerRules.mayWait(source, rulesVersion)) return undefined;
    if (this.#warned.get(source) !== offset)
      worker.log.warn(
        {
          ...{ partition: partitionName(broker.names, record), offset },
          ...worker.tracing.logFields(record),
        },
        'an event of a type that only newer rules in the group know: the partition waits for a worker that has them',
      );
    this.#warned.set(source, offset);
    this.#waiting.set(source, eventType);
    return delay(WAITING_RETRY_MS, undefined, { signal: this.#signal });
  }

  /** Resolves when the partition is resumed; undefined when the dead letter may be staged. */
  forBudget(record: SourceRecord, cause: DeadLetterCause): Promise<void> | undefined {
    const { layers, pauses, refusals, committed } = this.#commits;
    const resumed = pauses?.before(record, cause, layers);
    if (resumed === undefined) return undefined;
    refusals.pause(record.source, committed);
    return resumed.then(() => refusals.resume(record.source));
  }
}

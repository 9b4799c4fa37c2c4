/** What a task does while it runs: its record loop and its commit loop, from one takeover to the next. */
import type { SourceName, SourcePartition } from '../../common/record.js';
import type { GroupMember } from '../kafka/index.js';
import type { CommitTarget } from './commit.js';
import { CommitLoop, type CommitBegin, type CommitListener } from './commit-loop.js';
import { RecordLoop, type RecordLoopHost } from './record-loop.js';
import type { SourceQueue } from './source-queue.js';
import type { TaskParts } from './task-parts.js';

/** The task around it. */
export interface PipelineHost extends RecordLoopHost {
  readonly member: GroupMember;
  /** A commit is on its way: its outcome is in doubt. */
  committing(): void;
  /** It holds, or was refused: nothing is in doubt. */
  committed(): void;
  /** A commit failed and nothing was dropped yet: FencedError, CommitUnknownError, StoreFullError, or something fatal. */
  commitFailed(error: unknown): void;
}

/** What waits in a source. */
export interface SourceLag {
  readonly source: SourcePartition;
  /** Committed records that wait: from where the last commit left the source to the end as it is known. */
  readonly records: number;
  /** For how long the oldest of them has waited, ms: lag-watch.ts; behind a producer's open transaction, for as long as that holds it. */
  readonly ms: number;
}

export class Pipeline implements CommitListener {
  readonly target: CommitTarget;
  readonly #parts: TaskParts;
  readonly #host: PipelineHost;
  readonly #signal: AbortSignal;
  readonly #commits: CommitLoop;
  readonly #records: RecordLoop;

  /**
   * Begins at these positions, with nothing staged and nothing buffered. `signal` ends it: its waits are over, nothing is
   * processed or begun any more, and of a commit in flight nobody hears how it ends.
   */
  constructor(target: CommitTarget, begin: CommitBegin, parts: TaskParts, host: PipelineHost, signal: AbortSignal) {
    this.target = target;
    this.#parts = parts;
    this.#host = host;
    this.#signal = signal;
    this.#commits = new CommitLoop(target, begin, parts, this, signal);
    this.#records = new RecordLoop(target, this.#commits, parts, host, signal);
    this.#records.reset();
  }

  // ── what is seen of it ─────────────────────────────────────────────────────────────────────────────────────────

  get #queues(): SourceQueue[] {
    return [...this.#records.queues.values()];
  }

  /** Records fetched and not processed. */
  get buffered(): number {
    return this.#queues.reduce((records, { size }) => records + size, 0);
  }

  /** Sources that stand still, as what the broker has of them is damaged. */
  get damaged(): readonly SourcePartition[] {
    return this.#queues.filter(({ isDamaged }) => isDamaged).map(({ source }) => source);
  }

  /** Sources that wait for newer rules in the group, and the event type at which each does. */
  get waiting(): ReadonlyMap<SourcePartition, string> {
    const waiting = new Map<SourcePartition, string>();
    for (const [name, eventType] of this.#records.waiting) waiting.set(this.queue(name).source, eventType);
    return waiting;
  }

  /** For how long a producer's open transaction has held back each source, ms. */
  get heldUp(): ReadonlyMap<SourcePartition, number> {
    return new Map(this.#queues.map(({ source, heldUpMs }) => [source, heldUpMs]));
  }

  /** Each source whose position and end are known. `now`: ms since the epoch. */
  lags(now: number): SourceLag[] {
    return this.#queues.flatMap((queue): SourceLag[] => {
      const { source, end, lagWatch, heldUpMs } = queue;
      const committed = this.#commits.committed.get(source.name)?.nextOffset;
      if (committed === undefined || end === undefined) return [];
      const oldest = this.#oldest(queue);
      const age = oldest === undefined || oldest <= 0 ? undefined : now - oldest;
      const waited = lagWatch.look({ now: performance.now(), committed, end, age });
      return [{ source, records: Math.max(0, end - committed), ms: Math.max(waited, heldUpMs) }];
    });
  }

  /** The timestamp of the source's first record that is not committed, where it was fetched. */
  #oldest(queue: SourceQueue): number | undefined {
    const [staged, inFlight] = this.#commits.layers;
    const { name } = queue.source;
    return inFlight?.oldest(name) ?? staged?.oldest(name) ?? queue.peek()?.timestamp;
  }

  /** A commit is on its way, or it failed: its outcome is not known. */
  get isInDoubt(): boolean {
    return !this.#signal.aborted && this.#commits.isInFlight;
  }

  /** For how long the commit in flight has been on its way, ms; 0 without one. */
  get commitMs(): number {
    return this.isInDoubt ? this.#commits.commitMs : 0;
  }

  /** A quota holds it back. */
  get isThrottled(): boolean {
    return this.#commits.isThrottled;
  }

  queue(source: SourceName): SourceQueue {
    return this.#records.queues.get(source)!;
  }

  // ── what the task does with it ─────────────────────────────────────────────────────────────────────────────────

  get isRunning(): boolean {
    return this.#host.isRunning;
  }

  get member(): GroupMember {
    return this.#host.member;
  }

  /** Lets records be processed at the next turn of the event loop. */
  plan(): void {
    this.#records.plan();
  }

  /** Commits the positions themselves. */
  commitPositions(): Promise<void> {
    return this.#commits.commitPositions();
  }

  /** Waits for the commit in flight, then commits what is staged, while `wanted` says so. */
  settle(wanted: () => boolean): Promise<void> {
    return this.#commits.settle(() => {
      this.#records.takeBack();
      return wanted();
    });
  }

  /** Fetches these sources from where they are committed. */
  fetch(sources: readonly SourcePartition[]): void {
    const { fetcher, names } = this.#parts.broker;
    for (const { name, topic, partition } of sources) {
      const { nextOffset, topicId } = this.#commits.committed.get(name)!;
      fetcher.add(names.physical(topic), partition, nextOffset, this.queue(name), topicId);
    }
  }

  // ── what the commit loop tells ─────────────────────────────────────────────────────────────────────────────────

  begins(): void {
    this.#host.committing();
  }

  ready(): void {
    if (!this.isInDoubt) this.#host.committed();
    this.plan();
  }

  goBack(): void {
    const { fetcher, names } = this.#parts.broker;
    this.#records.reset();
    for (const { name, topic, partition } of this.target.sources)
      fetcher.seek(names.physical(topic), partition, this.#commits.committed.get(name)!.nextOffset);
    this.ready();
  }

  failed(error: unknown): void {
    this.#host.commitFailed(error);
  }
}

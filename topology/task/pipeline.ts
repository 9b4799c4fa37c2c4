/**
 * From fetched records to commits, one after another: while commit N is on the wire, the records of N+1 are processed.
 * If N fails, N+1 is dropped with it. Never more than one commit in flight, never one commit's output in two.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { RetryBudget } from '../../schemas/retry-budget.js';
import type { SourcePosition } from '../../state/changelog-entry.js';
import { advance } from '../../state/stream-time.js';
import type { TaskStore } from '../../state/task-store.js';
import { FatalError, messageOf, RetryableError, StoreFullError } from '../errors.js';
import type { Processed } from '../executor.js';
import { RefusedError } from '../kafka/index.js';
import type { DeadLetterCause } from '../outcome.js';
import { origin, type SourceName, type SourcePartition, type SourceRecord } from '../record.js';
import { commit, type CommitTarget } from './commit.js';
import { CommitPace } from './commit-pace.js';
import { Refusals } from './refusals.js';
import { report } from './report.js';
import { SourceQueue } from './source-queue.js';
import { warnHeldUp, whyOutOfRange } from './source-faults.js';
import { StagedCommit } from './staged-commit.js';
import { StagedOutputs } from './staged-outputs.js';
import type { TaskServices } from './task-services.js';
import { LayeredDedup, LayeredDirectory, type Layers } from './task-views.js';

/** The task around it. */
export interface PipelineHost {
  readonly isRunning: () => boolean;
  readonly target: () => CommitTarget;
  /** A source was made again, and what was fetched of the one before is committed: the task is to find its positions anew. */
  readonly recreated: () => void;
  /** A commit failed and nothing was dropped yet: FencedError, CommitUnknownError, StoreFullError, or something fatal. */
  readonly failed: (error: unknown) => void;
  /** Ends the waits when the task is closed. */
  readonly signal: AbortSignal;
}

/** Records of one source partition that are processed before the next has its turn. */
const SLICE_RECORDS = 128;
/** Records that are processed before the event loop has its turn: some 10 ms. */
const TURN_RECORDS = 5 * SLICE_RECORDS;

export class Pipeline {
  readonly sources: readonly SourcePartition[];
  readonly #task: number;
  readonly #services: TaskServices;
  readonly #host: PipelineHost;
  readonly #queues: ReadonlyMap<SourceName, SourceQueue>;
  /** The queue whose turn it is comes first: a full commit must not make those wait that stand behind. */
  readonly #inTurn: SourceQueue[];
  readonly #dedup: LayeredDedup;
  readonly #directory: LayeredDirectory;
  readonly #budget: RetryBudget;
  readonly #pace: CommitPace;
  readonly #refusals = new Refusals();
  readonly #attempts = new Map<SourceName, number>();
  /** Where the last commit that holds left each source. */
  #committed: ReadonlyMap<SourceName, SourcePosition> = new Map();
  /** What the store does not hold yet, newest first: the commit that is being put together, and the one in flight. */
  #layers: readonly [staged: StagedCommit, inFlight?: StagedCommit];
  #committing: Promise<void> = Promise.resolve();
  /** Of a commit that holds, both empty: their buffers are written again. */
  #spare: Pick<StagedCommit, 'outputs' | 'digests'> | undefined;
  #turnPlanned = false;
  /** Sources that were deleted and made again: what was fetched of them is still processed. */
  readonly #recreated = new Set<SourceName>();

  constructor(
    task: number,
    sources: readonly SourcePartition[],
    store: TaskStore,
    services: TaskServices,
    host: PipelineHost,
  ) {
    this.#task = task;
    this.#services = services;
    this.#host = host;
    this.#budget = services.createBudget();
    this.#pace = new CommitPace(services.limits.commitIntervalMs, () => this.plan());
    this.#layers = [this.#stage(new Map())];
    const layers: Layers = () => this.#layers as readonly StagedCommit[];
    this.#dedup = new LayeredDedup(store, services.shape, layers);
    this.#directory = new LayeredDirectory(services.directory, layers);
    this.#queues = new Map(sources.map((source) => [source.name, this.#createQueue(source)]));
    this.#inTurn = [...this.#queues.values()];
    this.sources = sources;
  }

  get #staged(): StagedCommit {
    return this.#layers[0];
  }

  get #inFlight(): StagedCommit | undefined {
    return this.#layers[1];
  }

  /** Records fetched and not processed. */
  get buffered(): number {
    let records = 0;
    for (const queue of this.#queues.values()) records += queue.size;
    return records;
  }

  /** A commit is on its way whose outcome is not known yet. */
  get isInDoubt(): boolean {
    return this.#inFlight !== undefined;
  }

  /** For how long a producer's open transaction has held back each source, ms. */
  get heldUp(): ReadonlyMap<SourcePartition, number> {
    return new Map([...this.#queues.values()].map(({ source, heldUpMs }) => [source, heldUpMs]));
  }

  /** Where a source stands, staged records included. */
  position(source: SourceName): SourcePosition {
    return this.#staged.position(source);
  }

  queue(source: SourceName): SourceQueue {
    return this.#queues.get(source)!;
  }

  /** Drops everything that was not committed: what holds is to be read from the brokers. */
  drop(): void {
    this.#layers = [this.#staged];
    this.#attempts.clear();
    this.#recreated.clear();
    this.#directory.clear();
  }

  /** Begins at these positions, with nothing staged and nothing buffered. */
  begin(positions: ReadonlyMap<SourceName, SourcePosition>): void {
    this.#committed = positions;
    this.#spare = undefined;
    this.#layers = [this.#stage(positions)];
    for (const queue of this.#queues.values()) queue.reset(positions.get(queue.source.name)!.nextOffset);
  }

  /** Commits the positions themselves: a first start's, or `latest` would be another place after a crash. */
  async commitPositions(): Promise<void> {
    const staged = this.#staged;
    await commit(staged, this.#host.target());
    // The changelog record: the next commit has one of its own.
    staged.outputs.clear();
  }

  /** Lets records be processed at the next turn of the event loop. */
  plan(): void {
    if (this.#turnPlanned || !this.#host.isRunning()) return;
    this.#turnPlanned = true;
    setImmediate(() => {
      this.#turnPlanned = false;
      if (this.#host.isRunning()) this.#turn();
    });
  }

  /**
   * Waits for the commit in flight, then commits what is staged, while `wanted` says so. Never on top of one that
   * failed: what it sent may be in the transaction that is open still, or may not.
   */
  async settle(wanted: () => boolean): Promise<void> {
    await this.#committing;
    if (!wanted() || this.isInDoubt || this.#staged.isEmpty) return;
    this.#beginCommit();
    await this.#committing;
  }

  // ── processing ─────────────────────────────────────────────────────────────────────────────────────────────────

  #createQueue(source: SourcePartition): SourceQueue {
    return new SourceQueue(source, this.#services.limits.bufferBytes, {
      arrived: () => this.plan(),
      roomMade: () => this.#services.fetcher.wake(),
      outOfRange: (of, position) => void this.#outOfRange(of, position),
      recreated: (of) => {
        this.#recreated.add(of.name);
        this.plan();
      },
      heldUp: (of, lastStableOffset, highWatermark) =>
        warnHeldUp(this.#physical(of), lastStableOffset, highWatermark, this.#services.log),
      unreadable: (of, position, error) =>
        this.#stopAt(of, position, `what stands there can not be read: ${messageOf(error)}`),
    });
  }

  async #outOfRange(source: SourcePartition, position: number): Promise<void> {
    const { names, offsets } = this.#services;
    const { topic, partition } = source;
    const why = await whyOutOfRange({ topic: names.physical(topic), partition }, position, offsets).catch(
      (error: unknown) => `that is out of range (${messageOf(error)})`,
    );
    if (!this.#host.signal.aborted) this.#stopAt(source, position, why);
  }

  /** Nothing is skipped silently: the operator decides where to go on. */
  #stopAt(source: SourcePartition, position: number, why: string): void {
    const { names, fatal } = this.#services;
    const way = `To go on elsewhere, set the offsets of group ${names.group} with kafka-consumer-groups --reset-offsets while no worker runs`;
    fatal(new FatalError(`${this.#physical(source)} is to be read from offset ${position}, but ${why}. ${way}`));
  }

  #turn(): void {
    try {
      const drained = this.#processSlice();
      if (!this.#inFlight && !this.#staged.isEmpty && this.#isDue(drained)) this.#beginCommit();
      if (!drained && !this.#isFull()) this.plan();
      if (this.#hasLeftRecreated()) this.#host.recreated();
    } catch (error) {
      this.#services.fatal(error);
    }
  }

  /** Everything that was fetched of a source that was made again is committed. */
  #hasLeftRecreated(): boolean {
    if (this.#recreated.size === 0 || this.#inFlight || !this.#staged.isEmpty) return false;
    return [...this.#recreated].every((source) => this.queue(source).size === 0);
  }

  #physical({ topic, partition }: SourcePartition): string {
    return `${this.#services.names.physical(topic)}-${partition}`;
  }

  #isFull(): boolean {
    const { commitRecords, commitBytes } = this.#services.limits;
    return this.#staged.records >= this.#refusals.limit(commitRecords) || this.#staged.outputs.bytes >= commitBytes;
  }

  #isDue(drained: boolean): boolean {
    if (this.#isFull()) return true;
    const now = performance.now();
    return now - this.#staged.openedAt >= this.#services.limits.commitIntervalMs || (drained && this.#pace.allows(now));
  }

  /** True when nothing is left that could be processed now. */
  #processSlice(): boolean {
    const queues = this.#inTurn;
    const enough = this.#staged.records + TURN_RECORDS;
    for (let turns = queues.length; turns > 0; turns -= 1) {
      if (this.#staged.records >= enough || this.#isFull()) return false;
      const queue = queues.shift()!;
      queues.push(queue);
      let left = SLICE_RECORDS;
      while (queue.ready && left > 0 && !this.#isFull()) {
        if (!this.#processNext(queue)) break;
        left -= 1;
      }
      if (queue.drainedTo !== undefined) this.#staged.moveTo(queue.source.name, queue.drainedTo);
    }
    return !queues.some(({ ready }) => ready);
  }

  /** False when the queue now waits, with the record left in it. */
  #processNext(queue: SourceQueue): boolean {
    const record = queue.peek()!;
    const staged = this.#staged;
    if (staged.records === 0) {
      if (staged.isEmpty) staged.openedAt = performance.now();
      staged.now = this.#services.clock.now();
    }
    const before = staged.streamTime(record.source);
    staged.setStreamTime(record.source, advance(before, record.timestamp, staged.now, this.#services.shape));
    const processed = this.#process(record, staged, queue);
    if (!processed) return false;
    if (processed.kind === 'unresolved') {
      this.#wait(queue, this.#services.resolveSchema(processed.schemaId, this.#budget, this.#host.signal));
      return false;
    }
    if (processed.kind === 'dead-lettered') {
      const { reason, message } = processed.cause;
      this.#services.log.warn({ origin: origin(record), reason, cause: message }, 'record dead-lettered');
    }
    queue.take();
    this.#attempts.delete(record.source);
    staged.add(record, processed);
    return true;
  }

  #process(record: SourceRecord, staged: StagedCommit, queue: SourceQueue): Processed | undefined {
    const { executor, limits, metrics } = this.#services;
    const condemned = this.#refusals.condemned(record);
    if (condemned) return this.#deadLettered(record, condemned, staged);
    try {
      return executor.process(record, {
        now: staged.now,
        dedup: this.#dedup,
        directory: this.#directory,
        notify: record.offset >= staged.position(record.source).notifyFrom,
        outputs: staged.outputs,
      });
    } catch (error) {
      if (!(error instanceof RetryableError)) throw error;
      const attempts = (this.#attempts.get(record.source) ?? 0) + 1;
      if (attempts >= limits.retryAttempts) {
        return this.#deadLettered(record, { reason: 'failed', message: error.message, attempts, error }, staged);
      }
      this.#attempts.set(record.source, attempts);
      metrics.retries_total.inc({ topic: record.topic });
      this.#wait(queue, delay(attempts * limits.retryBackoffMs, undefined, { signal: this.#host.signal }));
      return undefined;
    }
  }

  #deadLettered(record: SourceRecord, cause: DeadLetterCause, { outputs }: StagedCommit): Processed {
    outputs.begin();
    outputs.add(this.#services.executor.deadLetter(record, cause));
    return { kind: 'dead-lettered', cause };
  }

  /** Holds this source partition, and no other, until the promise settles. */
  #wait(queue: SourceQueue, until: Promise<void>): void {
    const release = queue.block();
    until.then(release, (error: unknown) => {
      if (!this.#host.signal.aborted) this.#services.fatal(error);
    });
  }

  // ── committing ─────────────────────────────────────────────────────────────────────────────────────────────────

  #beginCommit(): void {
    const staged = this.#staged;
    this.#layers = [this.#stage(staged.positions), staged];
    const began = performance.now();
    this.#pace.began(began);
    this.#committing = commit(staged, this.#host.target()).then(
      () => this.#holds(staged, began),
      (error: unknown) => this.#failed(staged, began, error),
    );
  }

  #holds(staged: StagedCommit, began: number): void {
    if (this.#inFlight !== staged) return;
    this.#layers = [this.#staged];
    this.#committed = staged.positions;
    this.#directory.committed(staged);
    this.#refusals.passed(staged.positions);
    this.#report(staged, began);
    staged.outputs.clear();
    staged.digests.clear();
    this.#spare = { outputs: staged.outputs, digests: staged.digests };
    this.plan();
  }

  #stage(positions: ReadonlyMap<SourceName, SourcePosition>): StagedCommit {
    const outputs = this.#spare?.outputs ?? new StagedOutputs(this.#host.target, this.#services.encoder);
    const staged = new StagedCommit(positions, this.#services.shape, outputs, this.#spare?.digests);
    this.#spare = undefined;
    return staged;
  }

  #report(staged: StagedCommit, began: number): void {
    report(staged, (performance.now() - began) / 1000, this.#queues, this.#services.metrics);
  }

  #failed(staged: StagedCommit, began: number, error: unknown): void {
    if (this.#inFlight !== staged || this.#host.signal.aborted) return;
    if (!(error instanceof RefusedError)) {
      // Kafka holds it, only the store does not yet.
      if (error instanceof StoreFullError) this.#report(staged, began);
      this.#host.failed(error);
      return;
    }
    const { metrics, log, fatal } = this.#services;
    metrics.transactions_total.inc({ outcome: 'aborted' });
    log.warn({ task: this.#task, records: staged.records, error: error.message }, 'a commit was refused: it is split');
    try {
      this.#refusals.refused(staged, this.#staged.positions, error);
      this.#goBack();
    } catch (cause) {
      fatal(cause);
    }
  }

  /** Drops what is staged and fetches again from the last commit that holds. */
  #goBack(): void {
    const { fetcher, names } = this.#services;
    this.begin(this.#committed);
    for (const { name, topic, partition } of this.sources)
      fetcher.seek(names.physical(topic), partition, this.#committed.get(name)!.nextOffset);
    this.plan();
  }
}

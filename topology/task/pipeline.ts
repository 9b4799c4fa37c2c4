/**
 * From fetched records to commits, one after another: while commit N is on the wire, the records of N+1 are processed.
 * If N fails, N+1 is dropped with it. Never more than one commit in flight, never one commit's output in two.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { SourcePosition } from '../../state/dedup/changelog-entry.js';
import { advance } from '../../state/dedup/stream-time.js';
import type { TaskStore } from '../../state/dedup/task-store.js';
import { CommitUnknownError, messageOf, OutageError, RetryableError, StoreFullError } from '../../common/errors.js';
import type { Processed } from '../graph/executor.js';
import { RefusedError } from '../kafka/index.js';
import type { DeadLetterCause } from '../../processors/outcome.js';
import { origin, type SourceName, type SourcePartition, type SourceRecord } from '../../common/record.js';
import { commit, type CommitTarget } from './commit.js';
import { BootstrapGate } from './bootstrap-gate.js';
import { CommitPace } from './commit-pace.js';
import { CommitSize } from './commit-size.js';
import { Refusals } from './refusals.js';
import { report } from './report.js';
import { SourceQueue } from './source-queue.js';
import { outOfRangeError, warnHeldUp } from './source-faults.js';
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

/** A record of which a part is staged: nothing else is staged, and nothing committed, before the rest is. */
interface Unfinished {
  readonly queue: SourceQueue;
  readonly record: SourceRecord;
  readonly resume: () => Processed;
}

/** Records of one source partition that are processed before the next has its turn. */
const SLICE_RECORDS = 128;
/** Records that are processed before the event loop has its turn: some 10 ms. */
const TURN_RECORDS = 5 * SLICE_RECORDS;
/** A damaged partition is tried again after this, ms. */
const DAMAGED_RETRY_MS = 30_000;
/** A commit that is refused for what no record has done is made again after this, ms. */
const REFUSED_RETRY_MS = 1000;
/** Records behind one whose schema id is not known yet: the ids of these are asked for with it. */
const LOOK_AHEAD_RECORDS = 2000;

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
  readonly #pace: CommitPace;
  readonly #size: CommitSize;
  readonly #refusals: Refusals;
  /** Commits are refused for what no record has done. */
  #isRefused = false;
  readonly #attempts = new Map<SourceName, number>();
  readonly #gate: BootstrapGate;
  /** Where the last commit that holds left each source. */
  #committed: ReadonlyMap<SourceName, SourcePosition> = new Map();
  /** What the store does not hold yet, newest first: the commit that is being put together, and the one in flight. */
  #layers: readonly [staged: StagedCommit, inFlight?: StagedCommit];
  #committing: Promise<void> = Promise.resolve();
  #beganAt = 0;
  /** Of a commit that holds, both empty: their buffers are written again. */
  #spare: Pick<StagedCommit, 'outputs' | 'digests'> | undefined;
  #turnPlanned = false;
  #unfinished: Unfinished | undefined;
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
    this.#pace = new CommitPace(services.limits.commitIntervalMs, () => this.plan());
    this.#gate = new BootstrapGate(services, host.signal);
    this.#size = new CommitSize(services.limits.commitBytes);
    this.#refusals = new Refusals(services.names, services.deadLetters);
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

  /** For how long the commit in flight has been on its way, ms; 0 without one. */
  get commitMs(): number {
    return this.isInDoubt ? performance.now() - this.#beganAt : 0;
  }

  /** Sources that stand still, as what the broker has of them is damaged. */
  get damaged(): readonly SourcePartition[] {
    return [...this.#queues.values()].filter(({ isDamaged }) => isDamaged).map(({ source }) => source);
  }

  /** For how long a producer's open transaction has held back each source, ms. */
  get heldUp(): ReadonlyMap<SourcePartition, number> {
    return new Map([...this.#queues.values()].map(({ source, heldUpMs }) => [source, heldUpMs]));
  }

  /** Committed records of each source that wait: from where the last commit left it to the end as it is known; none before both are. */
  get lags(): ReadonlyMap<SourcePartition, number> {
    const lags = new Map<SourcePartition, number>();
    for (const { source, end } of this.#queues.values()) {
      const committed = this.#committed.get(source.name);
      if (committed && end !== undefined) lags.set(source, Math.max(0, end - committed.nextOffset));
    }
    return lags;
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
    this.#unfinished = undefined;
    this.#layers = [this.#staged];
    this.#attempts.clear();
    this.#recreated.clear();
    this.#directory.clear();
  }

  /** Begins at these positions, with nothing staged and nothing buffered. */
  begin(positions: ReadonlyMap<SourceName, SourcePosition>): void {
    this.#committed = positions;
    this.#unfinished = undefined;
    this.#spare = undefined;
    this.#layers = [this.#stage(positions)];
    for (const queue of this.#queues.values()) queue.reset(positions.get(queue.source.name)!.nextOffset);
  }

  /** Commits the positions themselves: a first start's, or `latest` would be another place after a crash. */
  async commitPositions(): Promise<void> {
    const staged = this.#staged;
    await commit(staged, this.#host.target());
    // The store has these positions: those that move from here on are others.
    this.#layers = [this.#stage(staged.positions)];
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
    this.#takeBack();
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
      unreadable: (of, position, error) => void this.#damaged(of, position, error).catch(this.#unlessClosed),
    });
  }

  async #outOfRange(source: SourcePartition, position: number): Promise<void> {
    const { names, offsets, fatal } = this.#services;
    const { topic, partition } = source;
    const error = await outOfRangeError({ topic: names.physical(topic), partition }, position, names.group, offsets);
    if (!this.#host.signal.aborted) fatal(error);
  }

  /** This partition stands still, and no other: another replica may lead it soon, or its disk be mended. */
  async #damaged(source: SourcePartition, position: number, error: unknown): Promise<void> {
    const { names, fetcher, log } = this.#services;
    const what = 'what the broker has at this offset is damaged: the partition waits, and is tried again';
    log.error({ partition: this.#physical(source), offset: position, error: messageOf(error) }, what);
    await delay(DAMAGED_RETRY_MS, undefined, { signal: this.#host.signal });
    fetcher.tryAgain(names.physical(source.topic), source.partition, position);
  }

  #turn(): void {
    try {
      const drained = this.#processSlice();
      if (this.#unfinished) {
        this.plan();
        return;
      }
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
    const { records, outputs } = this.#staged;
    return records >= this.#refusals.limit(this.#services.limits.commitRecords) || outputs.bytes >= this.#size.bytes;
  }

  #isDue(drained: boolean): boolean {
    if (this.#isFull()) return true;
    const now = performance.now();
    return now - this.#staged.openedAt >= this.#services.limits.commitIntervalMs || (drained && this.#pace.allows(now));
  }

  /** Gives back what is staged of a record that is not finished: it is processed again from its beginning. */
  #takeBack(): void {
    if (this.#unfinished) this.#staged.outputs.rollBack();
    this.#unfinished = undefined;
  }

  /** True when nothing is left that could be processed now. */
  #processSlice(): boolean {
    if (this.#unfinished && !this.#finish(this.#unfinished)) return false;
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
      if (this.#unfinished) return false;
      if (queue.drainedTo !== undefined) this.#staged.moveTo(queue.source.name, queue.drainedTo);
    }
    return !queues.some(({ ready }) => ready);
  }

  /** False when the queue now waits, with the record left in it. */
  #processNext(queue: SourceQueue): boolean {
    const record = queue.peek()!;
    const staged = this.#staged;
    const what = this.#gate.enter(queue, record);
    if (what) return this.#wait(queue, what);
    if (staged.records === 0) {
      if (staged.isEmpty) staged.openedAt = performance.now();
      staged.now = this.#services.clock.now();
    }
    const before = staged.streamTime(record.source);
    staged.setStreamTime(record.source, advance(before, record.timestamp, staged.now, this.#services.shape));
    return this.#take(queue, record, this.#process(record, staged, queue));
  }

  /** False when the rest of the record is still to come. */
  #finish({ queue, record, resume }: Unfinished): boolean {
    this.#unfinished = undefined;
    const processed = this.#attempt(record, this.#staged, queue, resume);
    this.#take(queue, record, processed);
    return processed?.kind !== 'unfinished';
  }

  /** Stages what became of a record. False when the queue now waits, with the record left in it. */
  #take(queue: SourceQueue, record: SourceRecord, processed: Processed | undefined): boolean {
    if (!processed) return false;
    if (processed.kind === 'unfinished') {
      this.#unfinished = { queue, record, resume: processed.resume };
      return false;
    }
    if (processed.kind === 'unsettled') {
      return this.#wait(queue, this.#gate.untilSettled(queue, record));
    }
    if (processed.kind === 'unresolved') {
      const { resolveSchema, metrics } = this.#services;
      const onRetry = (): void => metrics.retries_total.inc({ topic: record.topic });
      const wait = { ahead: queue.ahead(LOOK_AHEAD_RECORDS), signal: this.#host.signal, onRetry };
      this.#wait(queue, resolveSchema(processed.schemaId, wait));
      return false;
    }
    if (processed.kind === 'dead-lettered') {
      const { reason, message } = processed.cause;
      this.#services.log.warn({ origin: origin(record), reason, cause: message }, 'record dead-lettered');
    }
    queue.take();
    this.#attempts.delete(record.source);
    this.#staged.add(record, processed);
    return true;
  }

  #process(record: SourceRecord, staged: StagedCommit, queue: SourceQueue): Processed | undefined {
    const condemned = this.#refusals.condemned(record);
    if (condemned) return this.#deadLettered(record, condemned, staged);
    return this.#attempt(record, staged, queue, () =>
      this.#services.executor.process(record, {
        now: staged.now,
        dedup: this.#dedup,
        directory: this.#directory,
        notify: record.offset >= staged.position(record.source).notifyFrom,
        isSettled: this.#gate.isSettled,
        outputs: staged.outputs,
      }),
    );
  }

  /** Undefined when the queue now waits, to try again. */
  #attempt(
    record: SourceRecord,
    staged: StagedCommit,
    queue: SourceQueue,
    process: () => Processed,
  ): Processed | undefined {
    const { limits, metrics } = this.#services;
    const { signal } = this.#host;
    try {
      return process();
    } catch (error) {
      if (error instanceof OutageError) {
        this.#services.outage(this.#task, error);
        this.#isRefused = true;
        this.#wait(queue, delay(REFUSED_RETRY_MS, undefined, { signal }));
        return undefined;
      }
      if (!(error instanceof RetryableError)) throw error;
      const attempts = (this.#attempts.get(record.source) ?? 0) + 1;
      if (attempts >= limits.retryAttempts) {
        return this.#deadLettered(record, { reason: 'failed', message: error.message, attempts, error }, staged);
      }
      this.#attempts.set(record.source, attempts);
      metrics.retries_total.inc({ topic: record.topic });
      this.#wait(queue, delay(attempts * limits.retryBackoffMs, undefined, { signal }));
      return undefined;
    }
  }

  #deadLettered(record: SourceRecord, cause: DeadLetterCause, { outputs }: StagedCommit): Processed {
    outputs.begin();
    outputs.add(this.#services.executor.deadLetter(record, cause));
    return { kind: 'dead-lettered', cause };
  }

  /** Holds this source partition, and no other, until the promise settles. */
  #wait(queue: SourceQueue, until: Promise<void>): false {
    const release = queue.block();
    until.then(release, this.#unlessClosed);
    return false;
  }

  // ── committing ─────────────────────────────────────────────────────────────────────────────────────────────────

  #beginCommit(): void {
    const staged = this.#staged;
    this.#layers = [this.#stage(staged.positions), staged];
    const began = performance.now();
    this.#beganAt = began;
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
    if (this.#isRefused) this.#services.outage(this.#task, undefined);
    this.#isRefused = false;
    this.#report(staged, began);
    this.#size.took(staged.outputs.bytes, performance.now() - began);
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
    report(staged, (performance.now() - began) / 1000, this.#services.metrics);
  }

  #failed(staged: StagedCommit, began: number, error: unknown): void {
    if (this.#inFlight !== staged || this.#host.signal.aborted) return;
    if (!(error instanceof RefusedError)) {
      if (error instanceof CommitUnknownError) {
        this.#size.failed(staged.outputs.bytes, error);
        this.#refusals.unknown(staged, this.#committed);
      }
      // Kafka holds it, only the store does not yet.
      if (error instanceof StoreFullError) this.#report(staged, began);
      this.#host.failed(error);
      return;
    }
    const { metrics, log } = this.#services;
    metrics.transactions_total.inc({ outcome: 'aborted' });
    const remedy = this.#refusals.refused(staged, this.#staged.positions, error);
    log.warn({ task: this.#task, records: staged.records, error: error.message, remedy }, 'a commit was refused');
    if (remedy === 'try-again') this.#goBack();
    else this.#waitOut(staged, error).catch(this.#unlessClosed);
  }

  /** Nothing is dead-lettered for what no record has done, such as a dead-letter topic that takes nothing. */
  async #waitOut(staged: StagedCommit, error: RefusedError): Promise<void> {
    this.#isRefused = true;
    this.#services.outage(this.#task, error);
    await delay(REFUSED_RETRY_MS, undefined, { signal: this.#host.signal });
    if (this.#inFlight === staged && this.#host.isRunning()) this.#goBack();
  }

  readonly #unlessClosed = (error: unknown): void => {
    if (!this.#host.signal.aborted) this.#services.fatal(error);
  };

  /** Drops what is staged and fetches again from the last commit that holds. */
  #goBack(): void {
    const { fetcher, names } = this.#services;
    this.begin(this.#committed);
    for (const { name, topic, partition } of this.sources)
      fetcher.seek(names.physical(topic), partition, this.#committed.get(name)!.nextOffset);
    this.plan();
  }
}

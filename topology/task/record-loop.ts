/**
 * Step 1 of the commit (commit.ts): fetched records are processed, a slice of each source in its turn, and staged. A
 * record that must wait holds its own source partition, and no other.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, OutageError, RetryableError } from '../../common/errors.js';
import { origin, type SourceName, type SourcePartition, type SourceRecord } from '../../common/record.js';
import { partitionName } from '../../common/topic-names.js';
import type { DeadLetterCause } from '../../processors/outcome.js';
import type { Finished, Processed } from '../graph/executor.js';
import type { TaskState } from '../graph/task-state.js';
import { BootstrapGate } from './bootstrap-gate.js';
import type { CommitTarget } from './commit.js';
import type { CommitLoop } from './commit-loop.js';
import { RecordWaits } from './record-waits.js';
import { outOfRangeError, warnHeldUp } from './source-faults.js';
import { SourceQueue, type QueueListener } from './source-queue.js';
import type { StagedCommit } from './staged-commit.js';
import type { TaskParts, VersionedExecutor } from './task-parts.js';

/** The task around it. */
export interface RecordLoopHost {
  readonly isRunning: boolean;
  /** A source was recreated, and what was fetched of the one before is committed: the task must find its positions again. */
  recreated(): void;
}

/** A record of which a part is staged: nothing else is staged, and nothing committed, before the rest is. */
interface Unfinished {
  readonly queue: SourceQueue;
  readonly record: SourceRecord;
  readonly resume: () => Processed;
  /** The source's, before the record. */
  readonly streamTime: number;
}

/** Records of one source partition that are processed before the next has its turn. */
const SLICE_RECORDS = 128;
/** Records that are processed before the event loop has its turn: some 10 ms. */
const TURN_RECORDS = 5 * SLICE_RECORDS;
/** A damaged partition is tried again after this, ms. */
const DAMAGED_RETRY_MS = 30_000;
/** Records behind one whose schema id is not known yet: the ids of these are asked for with it. */
const LOOK_AHEAD_RECORDS = 2000;

export class RecordLoop implements QueueListener {
  readonly queues: ReadonlyMap<SourceName, SourceQueue>;
  readonly #commits: CommitLoop;
  readonly #parts: TaskParts;
  readonly #host: RecordLoopHost;
  /** Ends the waits. */
  readonly #signal: AbortSignal;
  readonly #stores: unknown;
  readonly #state: TaskState;
  readonly #partitionsAtFirst: CommitTarget['partitionsAtFirst'];
  /** The queue whose turn it is comes first: a full commit must not make those wait that stand behind. */
  readonly #inTurn: SourceQueue[];
  readonly #waits: RecordWaits;
  readonly #gate: BootstrapGate;
  /** For the commit that is being put together. */
  #running: VersionedExecutor;
  #turnPlanned = false;
  #unfinished: Unfinished | undefined;
  /** Sources that were recreated: what was fetched of them is still processed. */
  readonly #recreated = new Set<SourceName>();

  constructor(
    { sources, state, partitionsAtFirst }: Pick<CommitTarget, 'sources' | 'state' | 'partitionsAtFirst'>,
    commits: CommitLoop,
    parts: TaskParts,
    host: RecordLoopHost,
    signal: AbortSignal,
  ) {
    this.#commits = commits;
    this.#parts = parts;
    this.#host = host;
    this.#signal = signal;
    this.#state = state;
    this.#partitionsAtFirst = partitionsAtFirst;
    this.#running = parts.job.executor();
    this.#stores = state.view(() => commits.layers);
    this.#waits = new RecordWaits(commits, parts, signal);
    this.#gate = new BootstrapGate(parts.job.bootstrap, signal);
    const { bufferBytes } = parts.job.limits;
    this.queues = new Map(sources.map((source) => [source.name, new SourceQueue(source, bufferBytes, this)]));
    this.#inTurn = [...this.queues.values()];
  }

  /** Forgets what was fetched: records are fetched again from what is committed. */
  reset(): void {
    this.#unfinished = undefined;
    this.#waits.reset();
    for (const queue of this.queues.values()) queue.reset(this.#commits.committed.get(queue.source.name)!.nextOffset);
  }

  /** The event type at which each source waits for newer rules. */
  get waiting(): ReadonlyMap<SourceName, string> {
    return this.#waits.waiting;
  }

  /** Lets records be processed at the next turn of the event loop. */
  plan(): void {
    if (this.#turnPlanned || !this.#host.isRunning) return;
    this.#turnPlanned = true;
    setImmediate(() => {
      this.#turnPlanned = false;
      if (this.#host.isRunning && !this.#signal.aborted) this.#turn();
    });
  }

  /** Gives back what is staged of a record that is not finished: it is processed again from its beginning. */
  takeBack(): void {
    if (!this.#unfinished) return;
    const { record, streamTime } = this.#unfinished;
    this.#commits.staged.outputs.rollBack();
    this.#commits.staged.setStreamTime(record.source, streamTime);
    this.#unfinished = undefined;
  }

  // ── what the queues hear of their sources ──────────────────────────────────────────────────────────────────────

  arrived(): void {
    this.plan();
  }

  spaceFreed(): void {
    this.#parts.broker.fetcher.wake();
  }

  outOfRange({ topic, partition }: SourcePartition, position: number): void {
    const { names, offsets } = this.#parts.broker;
    outOfRangeError({ topic: names.physical(topic), partition }, position, names.group, offsets).then(
      this.#unlessClosed,
      this.#unlessClosed,
    );
  }

  recreated({ name }: SourcePartition): void {
    this.#recreated.add(name);
    this.#commits.pauses?.resume(name);
    this.plan();
  }

  heldUp(source: SourcePartition, lastStableOffset: number, highWatermark: number): void {
    warnHeldUp(this.#physical(source), lastStableOffset, highWatermark, this.#parts.worker.log);
  }

  /** This partition stands still, and no other: another replica may lead it soon, or its disk be mended. */
  unreadable(source: SourcePartition, position: number, error: unknown): void {
    const { broker, worker } = this.#parts;
    const what = 'what the broker has at this offset is damaged: the partition waits, and is tried again';
    worker.log.error({ partition: this.#physical(source), offset: position, error: messageOf(error) }, what);
    delay(DAMAGED_RETRY_MS, undefined, { signal: this.#signal }).then(
      () => broker.fetcher.tryAgain(broker.names.physical(source.topic), source.partition, position),
      this.#unlessClosed,
    );
  }

  // ── processing ─────────────────────────────────────────────────────────────────────────────────────────────────

  #turn(): void {
    try {
      const drained = this.#processSlice();
      if (this.#unfinished) {
        this.plan();
        return;
      }
      this.#commits.beginIfDue(drained);
      if (!drained && !this.#commits.isFull()) this.plan();
      if (this.#hasLeftRecreated()) this.#host.recreated();
    } catch (error) {
      this.#parts.worker.fatal(error);
    }
  }

  /** Everything that was fetched of a source that was recreated is committed. */
  #hasLeftRecreated(): boolean {
    if (this.#recreated.size === 0 || !this.#commits.isIdle) return false;
    return [...this.#recreated].every((source) => this.queues.get(source)!.size === 0);
  }

  /** True when nothing is left that could be processed now. */
  #processSlice(): boolean {
    if (this.#unfinished && !this.#finish(this.#unfinished)) return false;
    const commits = this.#commits;
    const queues = this.#inTurn;
    const enough = commits.staged.records + TURN_RECORDS;
    for (let turns = queues.length; turns > 0; turns -= 1) {
      if (commits.staged.records >= enough || commits.isFull()) return false;
      const queue = queues.shift()!;
      queues.push(queue);
      let left = SLICE_RECORDS;
      if (queue.ready) commits.staged.begins(queue.source.name, queue.peek()!.timestamp);
      while (queue.ready && left > 0 && !commits.isFull()) {
        if (!this.#processNext(queue)) break;
        left -= 1;
      }
      if (this.#unfinished) return false;
      if (queue.drainedTo !== undefined) commits.staged.moveTo(queue.source.name, queue.drainedTo);
    }
    return !queues.some(({ ready }) => ready);
  }

  /** False when the queue now waits, with the record left in it. */
  #processNext(queue: SourceQueue): boolean {
    const record = queue.peek()!;
    const { staged } = this.#commits;
    this.#waits.tries(record);
    const olderComes = this.#gate.enter(queue, record);
    if (olderComes) return this.#wait(queue, olderComes);
    if (staged.records === 0) {
      if (staged.isEmpty) staged.openedAt = performance.now();
      staged.now = this.#parts.worker.clock.now();
      this.#running = this.#parts.job.executor();
    }
    const streamTime = staged.streamTime(record.source);
    staged.setStreamTime(record.source, this.#state.advance(streamTime, record.timestamp, staged.now));
    return this.#take(queue, record, this.#process(record, staged, queue), streamTime);
  }

  /** False when the rest of the record is still to come. */
  #finish({ queue, record, resume, streamTime }: Unfinished): boolean {
    this.#unfinished = undefined;
    const processed = this.#attempt(record, this.#commits.staged, queue, resume);
    this.#take(queue, record, processed, streamTime);
    return processed?.kind !== 'unfinished';
  }

  /** As `#stage`. What the record did to its source's stream time goes when it is left. */
  #take(queue: SourceQueue, record: SourceRecord, processed: Processed | undefined, streamTime: number): boolean {
    if (processed?.kind === 'unfinished') {
      this.#unfinished = { queue, record, resume: processed.resume, streamTime };
      return false;
    }
    if (processed && this.#stage(queue, record, processed)) return true;
    this.#commits.staged.setStreamTime(record.source, streamTime);
    return false;
  }

  /** Stages what became of a record. False when the queue now waits, with the record left in it. */
  #stage(queue: SourceQueue, record: SourceRecord, processed: Exclude<Processed, { kind: 'unfinished' }>): boolean {
    const { job, worker } = this.#parts;
    if (processed.kind === 'unsettled') {
      return this.#wait(queue, this.#gate.untilSettled(queue, record));
    }
    if (processed.kind === 'unresolved') {
      const onRetry = (): void => worker.metrics.retries_total.inc({ topic: record.topic });
      const wait = { ahead: queue.ahead(LOOK_AHEAD_RECORDS), signal: this.#signal, onRetry };
      return this.#wait(queue, job.schemas.resolve(processed.schemaId, wait));
    }
    if (processed.kind === 'waiting') {
      const newer = this.#waits.forNewerRules(record, processed, this.#running.rulesVersion);
      if (newer) return this.#wait(queue, newer);
      return this.#stage(queue, record, this.#deadLettered(record, processed.cause, this.#commits.staged));
    }
    if (processed.kind === 'dead-lettered') {
      const resumed = this.#waits.forBudget(record, processed.cause);
      if (resumed) {
        this.#commits.staged.outputs.rollBack();
        return this.#wait(queue, resumed);
      }
      this.#logDeadLetter(record, processed.cause);
    }
    this.#waits.staged(record);
    queue.take();
    this.#parts.broker.keyPlacement.look(record, this.#partitionsAtFirst);
    this.#commits.staged.add(record, processed);
    return true;
  }

  #logDeadLetter(record: SourceRecord, { reason, message }: DeadLetterCause): void {
    const { sampledLog, tracing } = this.#parts.worker;
    const { topic } = record;
    const fields = { origin: origin(record), reason, cause: message, ...tracing.logFields(record) };
    sampledLog.warn(fields, 'record dead-lettered', { topic, reason });
  }

  #process(record: SourceRecord, staged: StagedCommit, queue: SourceQueue): Processed | undefined {
    const condemned = this.#commits.refusals.condemned(record);
    if (condemned) return this.#deadLettered(record, condemned, staged);
    return this.#attempt(record, staged, queue, () =>
      this.#running.executor.process(record, {
        now: staged.now,
        stores: this.#stores,
        notify: record.offset >= staged.position(record.source).notifyFrom,
        isSettled: this.#gate.isSettled,
        isBehind: this.#isBehind,
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
    try {
      return process();
    } catch (error) {
      if (error instanceof OutageError) {
        this.#wait(queue, this.#commits.refuse(error));
        return undefined;
      }
      if (!(error instanceof RetryableError)) throw error;
      const again = this.#waits.forRetry(record);
      if (again) {
        this.#wait(queue, again);
        return undefined;
      }
      const { retryAttempts: attempts } = this.#parts.job.limits;
      return this.#deadLettered(record, { reason: 'failed', message: error.message, attempts, error }, staged);
    }
  }

  #deadLettered(record: SourceRecord, cause: DeadLetterCause, { outputs }: StagedCommit): Finished {
    outputs.begin();
    outputs.add(this.#running.executor.deadLetter(record, cause));
    return { kind: 'dead-lettered', cause };
  }

  /** Holds this source partition, and no other, until the promise settles. */
  #wait(queue: SourceQueue, until: Promise<void>): false {
    const release = queue.block();
    until.then(release, this.#unlessClosed);
    return false;
  }

  #physical(source: SourcePartition): string {
    return partitionName(this.#parts.broker.names, source);
  }

  /** By the rules of the executor that processes: this worker may run newer ones by now. */
  readonly #isBehind = (): boolean => this.#parts.group.newerRules.isBehind(this.#running.rulesVersion);

  readonly #unlessClosed = (error: unknown): void => {
    if (!this.#signal.aborted) this.#parts.worker.fatal(error);
  };
}

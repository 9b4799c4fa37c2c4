/**
 * One task: partition k of every source topic, its store, its producer, its commits.
 * Its life is in task-state.ts, the commit in commit.ts, the takeover in take-over.ts; here they are driven.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { RetryBudget } from '../../schemas/retry-budget.js';
import { TaskStore } from '../../state/task-store.js';
import type { StateEnvironment } from '../../state/environment.js';
import type { SourcePosition } from '../../state/changelog-entry.js';
import { advance, NO_STREAM_TIME, type WindowShape } from '../../state/stream-time.js';
import type { Clock } from '../clock.js';
import type { DirectoryView } from '../context.js';
import { CommitUnknownError, FatalError, FencedError, messageOf, RetryableError } from '../errors.js';
import type { ExecutionContext, Executor, Processed } from '../executor.js';
import { errorType, isOutage, RefusedError, type GroupMember, type TransactionalProducer } from '../kafka/index.js';
import type { DeadLetterCause } from '../outcome.js';
import { origin, SINK_TOPICS, type SourceRecord, type SourceTopic } from '../record.js';
import { commit } from './commit.js';
import { SourceQueue } from './source-queue.js';
import { StagedCommit } from './staged-commit.js';
import { readPositions, restore, type TakeOverServices } from './take-over.js';
import { transition, type TaskState } from './task-state.js';
import { LayeredDedup, LayeredDirectory } from './task-views.js';
import { report } from './report.js';

export interface TaskLimits {
  readonly commitIntervalMs: number;
  /** Records of one commit, at most. */
  readonly commitRecords: number;
  /** Output bytes of one commit, about. */
  readonly commitBytes: number;
  /** Bytes fetched and not processed, for each source partition. */
  readonly bufferBytes: number;
  /** Tries of a record that trying again may cure, in all. */
  readonly retryAttempts: number;
  /** The n-th wait is n times this, ms. */
  readonly retryBackoffMs: number;
}

/** What a task needs of its worker. */
export interface TaskServices extends TakeOverServices {
  readonly environment: StateEnvironment;
  readonly shape: WindowShape;
  readonly executor: Executor;
  readonly directory: DirectoryView;
  readonly clock: Clock;
  readonly limits: TaskLimits;
  createProducer(task: number): TransactionalProducer;
  /** Asks the registry for a schema id, waiting out its outages. */
  resolveSchema(schemaId: number, budget: RetryBudget, signal: AbortSignal): Promise<void>;
  /** Bounds how long this task waits for schema ids that the registry does not know. */
  createBudget(): RetryBudget;
  /** Throws FencedError when the group has moved on, OutageError when nobody answers. */
  confirm(generation: number): Promise<void>;
  /** The directory holds at least what was committed to its topic by now. */
  directoryCaughtUp(signal: AbortSignal): Promise<void>;
  /** At a first start: every account event that was there is in the directory. */
  accountsRead(signal: AbortSignal): Promise<void>;
  /** The error while the task waits for the brokers; undefined when it goes on. */
  outage(task: number, error: unknown): void;
  /** The task is no longer ours: it has closed dirty, the worker is to join again. */
  lost(task: Task): void;
  fatal(error: unknown): void;
}

/** Records processed before the event loop gets its turn. */
const SLICE_RECORDS = 256;
const RECOVERY_MS = 500;

export class Task {
  readonly number: number;
  readonly #services: TaskServices;
  readonly #queues: ReadonlyMap<SourceTopic, SourceQueue>;
  readonly #abort = new AbortController();
  readonly #dedup: LayeredDedup;
  readonly #directory: LayeredDirectory;
  readonly #store: TaskStore;
  readonly #budget: RetryBudget;
  #state: TaskState = 'created';
  #member: GroupMember;
  #producer: TransactionalProducer | undefined;
  /** Where the last commit that holds left each source. */
  #committed = new Map<SourceTopic, SourcePosition>();
  #staged: StagedCommit;
  #inFlight: StagedCommit | undefined;
  #committing: Promise<void> = Promise.resolve();
  #turnPlanned = false;
  /** After a refusal commits are kept small until they are past the culprit. */
  #splitting: { readonly records: number; readonly until: ReadonlyMap<SourceTopic, SourcePosition> } | undefined;
  /** The record that the broker refused on its own, and why. */
  #condemned: { readonly origin: string; readonly cause: DeadLetterCause } | undefined;
  readonly #attempts = new Map<SourceTopic, number>();

  constructor(number: number, topics: readonly SourceTopic[], member: GroupMember, services: TaskServices) {
    this.number = number;
    this.#services = services;
    this.#member = member;
    this.#budget = services.createBudget();
    this.#store = new TaskStore(services.environment, number, services.shape);
    this.#staged = new StagedCommit(new Map(), services.shape);
    const layers = (): readonly StagedCommit[] => (this.#inFlight ? [this.#staged, this.#inFlight] : [this.#staged]);
    this.#dedup = new LayeredDedup(this.#store, services.shape, layers);
    this.#directory = new LayeredDirectory(services.directory, layers);
    this.#queues = new Map(topics.map((topic) => [topic, this.#queue(topic)]));
  }

  get state(): TaskState {
    return this.#state;
  }

  /** The next changelog offset that the store holds, to be claimed when joining the group. */
  get storedOffset(): number {
    return this.#store.checkpoint?.changelogOffset ?? 0;
  }

  get buffered(): number {
    let records = 0;
    for (const queue of this.#queues.values()) records += queue.size;
    return records;
  }

  get topics(): readonly SourceTopic[] {
    return [...this.#queues.keys()];
  }

  /** Takes the task over and runs it; comes back at once. */
  start(): void {
    void this.#takeOver(false);
  }

  /** The group is about to move: commits what was processed, then stands still. Resolves at the deadline at the latest. */
  async suspend(deadlineMs: number): Promise<void> {
    if (this.#state !== 'running') return;
    this.#state = transition(this.#state, 'suspended');
    const settled = this.#settle();
    await Promise.race([settled, delay(deadlineMs, undefined, { ref: false })]);
  }

  /** The group left the task with us: goes on where it stood, under the new generation. */
  resume(member: GroupMember): void {
    this.#member = member;
    if (this.#state !== 'suspended') return;
    if (this.#inFlight) {
      // Its commit did not come back in time, under a generation that is over: what became of it must be read.
      this.#state = transition(this.#state, 'restoring');
      void this.#takeOver(true);
      return;
    }
    this.#state = transition(this.#state, 'running');
    this.#plan();
  }

  /** Everything processed is committed or given up to the next owner; no transaction of ours stays open. */
  async closeClean(deadlineMs: number): Promise<void> {
    await this.suspend(deadlineMs);
    const inDoubt = this.#inFlight !== undefined;
    this.#end();
    if (inDoubt) await this.#producer?.abort().catch((error: unknown) => this.#services.log.debug({ error: messageOf(error) }, 'abort on close failed'));
    await this.#dropProducer();
  }

  /** Another worker owns the task, or may: drops everything, commits nothing. */
  async closeDirty(): Promise<void> {
    this.#end();
    await this.#dropProducer();
  }

  #end(): void {
    if (this.#state === 'closed') return;
    this.#state = transition(this.#state, 'closed');
    this.#abort.abort();
    for (const topic of this.topics) this.#services.fetcher.remove(this.#services.names.physical(topic), this.number);
    this.#services.outage(this.number, undefined);
  }

  async #dropProducer(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    await producer?.close().catch((error: unknown) => this.#services.log.debug({ error: messageOf(error) }, 'producer did not close'));
  }

  /** Commits what is staged and waits for it. */
  async #settle(): Promise<void> {
    await this.#committing;
    if (this.#state === 'suspended' && !this.#staged.isEmpty) {
      this.#beginCommit();
      await this.#committing;
    }
  }

  // ── taking over ────────────────────────────────────────────────────────────────────────────────────────────────

  /** `again`: we owned the task before, so the group is asked first whether we still do. */
  async #takeOver(again: boolean): Promise<void> {
    if (this.#state === 'created') this.#state = transition(this.#state, 'restoring');
    const { signal } = this.#abort;
    for (let confirmFirst = again; ; confirmFirst = true) {
      try {
        if (confirmFirst) await this.#services.confirm(this.#member.generationId);
        await this.#enter(signal);
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof FencedError) return await this.#giveUp(error);
        if (!isOutage(error) && !isOutage((error as Error).cause)) return this.#services.fatal(error);
        this.#services.outage(this.number, error);
        await delay(RECOVERY_MS, undefined, { signal }).catch(() => undefined); // closed meanwhile
        if (signal.aborted) return;
      }
    }
  }

  async #enter(signal: AbortSignal): Promise<void> {
    const { names, metrics, log } = this.#services;
    const began = performance.now();
    this.#standStill();
    await this.#dropProducer();
    this.#producer = this.#services.createProducer(this.number);
    await this.#producer.fence([names.changelog, ...SINK_TOPICS.map((topic) => names.physical(topic))]);
    signal.throwIfAborted();
    await restore(this.#store, this.number, this.#services, signal);
    const { positions, first } = await readPositions(this.#store, this.number, this.topics, this.#services);
    await this.#services.directoryCaughtUp(signal);
    signal.throwIfAborted();
    this.#begin(positions);
    if (first) await this.#commitFirst();
    this.#services.outage(this.number, undefined);
    metrics.restore_duration_seconds.observe((performance.now() - began) / 1000);
    log.info({ task: this.number, ms: Math.round(performance.now() - began), positions: Object.fromEntries([...positions].map(([t, p]) => [t, p.nextOffset])) }, 'task is running');
    this.#fetch();
    if (this.#state === 'restoring') this.#state = transition(this.#state, 'running');
    this.#plan();
  }

  #standStill(): void {
    for (const topic of this.topics) this.#services.fetcher.remove(this.#services.names.physical(topic), this.number);
    this.#inFlight = undefined;
    this.#attempts.clear();
    this.#directory.clear();
  }

  #begin(positions: Map<SourceTopic, SourcePosition>): void {
    this.#committed = positions;
    this.#staged = new StagedCommit(positions, this.#services.shape);
    for (const queue of this.#queues.values()) queue.reset(positions.get(queue.topic)!.nextOffset);
  }

  /** A first start's positions are committed before anything else, or `latest` would be another place after a crash. */
  async #commitFirst(): Promise<void> {
    const staged = this.#staged;
    await commit(staged, this.#target());
    this.#staged = new StagedCommit(staged.positions, this.#services.shape);
  }

  /**
   * The account events come before the others until a record of the others was seen: at a first start, and when it
   * is begun again after a crash, the others then find their addresses.
   */
  #fetch(): void {
    const { fetcher, names, accountsRead } = this.#services;
    const add = (topic: SourceTopic): void => {
      fetcher.add(names.physical(topic), this.number, this.#staged.positions.get(topic)!.nextOffset, this.#queues.get(topic)!);
    };
    const others = this.topics.filter((topic) => topic !== 'USER_EVENT_TOPIC');
    if (others.some((topic) => this.#staged.streamTime(topic) !== NO_STREAM_TIME)) {
      for (const topic of this.topics) add(topic);
      return;
    }
    if (this.#queues.has('USER_EVENT_TOPIC')) add('USER_EVENT_TOPIC');
    const { signal } = this.#abort;
    accountsRead(signal).then(
      () => {
        if (!signal.aborted) for (const topic of others) add(topic);
      },
      (error: unknown) => {
        if (!signal.aborted) this.#services.fatal(error);
      },
    );
  }

  async #giveUp(error: unknown): Promise<void> {
    this.#services.metrics.transactions_total.inc({ outcome: 'fenced' });
    this.#services.log.warn({ task: this.number, error: messageOf(error) }, 'task is owned by another worker: closed');
    await this.closeDirty();
    this.#services.lost(this);
  }

  // ── processing ─────────────────────────────────────────────────────────────────────────────────────────────────

  #queue(topic: SourceTopic): SourceQueue {
    return new SourceQueue(topic, this.number, this.#services.limits.bufferBytes, {
      arrived: () => this.#plan(),
      roomMade: () => this.#services.fetcher.wake(),
      outOfRange: (of, position, logStartOffset) => {
        this.#services.fatal(
          new FatalError(
            `${this.#services.names.physical(of)}-${this.number} is to be read from offset ${position}, but the log begins at ${logStartOffset} or ends before: ` +
              'records were deleted or the topic was recreated. Nothing is skipped silently: set the offsets of the group with kafka-consumer-groups --reset-offsets while no worker runs',
          ),
        );
      },
    });
  }

  #plan(): void {
    if (this.#turnPlanned || this.#state !== 'running') return;
    this.#turnPlanned = true;
    setImmediate(() => {
      this.#turnPlanned = false;
      if (this.#state === 'running') this.#turn();
    });
  }

  #turn(): void {
    try {
      const drained = this.#processSlice();
      if (!this.#inFlight && !this.#staged.isEmpty && (drained || this.#isDue())) this.#beginCommit();
      if (!drained && !this.#isFull()) this.#plan();
    } catch (error) {
      this.#services.fatal(error);
    }
  }

  #isFull(): boolean {
    const { commitRecords, commitBytes } = this.#services.limits;
    return this.#staged.records >= (this.#splitting?.records ?? commitRecords) || this.#staged.bytes >= commitBytes;
  }

  #isDue(): boolean {
    return this.#isFull() || performance.now() - this.#staged.openedAt >= this.#services.limits.commitIntervalMs;
  }

  /** True when nothing is left that could be processed now. */
  #processSlice(): boolean {
    let left = SLICE_RECORDS;
    for (const queue of this.#queues.values()) {
      while (queue.ready && left > 0 && !this.#isFull()) {
        if (!this.#processNext(queue)) break;
        left -= 1;
      }
      if (queue.drainedTo !== undefined) this.#staged.moveTo(queue.topic, queue.drainedTo);
    }
    for (const queue of this.#queues.values()) if (queue.ready) return false;
    return true;
  }

  /** False when the queue now waits, with the record left in it. */
  #processNext(queue: SourceQueue): boolean {
    const record = queue.peek()!;
    const staged = this.#staged;
    if (staged.records === 0) {
      staged.openedAt = performance.now();
      staged.now = this.#services.clock.now();
    }
    staged.setStreamTime(record.topic, advance(staged.streamTime(record.topic), record.timestamp, staged.now));
    const processed = this.#process(record, staged, queue);
    if (!processed) return false;
    if (processed.kind === 'unresolved') {
      this.#resolve(queue, processed.schemaId);
      return false;
    }
    if (processed.kind === 'dead-lettered') {
      const { reason, message } = processed.cause;
      this.#services.log.warn({ origin: origin(record), reason, cause: message }, 'record dead-lettered');
    }
    queue.take();
    this.#attempts.delete(record.topic);
    staged.add(record, processed);
    return true;
  }

  #process(record: SourceRecord, staged: StagedCommit, queue: SourceQueue): Processed | undefined {
    const { executor, limits } = this.#services;
    const condemned = this.#condemned;
    if (condemned?.origin === origin(record)) return this.#deadLettered(record, condemned.cause);
    const context: ExecutionContext = {
      now: staged.now,
      dedup: this.#dedup,
      directory: this.#directory,
      notify: record.offset >= staged.positions.get(record.topic)!.notifyFrom,
    };
    try {
      return executor.process(record, context);
    } catch (error) {
      if (!(error instanceof RetryableError)) throw error;
      const attempts = (this.#attempts.get(record.topic) ?? 0) + 1;
      if (attempts >= limits.retryAttempts) {
        return this.#deadLettered(record, { reason: 'failed', message: error.message, attempts, error });
      }
      this.#attempts.set(record.topic, attempts);
      this.#services.metrics.retries_total.inc({ topic: record.topic });
      this.#wait(queue, delay(attempts * limits.retryBackoffMs, undefined, { signal: this.#abort.signal }));
      return undefined;
    }
  }

  #deadLettered(record: SourceRecord, cause: DeadLetterCause): Processed {
    return { kind: 'dead-lettered', cause, outputs: [this.#services.executor.deadLetter(record, cause)] };
  }

  #resolve(queue: SourceQueue, schemaId: number): void {
    this.#wait(queue, this.#services.resolveSchema(schemaId, this.#budget, this.#abort.signal));
  }

  /** Holds this source partition, and no other, until the promise settles. */
  #wait(queue: SourceQueue, until: Promise<void>): void {
    queue.block();
    until.then(
      () => queue.unblock(),
      (error: unknown) => {
        if (!this.#abort.signal.aborted) this.#services.fatal(error);
      },
    );
  }

  // ── committing ─────────────────────────────────────────────────────────────────────────────────────────────────

  #target(): Parameters<typeof commit>[1] {
    const { names } = this.#services;
    return { task: this.number, names, store: this.#store, producer: this.#producer!, member: this.#member };
  }

  #beginCommit(): void {
    const staged = this.#staged;
    this.#inFlight = staged;
    this.#staged = new StagedCommit(staged.positions, this.#services.shape);
    const began = performance.now();
    this.#committing = commit(staged, this.#target()).then(
      () => this.#committedBy(staged, (performance.now() - began) / 1000),
      (error: unknown) => this.#failed(staged, error),
    );
  }

  #committedBy(staged: StagedCommit, seconds: number): void {
    if (this.#inFlight !== staged) return;
    this.#inFlight = undefined;
    this.#committed = staged.positions;
    this.#directory.committed(staged);
    report(staged, seconds, this.number, this.#queues, this.#services.metrics);
    if (this.#splitting && isPast(staged.positions, this.#splitting.until)) {
      this.#splitting = undefined;
      this.#condemned = undefined;
    }
    this.#plan();
  }

  async #failed(staged: StagedCommit, error: unknown): Promise<void> {
    if (this.#inFlight !== staged || this.#state === 'closed') return;
    const { metrics, log, fatal } = this.#services;
    if (error instanceof RefusedError) {
      metrics.transactions_total.inc({ outcome: 'aborted' });
      this.#split(staged, error);
      return;
    }
    if (!(error instanceof FencedError || error instanceof CommitUnknownError)) return fatal(error);
    metrics.transactions_total.inc({ outcome: 'unknown' });
    log.warn({ task: this.number, error: messageOf(error), cause: messageOf((error as Error).cause) }, 'the outcome of a commit is unknown: reading it from the brokers');
    this.#state = transition(this.#state, 'restoring');
    await this.#takeOver(true);
  }

  /** The broker refuses something in this commit, and will again: halves it until the culprit stands alone. */
  #split(staged: StagedCommit, error: RefusedError): void {
    const { log, fatal } = this.#services;
    const culprit = staged.last;
    if (staged.records <= 1) {
      if (!culprit || this.#condemned?.origin === origin(culprit)) {
        return fatal(new FatalError(`the broker refuses even the dead letter of ${culprit ? origin(culprit) : 'nothing'}: is max.message.bytes of the dead-letter topic below that of the source?`, error));
      }
      const type = errorType(error) ?? 'refused';
      const reason = type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE' ? 'too-large' : 'failed';
      this.#condemned = { origin: origin(culprit), cause: { reason, message: `the broker refused its output to ${error.topic}: ${type}`, attempts: 1, error } };
    }
    const until = this.#splitting?.until ?? this.#staged.positions;
    this.#splitting = { records: Math.max(1, Math.floor(staged.records / 2)), until };
    log.warn({ task: this.number, records: staged.records, error: error.message }, 'a commit was refused: split');
    this.#goBack();
  }

  /** Drops what is staged and fetches again from the last commit that holds. */
  #goBack(): void {
    const { fetcher, names } = this.#services;
    this.#inFlight = undefined;
    this.#begin(this.#committed);
    for (const [topic, { nextOffset }] of this.#committed) fetcher.seek(names.physical(topic), this.number, nextOffset);
    this.#plan();
  }
}

function isPast(positions: ReadonlyMap<SourceTopic, SourcePosition>, until: ReadonlyMap<SourceTopic, SourcePosition>): boolean {
  return [...until].every(([topic, { nextOffset }]) => (positions.get(topic)?.nextOffset ?? 0) >= nextOffset);
}

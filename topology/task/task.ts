/**
 * One task: its partitions of every source topic, its store, its producer. Here is its life: the states (task-state.ts),
 * the takeover (take-over.ts) and the close. What it does while it runs is in pipeline.ts.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { NO_STREAM_TIME } from '../../state/dedup/stream-time.js';
import { TaskStore } from '../../state/dedup/task-store.js';
import { crashPoint } from '../../common/crash-point.js';
import {
  CommitUnknownError,
  FencedError,
  messageOf,
  OutageError,
  StoreFullError,
  ThrottledError,
} from '../../common/errors.js';
import { isOutage, RefusedError, type GroupMember, type TransactionalProducer } from '../kafka/index.js';
import { atMost } from '../../common/at-most.js';
import type { Reason } from '../../common/reasons.js';
import { SINK_TOPICS, type SourceName, type SourcePartition } from '../../common/record.js';
import { stopController } from '../../common/stop-signal.js';
import { Pipeline } from './pipeline.js';
import { readPositions } from './positions.js';
import { restore } from './take-over.js';
import type { TaskServices } from './task-services.js';
import { transition, type TaskState } from './task-state.js';

const RECOVERY_MS = 500;
const ABORT_MS = 1000;
const UNSETTLED: Reason = { code: 'unsettled-transaction' };

export class Task {
  readonly number: number;
  readonly #services: TaskServices;
  readonly #store: TaskStore;
  readonly #pipeline: Pipeline;
  readonly #abort = stopController();
  #state: TaskState = 'created';
  #member: GroupMember;
  #producer: TransactionalProducer | undefined;
  #partitionsAtFirst: ReadonlyMap<SourceName, number> = new Map();
  /** Counts takeovers: what an earlier one still waits for is not to happen. */
  #entries = 0;

  /** `store`: of the standby that was here. */
  constructor(
    number: number,
    sources: readonly SourcePartition[],
    member: GroupMember,
    services: TaskServices,
    store = new TaskStore(services.environment, number, services.shape),
  ) {
    this.number = number;
    this.#services = services;
    this.#member = member;
    this.#store = store;
    this.#pipeline = new Pipeline(number, sources, this.#store, services, {
      isRunning: () => this.#state === 'running',
      target: () => ({
        task: number,
        names: services.names,
        sources,
        partitionsAtFirst: this.#partitionsAtFirst,
        store: this.#store,
        producer: this.#producer!,
        deadLetters: services.deadLetters,
        member: this.#member,
      }),
      recreated: () => this.#anew(),
      failed: (error) => this.#commitFailed(error),
      signal: this.#abort.signal,
    });
  }

  get state(): TaskState {
    return this.#state;
  }

  get sources(): readonly SourcePartition[] {
    return this.#pipeline.sources;
  }

  /** Records fetched and not processed. */
  get buffered(): number {
    return this.#pipeline.buffered;
  }

  /** Source partitions that stand still, as what the broker has of them is damaged. */
  get damaged(): readonly SourcePartition[] {
    return this.#pipeline.damaged;
  }

  /** For how long its commit has been on its way, ms; 0 without one. */
  get commitMs(): number {
    return this.#pipeline.commitMs;
  }

  /** A quota holds its commit back. */
  get isThrottled(): boolean {
    return this.#producer?.isThrottled === true;
  }

  /** For how long a producer's open transaction has held back each source, ms. */
  get heldUp(): ReadonlyMap<SourcePartition, number> {
    return this.#pipeline.heldUp;
  }

  /** Records of each source between the committed position and the end that is known. */
  get lags(): ReadonlyMap<SourcePartition, number> {
    return this.#pipeline.lags;
  }

  /** What the broker said of the end of a source when it was asked. */
  sawEnd(source: SourcePartition, lastStableOffset: number): void {
    this.#pipeline.queue(source.name).sawEnd(lastStableOffset);
  }

  /** The next changelog offset that the store holds, to be claimed when joining the group. */
  get storedOffset(): number {
    return this.#store.checkpoint?.changelogOffset ?? 0;
  }

  /** Takes the task over and runs it; comes back at once. */
  start(): void {
    this.#move('restoring');
    void this.#takeOver(false);
  }

  /** The group is about to move: commits what was processed, then stands still. Resolves at the deadline at the latest. */
  async suspend(deadlineMs: number): Promise<void> {
    if (this.#state !== 'running') return;
    this.#move('suspended');
    crashPoint('suspending');
    const settled = this.#pipeline.settle(() => this.#state === 'suspended');
    await atMost(settled, deadlineMs);
  }

  /** The group is still what it was: goes on, until `hold`. */
  goOn(): void {
    if (this.#state !== 'suspended' || this.#pipeline.isInDoubt) return;
    this.#move('running');
    this.#pipeline.plan();
  }

  /** The generation is over: stands still, with what was processed uncommitted. Waits for a commit in flight, up to the deadline. */
  async hold(deadlineMs: number): Promise<void> {
    if (this.#state !== 'running') return;
    this.#move('suspended');
    await atMost(
      this.#pipeline.settle(() => false),
      deadlineMs,
    );
  }

  /** The group left the task with us: goes on where it stood, under the new generation. */
  resume(member: GroupMember): void {
    this.#member = member;
    if (this.#state !== 'suspended') return;
    if (this.#pipeline.isInDoubt) {
      // A commit did not come back, or was refused, under a generation that is over: what became of it must be read.
      this.#move('restoring');
      void this.#takeOver(true);
      return;
    }
    this.#move('running');
    this.#pipeline.plan();
  }

  /** Everything processed is committed, or left to the next owner; no transaction of ours stays open. */
  async closeClean(deadlineMs: number): Promise<void> {
    await this.suspend(deadlineMs);
    const inDoubt = this.#pipeline.isInDoubt ? this.#producer : undefined;
    this.#end();
    if (inDoubt) {
      const aborted = inDoubt
        .abandon()
        .catch((error: unknown) => this.#note(error, 'the abort failed: the next owner does it'));
      await atMost(aborted, ABORT_MS);
    }
    await this.#dropProducer();
  }

  /** Another worker owns the task, or may: drops everything, commits nothing. */
  async closeDirty(): Promise<void> {
    this.#end();
    await this.#dropProducer();
  }

  #move(to: TaskState): void {
    this.#state = transition(this.#state, to);
  }

  #end(): void {
    if (this.#state === 'closed') return;
    this.#move('closed');
    this.#abort.abort();
    this.#stopFetching();
    this.#services.outage(this.number, undefined);
  }

  #stopFetching(): void {
    const { fetcher, names } = this.#services;
    for (const { topic, partition } of this.sources) fetcher.remove(names.physical(topic), partition);
  }

  async #dropProducer(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    await producer?.close().catch((error: unknown) => this.#note(error, 'the producer did not close'));
  }

  #note(error: unknown, what: string): void {
    this.#services.log.debug({ task: this.number, error: messageOf(error) }, what);
  }

  #anew(): void {
    if (this.#state !== 'running') return;
    this.#services.log.warn(
      { task: this.number },
      'a source topic was deleted and made again: positions are read anew',
    );
    this.#move('restoring');
    void this.#takeOver(true);
  }

  #commitFailed(error: unknown): void {
    // Resumed while this commit was on its way: a takeover reads its outcome already.
    if (this.#state === 'restoring') return;
    const { metrics, log, fatal, room } = this.#services;
    if (error instanceof StoreFullError) {
      // Kafka has committed: the changelog holds what the store lacks, and is replayed when there is room.
      room.lacks(error);
      this.#move('restoring');
      void this.#takeOver(true);
      return;
    }
    if (!(error instanceof FencedError || error instanceof CommitUnknownError)) {
      fatal(error);
      return;
    }
    metrics.transactions_total.inc({ outcome: 'unknown' });
    log.warn({ task: this.number, err: error }, 'the outcome of a commit is unknown: it is read from the brokers');
    // The group moves: read when the task is resumed, under its new generation, or by the next owner.
    if (this.#state === 'suspended') return;
    this.#move('restoring');
    void this.#takeOver(true, error.cause instanceof ThrottledError ? error.cause : undefined);
  }

  /** `again`: we owned the task before, so the group is asked first whether we still do: two owners must not fence each other in turns. */
  async #takeOver(again: boolean, throttled?: ThrottledError): Promise<void> {
    const { services, signal } = { services: this.#services, signal: this.#abort.signal };
    for (let askFirst = again; ; askFirst = true) {
      try {
        await services.room.available(signal);
        if (askFirst) await services.confirm(this.#member.generationId);
        await this.#enter(signal, throttled);
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof FencedError) {
          await this.#giveUp(error);
          return;
        }
        if (error instanceof StoreFullError) {
          services.room.lacks(error);
          continue;
        }
        if (!isOutage(error)) {
          services.fatal(error);
          return;
        }
        services.outage(this.number, error);
        await delay(RECOVERY_MS);
      }
    }
  }

  async #enter(signal: AbortSignal, throttled: ThrottledError | undefined): Promise<void> {
    const { names, metrics, log, outage, createProducer, directoryCaughtUp } = this.#services;
    // Closed while it waited: its partitions may be fetched for another owner by now, on this worker too.
    signal.throwIfAborted();
    const began = performance.now();
    this.#entries += 1;
    this.#stopFetching();
    this.#pipeline.drop();
    await this.#dropProducer();
    signal.throwIfAborted();
    this.#producer = createProducer(this.number);
    const topics = [names.changelog, ...SINK_TOPICS.map((topic) => names.physical(topic))];
    await Promise.all([this.#producer.fence(topics), this.#store.load()]);
    crashPoint('fenced');
    if (throttled) {
      // What was sent is aborted now, and counts for the quota all the same.
      outage(this.number, throttled);
      await delay(throttled.throttleMs, undefined, { signal });
    }
    signal.throwIfAborted();
    await restore(this.#store, this.number, this.#services, signal);
    const { positions, partitionsAtFirst, first } = await readPositions(
      this.#store,
      this.number,
      this.sources,
      this.#services,
    );
    await directoryCaughtUp(signal);
    signal.throwIfAborted();
    this.#partitionsAtFirst = partitionsAtFirst;
    this.#pipeline.begin(positions);
    if (first) await this.#commitFirst();
    signal.throwIfAborted();
    outage(this.number, undefined);
    metrics.restore_duration_seconds.observe((performance.now() - began) / 1000);
    const offsets = Object.fromEntries([...positions].map(([source, { nextOffset }]) => [source, nextOffset]));
    log.info({ task: this.number, ms: Math.round(performance.now() - began), offsets }, 'task is running');
    this.#fetch(signal);
    this.#move('running');
    this.#pipeline.plan();
  }

  /** Until it holds: whether it did is read at the next try, and to make it again changes nothing. */
  async #commitFirst(): Promise<void> {
    try {
      await this.#pipeline.commitPositions();
    } catch (error) {
      if (isOutage(error)) throw error;
      if (error instanceof RefusedError) throw new OutageError('the commit of the first positions is refused', error);
      if (!(error instanceof CommitUnknownError)) throw error;
      throw new OutageError('the outcome of the commit of the first positions is unknown', error, UNSETTLED);
    }
  }

  /**
   * The account events come before the others until a record of the others was seen: at a first start, and when it
   * is begun again after a crash, the others then find their addresses.
   */
  #fetch(signal: AbortSignal): void {
    const { fetcher, names, bootstrap, bootstrapTopic, fatal } = this.#services;
    const add = ({ name, topic, partition }: SourcePartition): void => {
      const { nextOffset, topicId } = this.#pipeline.position(name);
      fetcher.add(names.physical(topic), partition, nextOffset, this.#pipeline.queue(name), topicId);
    };
    const others = this.sources.filter(({ topic }) => topic !== bootstrapTopic);
    if (others.some(({ name }) => this.#pipeline.position(name).streamTime !== NO_STREAM_TIME)) {
      this.sources.forEach(add);
      return;
    }
    this.sources.filter(({ topic }) => topic === bootstrapTopic).forEach(add);
    const entry = this.#entries;
    const began = performance.now();
    bootstrap
      .until(() => bootstrap.isSettled(began, Infinity), signal)
      .then(
        () => {
          if (!signal.aborted && entry === this.#entries) others.forEach(add);
        },
        (error: unknown) => {
          if (!signal.aborted) fatal(error);
        },
      );
  }

  async #giveUp(error: unknown): Promise<void> {
    const { metrics, log, lost } = this.#services;
    metrics.transactions_total.inc({ outcome: 'fenced' });
    log.warn({ task: this.number, err: error }, "the task is another worker's: closed");
    await this.closeDirty();
    lost(this.number);
  }
}

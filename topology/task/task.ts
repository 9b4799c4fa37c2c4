/**
 * One task: its partitions of every source topic, its stores, its producer. Here is its life: the phases
 * (task-phase.ts) and the close. How it is taken over is in take-over.ts, what it does while it runs in pipeline.ts.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { atMost } from '../../common/at-most.js';
import { crashPoint } from '../../common/crash-point.js';
import { CommitUnknownError, FencedError, messageOf, StoreFullError, ThrottledError } from '../../common/errors.js';
import type { SourcePartition } from '../../common/record.js';
import { stopController } from '../../common/stop-signal.js';
import { partitionName } from '../../common/topic-names.js';
import type { TaskState } from '../graph/task-state.js';
import { isOutage, type GroupMember, type TransactionalProducer } from '../kafka/index.js';
import type { CommitHistory } from './commit-loop.js';
import { CommitSize } from './commit-size.js';
import type { Pipeline } from './pipeline.js';
import { DeadLetterPauses } from './dead-letter-pauses.js';
import { Refusals } from './refusals.js';
import { takeOver, type TakenTask } from './take-over.js';
import type { TaskParts } from './task-parts.js';
import { transition, type TaskPhase } from './task-phase.js';

const RECOVERY_MS = 500;
const ABORT_MS = 1000;

export class Task implements TakenTask {
  readonly number: number;
  readonly sources: readonly SourcePartition[];
  readonly state: TaskState;
  readonly #parts: TaskParts;
  readonly #closed = stopController();
  #phase: TaskPhase = 'created';
  #member: GroupMember;
  #producer: TransactionalProducer | undefined;
  /** How large commits may be, as earlier ones have shown. */
  readonly history: CommitHistory;
  /** The one that runs, or ran before the takeover that is under way. */
  #pipeline: Pipeline | undefined;
  /** Ends the last takeover, and the pipeline that came of it. */
  #entry = stopController();

  /** `state`: of the standby that was here. */
  constructor(
    number: number,
    sources: readonly SourcePartition[],
    member: GroupMember,
    parts: TaskParts,
    state = parts.stores.create(number),
  ) {
    this.number = number;
    this.sources = sources;
    this.state = state;
    this.#parts = parts;
    this.#member = member;
    const { names, deadLetters } = parts.broker;
    const { limits, deadLetterTopic } = parts.job;
    this.history = {
      size: new CommitSize(limits.commitBytes),
      refusals: new Refusals({ names, deadLetters, deadLetterTopic }),
      pauses: pausesOf(parts),
    };
  }

  // ── what is seen of it ─────────────────────────────────────────────────────────────────────────────────────────

  get phase(): TaskPhase {
    return this.#phase;
  }

  get isRunning(): boolean {
    return this.#phase === 'running';
  }

  get member(): GroupMember {
    return this.#member;
  }

  /** What it does since it was taken over; undefined before. */
  get pipeline(): Pipeline | undefined {
    return this.#pipeline;
  }

  /** Sources that pause as their dead-letter budget is spent; undefined without one. */
  get pauses(): DeadLetterPauses | undefined {
    return this.history.pauses;
  }

  /** What the broker said of the end of a source when it was asked. */
  sawEnd(source: SourcePartition, lastStableOffset: number): void {
    this.#pipeline?.queue(source.name).sawEnd(lastStableOffset);
  }

  /** The next changelog offset that the stores hold, to be claimed when joining the group. */
  get storedOffset(): number {
    return this.state.checkpoint?.changelogOffset ?? 0;
  }

  // ── what the group does with it ────────────────────────────────────────────────────────────────────────────────

  /** Takes the task over and runs it; comes back at once. */
  start(): void {
    this.#move('restoring');
    void this.#takeOver(false);
  }

  /** The group is about to move: commits what was processed, then stands still. Resolves at the deadline at the latest. */
  async suspend(deadlineMs: number): Promise<void> {
    await this.#standStill(true, deadlineMs);
  }

  /** The generation is over: stands still, with what was processed uncommitted. Waits for a commit in flight, up to the deadline. */
  async pause(deadlineMs: number): Promise<void> {
    await this.#standStill(false, deadlineMs);
  }

  /** The group is still what it was: goes on, until it is suspended again. */
  resume(): void {
    if (this.#phase === 'suspended') this.#run();
  }

  /** The group left the task with us: goes on where it stood, under the new generation. */
  keep(member: GroupMember): void {
    this.#member = member;
    if (this.#phase === 'suspended') this.#run();
    // A commit did not come back, or was refused, under a generation that is over: what became of it must be read.
    else if (this.#phase === 'in doubt') this.#restart();
  }

  /** Everything processed is committed, or left to the next owner; no transaction of ours stays open. */
  async closeClean(deadlineMs: number): Promise<void> {
    await this.suspend(deadlineMs);
    const inDoubt = this.#pipeline?.isInDoubt ? this.#producer : undefined;
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

  // ── what its takeover does with it ─────────────────────────────────────────────────────────────────────────────

  async clear(): Promise<void> {
    this.#stopFetching();
    this.state.forget();
    await this.#dropProducer();
  }

  fencing(producer: TransactionalProducer): void {
    this.#producer = producer;
  }

  began(pipeline: Pipeline): void {
    this.#pipeline = pipeline;
    this.#run();
  }

  // ── what its pipeline tells ────────────────────────────────────────────────────────────────────────────────────

  recreated(): void {
    if (!this.isRunning) return;
    const { log } = this.#parts.worker;
    log.warn({ task: this.number }, 'a source topic was deleted and recreated: positions are read again');
    this.#restart();
  }

  committing(): void {
    if (this.#phase === 'suspended') this.#move('in doubt');
  }

  committed(): void {
    if (this.#phase === 'in doubt') this.#move('suspended');
  }

  commitFailed(error: unknown): void {
    // The takeover that is under way reads its outcome already.
    if (this.#phase === 'restoring') return;
    const { stores, worker } = this.#parts;
    if (error instanceof StoreFullError) {
      // Kafka has committed: the changelog holds what the stores lack, and is replayed when there is space.
      stores.space.lacks(error);
      this.#restart();
      return;
    }
    if (!(error instanceof FencedError || error instanceof CommitUnknownError)) {
      worker.fatal(error);
      return;
    }
    worker.metrics.transactions_total.inc({ outcome: 'unknown' });
    worker.log.warn(
      { task: this.number, err: error },
      'the outcome of a commit is unknown: it is read from the brokers',
    );
    // While the group moves it stays in doubt, until `keep` reads its outcome, or the next owner does.
    if (this.isRunning) this.#restart(error.cause instanceof ThrottledError ? error.cause : undefined);
  }

  // ── its life ───────────────────────────────────────────────────────────────────────────────────────────────────

  #move(to: TaskPhase): void {
    this.#phase = transition(this.#phase, to);
  }

  #run(): void {
    this.#move('running');
    this.#pipeline?.plan();
  }

  /** Commits what is staged, if that is wanted; what is not decided by the deadline stays in doubt. */
  async #standStill(wanted: boolean, deadlineMs: number): Promise<void> {
    const pipeline = this.#pipeline;
    if (!this.isRunning || !pipeline) return;
    this.#move(pipeline.isInDoubt ? 'in doubt' : 'suspended');
    if (wanted) crashPoint('suspending');
    await atMost(
      pipeline.settle(() => wanted && this.#phase === 'suspended'),
      deadlineMs,
    );
  }

  /** The positions of the task must be read from the brokers: it is taken over once more. */
  #restart(throttled?: ThrottledError): void {
    this.#move('restoring');
    void this.#takeOver(true, throttled);
  }

  #end(): void {
    if (this.#phase === 'closed') return;
    this.#move('closed');
    this.#closed.abort();
    this.#entry.abort();
    this.#stopFetching();
    this.#parts.worker.outage(this.number, undefined);
  }

  #stopFetching(): void {
    const { fetcher, names } = this.#parts.broker;
    for (const { topic, partition } of this.sources) fetcher.remove(names.physical(topic), partition);
  }

  async #dropProducer(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    await producer?.close().catch((error: unknown) => this.#note(error, 'the producer did not close'));
  }

  #note(error: unknown, what: string): void {
    this.#parts.worker.log.debug({ task: this.number, error: messageOf(error) }, what);
  }

  /** `again`: we owned the task before, so the group is asked first whether we still do: two owners must not fence each other in turns. */
  async #takeOver(again: boolean, throttled?: ThrottledError): Promise<void> {
    const { stores, worker, group } = this.#parts;
    const { signal } = this.#closed;
    for (let askFirst = again; ; askFirst = true) {
      try {
        await stores.space.available(signal);
        if (askFirst) await group.confirm(this.#member.generationId);
        this.#entry.abort();
        this.#entry = stopController();
        signal.throwIfAborted();
        await takeOver(this, this.#parts, this.#entry.signal, throttled);
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof FencedError) {
          await this.#giveUp(error);
          return;
        }
        if (error instanceof StoreFullError) {
          stores.space.lacks(error);
          continue;
        }
        if (!isOutage(error)) {
          worker.fatal(error);
          return;
        }
        worker.outage(this.number, error);
        await delay(RECOVERY_MS);
      }
    }
  }

  async #giveUp(error: unknown): Promise<void> {
    const { worker, group } = this.#parts;
    worker.metrics.transactions_total.inc({ outcome: 'fenced' });
    worker.log.warn({ task: this.number, err: error }, "the task is another worker's: closed");
    await this.closeDirty();
    group.lost(this.number);
  }
}

function pausesOf({ broker, job, worker }: TaskParts): DeadLetterPauses | undefined {
  const { deadLetterBudget: limits } = job.limits;
  if (limits === undefined) return undefined;
  const { log, clock } = worker;
  return new DeadLetterPauses({ limits, log, clock, nameOf: (source) => partitionName(broker.names, source) });
}

/** The tasks that the group gave to this worker: started, kept, suspended and closed as it says. */
import type { StateEnvironment } from '../../state/lmdb/environment.js';
import type { MemberMemory } from '../../state/member-memory.js';
import { storedTasks } from '../../state/dedup/task-store.js';
import { atMost } from '../../common/at-most.js';
import { messageOf } from '../../common/errors.js';
import { groupBy } from '../../common/group-by.js';
import {
  partitionsOf,
  type GroupMember,
  type Layout,
  type MembershipListener,
  type Placement,
} from '../kafka/index.js';
import type { Metrics } from '../../common/metrics.js';
import type { Reason } from '../../common/reasons.js';
import { sourcePartition, SOURCE_TOPICS, type SourcePartition, type SourceTopic } from '../../common/record.js';
import { Standbys } from './standbys.js';
import { Task } from '../task/task.js';
import type { TaskServices } from '../task/task-services.js';
import { TASK_STATES } from '../task/task-state.js';

/** A commit that is on its way for longer than this makes the worker not ready, ms. */
const LONG_COMMIT_MS = 5000;

export interface TaskGroupOptions {
  readonly services: Omit<TaskServices, 'lost' | 'partitionCount'>;
  readonly environment: StateEnvironment;
  readonly memory: MemberMemory;
  readonly metrics: Metrics;
  /** Before tasks start: the sources' new partitions must be known. */
  readonly prepare: (layout: Layout) => Promise<void>;
  readonly rejoin: () => void;
  readonly outage: (error: unknown) => void;
  readonly joined: () => void;
  /** The group gave our tasks away; it is being joined again. */
  readonly left: () => void;
  /** A commit that takes longer than this when the group moves is left to the next owner, ms. */
  readonly suspendMs: number;
}

/** A scrape waits for the ends of the sources for so long. */
const ASK_MS = 1000;

export class TaskGroup implements MembershipListener {
  readonly #options: TaskGroupOptions;
  readonly #tasks = new Map<number, Task>();
  readonly #standbys: Standbys;
  /** Grows with each assignment: what an earlier one still waits for is not to happen. */
  #assignments = 0;
  #ready: Promise<unknown> = Promise.resolve();
  /** Source topics that the brokers do not know any more: the tasks go on without them. */
  #missing: readonly string[] = [];
  #stopped = false;

  constructor(options: TaskGroupOptions) {
    this.#options = options;
    this.#standbys = new Standbys(options.services, options.rejoin);
  }

  claim(): ReturnType<MembershipListener['claim']> {
    const stored: Record<string, number> = {};
    for (const [task, { changelogOffset }] of storedTasks(this.#options.environment)) stored[task] = changelogOffset;
    for (const { number, storedOffset } of [...this.#standbys.all, ...this.#tasks.values()])
      stored[number] = storedOffset;
    return { tasks: [...this.#tasks.keys()], stored };
  }

  async suspend(): Promise<void> {
    await Promise.all([...this.#tasks.values()].map((task) => task.suspend(this.#options.suspendMs)));
  }

  resume(): void {
    if (this.#stopped) return;
    for (const task of this.#tasks.values()) task.goOn();
  }

  async pause(): Promise<void> {
    await Promise.all([...this.#tasks.values()].map((task) => task.hold(this.#options.suspendMs)));
  }

  assigned(placement: Placement, layout: Layout, member: GroupMember): void {
    if (this.#stopped) return;
    const { services, prepare, metrics, joined } = this.#options;
    const partitionCount = (topic: SourceTopic): number => layout.partitions.get(services.names.physical(topic)) ?? 0;
    const sourcesOf = (task: number): SourcePartition[] => sourcePartitions(task, layout.maxTasks, partitionCount);
    metrics.rebalances_total.inc();
    joined();
    // What another version's leader does not lay out is not gone.
    this.#miss(layout);
    for (const [number, task] of this.#tasks) {
      if (placement.tasks.includes(number) && sameSources(task.sources, sourcesOf(number))) {
        task.resume(member);
        continue;
      }
      this.#tasks.delete(number);
      void task.closeDirty();
    }
    const added = placement.tasks.filter((number) => !this.#tasks.has(number));
    for (const number of added) {
      const own = { ...services, partitionCount, lost: (closed: number) => this.#lost(closed) };
      const store = this.#standbys.storeOf(number);
      this.#tasks.set(number, new Task(number, sourcesOf(number), member, own, store));
    }
    const assignment = (this.#assignments += 1);
    // A standby stops writing before its task begins; a changelog partition exists before it is read.
    this.#ready = Promise.all([this.#ready, prepare(layout), this.#standbys.retain(placement.standbys)]);
    this.#ready.then(
      () => {
        if (this.#stopped || assignment !== this.#assignments) return;
        for (const task of this.#tasks.values()) if (task.state === 'created') task.start();
        this.#standbys.start(placement);
      },
      (error: unknown) => services.fatal(error),
    );
  }

  staleMember(): string | undefined {
    return this.#options.memory.recall();
  }

  became(memberId: string): Promise<void> {
    return memberId === '' ? this.#options.memory.forget() : this.#options.memory.remember(memberId);
  }

  lost(): void {
    this.#options.left();
    for (const task of this.#tasks.values()) void task.closeDirty();
    this.#tasks.clear();
  }

  outage(error: unknown): void {
    this.#options.outage(error);
  }

  /** Commits what is in flight and closes every task. */
  async stop(deadlineMs: number): Promise<void> {
    this.#stopped = true;
    await Promise.all([
      this.#standbys.close(),
      ...[...this.#tasks.values()].map((task) => task.closeClean(deadlineMs)),
    ]);
    this.#tasks.clear();
  }

  /** Tasks of ours are being taken over; so are others', most likely, since the group has moved. */
  get isTakingOver(): boolean {
    return [...this.#tasks.values()].some(({ state }) => state === 'created' || state === 'restoring');
  }

  #miss({ partitions }: Layout): void {
    const { log, names } = this.#options.services;
    const topics = SOURCE_TOPICS.map((topic) => names.physical(topic)).filter((topic) => partitions.get(topic) === 0);
    const gone = topics.filter((topic) => !this.#missing.includes(topic));
    const back = this.#missing.filter((topic) => !topics.includes(topic));
    if (gone.length > 0)
      log.error(
        { topics: gone },
        'source topics do not exist any more: the other sources go on, and these are read from their beginning when they are made again',
      );
    if (back.length > 0) log.info({ topics: back }, 'source topics exist again');
    this.#missing = topics;
  }

  /** Why not all tasks run, or undefined. */
  notReady(): Reason | undefined {
    if (this.#missing.length > 0) return { code: 'unknown-topic', topic: this.#missing.join(', ') };
    const all = [...this.#tasks.values()];
    const tasks = all.filter(({ state }) => state !== 'running').map(({ number, state }) => ({ number, state }));
    const { names } = this.#options.services;
    const damaged = all.flatMap((task) =>
      task.damaged.map(({ topic, partition }) => `${names.physical(topic)}-${partition}`),
    );
    if (tasks.length + damaged.length > 0) return { code: 'task-waits', tasks, damaged };
    const late = all.find(({ commitMs }) => commitMs > LONG_COMMIT_MS);
    return late && { code: late.isThrottled ? 'throttled' : 'commit-waits', waiter: `task ${late.number}` };
  }

  /** Brings the gauges up to date before a scrape. Never rejects: what the brokers do not say in time stays as it was known. */
  async measure(): Promise<void> {
    await this.#askEnds();
    const { metrics } = this.#options;
    const tasks = [...this.#tasks.values()];
    metrics.consumer_lag.reset();
    for (const task of tasks)
      for (const [{ topic, partition }, lag] of task.lags) metrics.consumer_lag.set({ topic, partition }, lag);
    metrics.buffered_records.set(tasks.reduce((sum, task) => sum + task.buffered, 0));
    metrics.source_held_up_seconds.reset();
    for (const task of tasks)
      for (const [{ topic, partition }, ms] of task.heldUp)
        metrics.source_held_up_seconds.set({ topic, partition }, ms / 1000);
    metrics.standby_lag.reset();
    for (const { number, lag } of this.#standbys.all) {
      if (lag !== undefined) metrics.standby_lag.set({ task: number }, lag);
    }
    metrics.tasks.set({ state: 'standby' }, this.#standbys.all.length);
    for (const state of TASK_STATES) metrics.tasks.set({ state }, tasks.filter((task) => task.state === state).length);
  }

  /** Each topic for itself: one whose leader is away must not hide the ends of the others. */
  async #askEnds(): Promise<void> {
    const { names, offsets, log } = this.#options.services;
    const owned = [...this.#tasks.values()].flatMap((task) => task.sources.map((source) => ({ task, source })));
    const asks = [...groupBy(owned, ({ source }) => source.topic)].map(async ([topic, of]) => {
      const partitions = of.map(({ source: { partition } }) => ({ topic: names.physical(topic), partition }));
      const ends = await offsets.at('latest', partitions, 0);
      for (const { task, source } of of) {
        const end = ends.find(({ partition }) => partition === source.partition);
        if (end) task.sawEnd(source, end.offset);
      }
    });
    const answered = Promise.all(
      asks.map((ask) =>
        ask.catch((error: unknown) =>
          log.debug({ error: messageOf(error) }, 'the end of a source cannot be asked for'),
        ),
      ),
    );
    await atMost(answered, ASK_MS);
  }

  #lost(number: number): void {
    if (this.#tasks.get(number)?.state === 'closed') this.#tasks.delete(number);
    this.#options.rejoin();
  }
}

/** The partitions of every source topic that are the task's. */
function sourcePartitions(
  task: number,
  maxTasks: number,
  partitionCount: (topic: SourceTopic) => number,
): SourcePartition[] {
  return SOURCE_TOPICS.flatMap((topic) =>
    partitionsOf(task, maxTasks, partitionCount(topic)).map((partition) => sourcePartition(topic, partition)),
  );
}

function sameSources(a: readonly SourcePartition[], b: readonly SourcePartition[]): boolean {
  return a.length === b.length && a.every(({ name }) => b.some((other) => other.name === name));
}

/** The tasks that the group gave to this worker: started, kept, suspended and closed as it says. */
import { atMost } from '../../common/at-most.js';
import { messageOf } from '../../common/errors.js';
import type { GaugeRound } from '../../common/gauge-round.js';
import { groupBy } from '../../common/group-by.js';
import type { Reason } from '../../common/reasons.js';
import { sourcePartition, type SourcePartition } from '../../common/record.js';
import { partitionName, type PhysicalTopic } from '../../common/topic-names.js';
import type { MemberMemory } from '../../state/member-memory.js';
import {
  offsetIn,
  partitionsOf,
  type Layout,
  type GroupMember,
  type MembershipListener,
  type Placement,
} from '../kafka/index.js';
import type { NewerRules } from '../task/newer-rules.js';
import { Task } from '../task/task.js';
import type { TaskGroupAnswers, TaskParts } from '../task/task-parts.js';
import { TASK_PHASES } from '../task/task-phase.js';
import { measurePaused, pausedPartitions, resumePartitions, type Resumed } from './paused-partitions.js';
import { Standbys } from './standbys.js';
import type { TasksStatus } from './status.js';

/** A commit that is on its way for longer than this makes the worker not ready, ms. */
const LONG_COMMIT_MS = 5000;

/** The worker around a group of tasks. */
export interface TaskGroupHost {
  /** Before tasks start: the sources' new partitions must be known. */
  prepare(layout: Layout): Promise<void>;
  /** Joins the group again, soon. */
  rejoin(): void;
  /** As TaskGroupAnswers.confirm. */
  confirm(generation: number): Promise<void>;
  /** The error while the group's coordinator is waited for; undefined when it answers. */
  groupOutage(error: unknown): void;
  /** False: the group gave our tasks away, and is being joined again. */
  isMember(isJoined: boolean): void;
}

export interface TaskGroupOptions {
  readonly parts: Omit<TaskParts, 'group'>;
  /** Logical names of the topics that the tasks read. */
  readonly sourceTopics: readonly string[];
  readonly memory: MemberMemory;
  readonly newerRules: NewerRules;
  readonly host: TaskGroupHost;
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
  #ready: Promise<void> = Promise.resolve();
  /** Source topics that the brokers do not know any more: the tasks go on without them. */
  #missing: readonly PhysicalTopic[] = [];
  /** Source topics of which the leader has not assigned all tasks. */
  #leftOut: readonly PhysicalTopic[] = [];
  #stopped = false;
  /** Since when the group moves, of performance.now(). */
  #movesSince: number | undefined;

  constructor(options: TaskGroupOptions) {
    this.#options = options;
    this.#standbys = new Standbys(options.parts, () => options.host.rejoin());
  }

  claim(): ReturnType<MembershipListener['claim']> {
    this.#movesSince ??= performance.now();
    const stored: Record<string, number> = Object.fromEntries(this.#options.parts.stores.stored());
    for (const { number, storedOffset } of [...this.#standbys.all, ...this.#tasks.values()])
      stored[number] = storedOffset;
    return { tasks: [...this.#tasks.keys()], stored };
  }

  async suspend(): Promise<void> {
    this.#movesSince ??= performance.now();
    await Promise.all([...this.#tasks.values()].map((task) => task.suspend(this.#options.suspendMs)));
  }

  resume(): void {
    if (this.#stopped) return;
    for (const task of this.#tasks.values()) task.resume();
  }

  async pause(): Promise<void> {
    await Promise.all([...this.#tasks.values()].map((task) => task.pause(this.#options.suspendMs)));
  }

  assigned(placement: Placement, layout: Layout, member: GroupMember): void {
    if (this.#stopped) return;
    const { parts, sourceTopics, newerRules, host } = this.#options;
    const { broker, worker } = parts;
    const partitionCount = (topic: string): number => layout.partitions.get(broker.names.physical(topic)) ?? 0;
    const sourcesOf = (task: number): SourcePartition[] =>
      sourceTopics.flatMap((topic) =>
        partitionsOf(task, layout.maxTasks, partitionCount(topic)).map((partition) =>
          sourcePartition(topic, partition),
        ),
      );
    this.#countMoves(placement.tasks);
    host.isMember(true);
    newerRules.joined(layout.newestRules);
    // What another version's leader does not lay out is not gone.
    this.#miss(layout);
    this.#noteLeftOut(layout);
    for (const [number, task] of this.#tasks) {
      if (placement.tasks.includes(number) && sameSources(task.sources, sourcesOf(number))) {
        task.keep(member);
        continue;
      }
      this.#drop(task);
      void task.closeDirty();
    }
    const added = placement.tasks.filter((number) => !this.#tasks.has(number));
    for (const number of added) {
      const group: TaskGroupAnswers = {
        ...{ sourceTopics, partitionCount, newerRules },
        confirm: (generation) => host.confirm(generation),
        lost: (closed) => this.#lost(closed),
      };
      const state = this.#standbys.stateOf(number);
      this.#tasks.set(number, new Task(number, sourcesOf(number), member, { ...parts, group }, state));
    }
    const assignment = (this.#assignments += 1);
    // A standby stops writing before its task begins; a changelog partition exists before it is read.
    this.#ready = Promise.all([this.#ready, host.prepare(layout), this.#standbys.retain(placement.standbys)]).then(
      () => {
        if (this.#stopped || assignment !== this.#assignments) return;
        for (const task of this.#tasks.values()) if (task.phase === 'created') task.start();
        this.#standbys.start(placement);
      },
    );
    this.#ready.catch((error: unknown) => worker.fatal(error));
  }

  staleMember(): string | undefined {
    return this.#options.memory.recall();
  }

  became(memberId: string): Promise<void> {
    return memberId === '' ? this.#options.memory.forget() : this.#options.memory.remember(memberId);
  }

  lost(): void {
    this.#options.host.isMember(false);
    this.#moved('lost', this.#tasks.size);
    for (const task of this.#tasks.values()) {
      this.#drop(task);
      void task.closeDirty();
    }
  }

  outage(error: unknown): void {
    this.#options.host.groupOutage(error);
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
    return [...this.#tasks.values()].some(({ phase }) => phase === 'created' || phase === 'restoring');
  }

  /** A generation begins, with these tasks. */
  #countMoves(tasks: readonly number[]): void {
    const { metrics } = this.#options.parts.worker;
    metrics.rebalances_total.inc();
    metrics.rebalance_seconds.observe((performance.now() - (this.#movesSince ?? performance.now())) / 1000);
    this.#movesSince = undefined;
    this.#moved('gained', tasks.filter((number) => !this.#tasks.has(number)).length);
    this.#moved('lost', [...this.#tasks.keys()].filter((number) => !tasks.includes(number)).length);
  }

  #moved(direction: 'gained' | 'lost', tasks: number): void {
    this.#options.parts.worker.metrics.task_moves_total.inc({ direction }, tasks);
  }

  #miss({ partitions }: Layout): void {
    const { parts, sourceTopics } = this.#options;
    const { log } = parts.worker;
    const topics = sourceTopics
      .map((topic) => parts.broker.names.physical(topic))
      .filter((topic) => partitions.get(topic) === 0);
    const gone = topics.filter((topic) => !this.#missing.includes(topic));
    const back = this.#missing.filter((topic) => !topics.includes(topic));
    if (gone.length > 0)
      log.error(
        { topics: gone },
        'source topics do not exist any more: the other sources go on, these are read from the start once recreated',
      );
    if (back.length > 0) log.info({ topics: back }, 'source topics exist again');
    this.#missing = topics;
  }

  /** Said in the log alone: were the worker not ready, a rolling change that waits for it would not come to another leader. */
  #noteLeftOut({ maxTasks, partitions, assignedTasks = maxTasks }: Layout): void {
    const { parts, sourceTopics } = this.#options;
    const { log } = parts.worker;
    const tasksOf = (topic: PhysicalTopic): number => Math.min(maxTasks, partitions.get(topic) ?? 0);
    const topics = sourceTopics
      .map((topic) => parts.broker.names.physical(topic))
      .filter((topic) => tasksOf(topic) > assignedTasks);
    const isNews = topics.some((topic) => !this.#leftOut.includes(topic));
    if (isNews) {
      const tasks = `${assignedTasks}..${Math.max(...topics.map(tasksOf)) - 1}`;
      log.warn(
        { topics, tasks },
        'the leader of the group has older rules, which do not read these topics, and assigns these tasks to nobody: their partitions wait for a leader with newer rules',
      );
    }
    if (topics.length === 0 && this.#leftOut.length > 0)
      log.info({ topics: this.#leftOut }, 'all tasks of these topics are assigned');
    this.#leftOut = topics;
  }

  /** Why not all tasks run, or undefined. */
  notReady(): Reason | undefined {
    if (this.#missing.length > 0) return { code: 'unknown-topic', topic: this.#missing.join(', ') };
    const all = [...this.#tasks.values()];
    const tasks = all.filter(({ phase }) => phase !== 'running').map(({ number, phase }) => ({ number, state: phase }));
    const { names } = this.#options.parts.broker;
    const damaged = all.flatMap((task) => (task.pipeline?.damaged ?? []).map((source) => partitionName(names, source)));
    if (tasks.length + damaged.length > 0) return { code: 'task-waits', tasks, damaged };
    const paused = pausedPartitions(all, names).map(({ partition }) => partition);
    if (paused.length > 0) return { code: 'dead-letter-budget', topic: paused.join(', ') };
    const waiting = all.flatMap(({ pipeline }) => [...(pipeline?.waiting ?? [])]);
    if (waiting.length > 0) {
      const topic = waiting.map(([source]) => partitionName(names, source)).join(', ');
      return { code: 'newer-rules', topic, types: new Set(waiting.map(([, eventType]) => eventType)).size };
    }
    const late = all.find(({ pipeline }) => (pipeline?.commitMs ?? 0) > LONG_COMMIT_MS);
    const isThrottled = late?.pipeline?.isThrottled === true;
    return late && { code: isThrottled ? 'throttled' : 'commit-waits', waiter: `task ${late.number}` };
  }

  /** Lets paused partitions go on: this one, by its name on the brokers or in the contract, or all. */
  resumeDeadLetters(partition: string | undefined): Resumed {
    return resumePartitions([...this.#tasks.values()], this.#options.parts.broker.names, partition);
  }

  /** What an operator is told of the tasks. */
  status(): TasksStatus {
    const { names } = this.#options.parts.broker;
    const tasks = [...this.#tasks.values()].sort((a, b) => a.number - b.number);
    return {
      tasks: tasks.map(({ number, phase, sources }) => ({
        ...{ task: number, state: phase },
        partitions: sources.map((source) => partitionName(names, source)),
      })),
      standbys: this.#standbys.all.map(({ number }) => number).sort((a, b) => a - b),
      paused: pausedPartitions(tasks, names),
    };
  }

  /** Measures the gauges of a scrape. Never rejects: what the brokers do not say in time stays as it was known. */
  async measure(round: GaugeRound): Promise<void> {
    await this.#askEnds();
    const { newerRules, parts } = this.#options;
    const { metrics, clock } = parts.worker;
    const tasks = [...this.#tasks.values()];
    const pipelines = tasks.flatMap(({ pipeline }) => (pipeline ? [pipeline] : []));
    round.begin(metrics.consumer_lag, metrics.consumer_lag_seconds, metrics.source_held_up_seconds);
    round.begin(metrics.newer_rules_wait_seconds, metrics.standby_lag);
    for (const pipeline of pipelines) {
      for (const { source, records, ms } of pipeline.lags(clock.now())) {
        const { topic, partition } = source;
        round.add(metrics.consumer_lag, { topic, partition }, records);
        round.max(metrics.consumer_lag_seconds, { topic, partition }, ms / 1000);
      }
      for (const [{ topic, partition }, ms] of pipeline.heldUp)
        round.max(metrics.source_held_up_seconds, { topic, partition }, ms / 1000);
    }
    // One that stands still, or is taken over again, waits for something else.
    for (const { pipeline } of tasks.filter(({ isRunning }) => isRunning))
      for (const { name, topic, partition } of pipeline?.waiting.keys() ?? [])
        round.max(metrics.newer_rules_wait_seconds, { topic, partition }, newerRules.waitedMs(name) / 1000);
    measurePaused(tasks, metrics, round);
    const buffered = pipelines.reduce((sum, pipeline) => sum + pipeline.buffered, 0);
    round.add(metrics.buffered_records, {}, buffered);
    for (const { number, lag } of this.#standbys.all)
      if (lag !== undefined) round.max(metrics.standby_lag, { task: number }, lag);
    round.add(metrics.tasks, { state: 'standby' }, this.#standbys.all.length);
    for (const state of TASK_PHASES)
      round.add(metrics.tasks, { state }, tasks.filter(({ phase }) => phase === state).length);
  }

  /** Entries of the stores of its tasks and standbys. */
  get entries(): number {
    return [...this.#tasks.values(), ...this.#standbys.all].reduce((sum, { state }) => sum + state.entries, 0);
  }

  /** Each topic for itself: one whose leader is away must not hide the ends of the others. */
  async #askEnds(): Promise<void> {
    const { broker, worker } = this.#options.parts;
    const { names, offsets } = broker;
    const owned = [...this.#tasks.values()].flatMap((task) => task.sources.map((source) => ({ task, source })));
    const asks = [...groupBy(owned, ({ source }) => source.topic)].map(async ([topic, members]) => {
      const partitions = members.map(({ source: { partition } }) => ({ topic: names.physical(topic), partition }));
      const ends = await offsets.at('latest', partitions, 0);
      for (const { task, source } of members) {
        const end = offsetIn(ends, { topic: names.physical(topic), partition: source.partition });
        if (end) task.sawEnd(source, end.offset);
      }
    });
    const answered = Promise.all(
      asks.map((ask) =>
        ask.catch((error: unknown) =>
          worker.log.debug({ error: messageOf(error) }, 'the end of a source cannot be asked for'),
        ),
      ),
    );
    await atMost(answered, ASK_MS);
  }

  #lost(number: number): void {
    const task = this.#tasks.get(number);
    if (task?.phase === 'closed') {
      this.#moved('lost', 1);
      this.#drop(task);
    }
    this.#options.host.rejoin();
  }

  /** It is another worker's; when it comes back its sources may wait again. */
  #drop({ number, sources }: Task): void {
    this.#tasks.delete(number);
    this.#options.newerRules.forget(sources);
  }
}

function sameSources(a: readonly SourcePartition[], b: readonly SourcePartition[]): boolean {
  return a.length === b.length && a.every(({ name }) => b.some((other) => other.name === name));
}

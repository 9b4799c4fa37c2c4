/** One topology on this worker: its membership, its tasks and their standbys. Two of them may share the connections that they fetch by, and nothing else. */
import { atMost } from '../../common/at-most.js';
import type { GaugeRound } from '../../common/gauge-round.js';
import type { Readiness } from '../../common/readiness.js';
import { SampledLog } from '../../common/sampled-log.js';
import type { RulesIdentity } from '../../common/rules-identity.js';
import type { Reason } from '../../common/reasons.js';
import { stopController } from '../../common/stop-signal.js';
import type { TopologyNames } from '../../common/topic-names.js';
import type { MemberMemory } from '../../state/member-memory.js';
import { sinkTopics, sourceTopics, type TopologyTopics } from '../graph/topology.js';
import { createCluster, Leaders, Membership, type Connections, type Layout } from '../kafka/index.js';
import type { DeadLetterLimit } from '../task/dead-letter-limit.js';
import { NewerRules } from '../task/newer-rules.js';
import { KeyPlacement } from '../task/key-placement.js';
import type { TaskBroker, TaskJob, TaskStores, TaskWorker } from '../task/task-parts.js';
import type { Resumed } from './paused-partitions.js';
import type { TasksStatus } from './status.js';
import { TaskGroup, type TaskGroupHost } from './task-group.js';
import { createTaskProducer, type ProducerSettings } from './task-producer.js';

/** How the topology is shared among workers, and commits. */
export interface RunnerSettings extends ProducerSettings {
  /** Without a heartbeat for this long the group gives our tasks away, ms. */
  readonly sessionTimeoutMs: number;
  readonly standbyReplicas: number;
  /** A standby at most so many changelog records behind may take its task over. */
  readonly acceptableLag: number;
  /** A source partition waits for newer rules in the group for so long. */
  readonly unknownTypesWaitMs: number;
}

export interface TopologyRunnerOptions {
  /** What it reads and writes. */
  readonly topology: TopologyTopics;
  readonly names: TopologyNames;
  readonly job: Omit<TaskJob, 'sinkTopics' | 'deadLetterTopic'>;
  readonly stores: TaskStores;
  readonly deadLetters: DeadLetterLimit;
  readonly worker: Omit<TaskWorker, 'sampledLog'>;
  readonly memory: MemberMemory;
  /** They track its topics. */
  readonly connections: Connections;
  readonly settings: RunnerSettings;
  /** The rule set that its processors are made of, now; undefined when it has none. */
  readonly rules?: (() => RulesIdentity) | undefined;
  /** Its `group` says whether we are in it. */
  readonly readiness: Pick<Readiness, 'set'>;
}

/** Also how late a worker may hear that the group moves, while the others wait for it. */
const HEARTBEAT_MS = 250;
/** Also for how long the other sources may stand still when one was deleted. */
const METADATA_INTERVAL_MS = 5000;
const LEAVE_MS = 500;

export class TopologyRunner implements TaskGroupHost {
  readonly #options: TopologyRunnerOptions;
  /** Names on the brokers of the topics that it reads. */
  readonly #sources: readonly string[];
  readonly #group: TaskGroup;
  readonly #membership: Membership;
  readonly #cluster: ReturnType<typeof createCluster>;
  readonly #leaders: Leaders;
  readonly #stop = stopController();
  readonly #sampledLog: SampledLog;
  #running: Promise<void> = Promise.resolve();

  constructor(options: TopologyRunnerOptions) {
    this.#options = options;
    const { topology, names, job, stores, deadLetters, worker, memory, connections, settings, rules } = options;
    const { kafka, sessionTimeoutMs, standbyReplicas, acceptableLag, unknownTypesWaitMs } = settings;
    this.#sources = sourceTopics(topology).map((topic) => names.physical(topic));
    this.#cluster = createCluster(kafka, worker.log);
    this.#sampledLog = new SampledLog(worker.log);
    this.#leaders = new Leaders(this.#cluster);
    const partitionCount = (topic: string): number => this.#leaders.partitionCount(names.physical(topic));
    const broker: TaskBroker = {
      ...{ names, deadLetters },
      keyPlacement: new KeyPlacement({ metrics: worker.metrics, log: worker.log, partitionCount }),
      offsets: connections.offsets(names.group),
      fetcher: connections.fetcher,
      createProducer: (task) => createTaskProducer(names, task, settings, worker.log),
    };
    this.#group = new TaskGroup({
      parts: {
        ...{ broker, stores, worker: { ...worker, sampledLog: this.#sampledLog } },
        job: { ...job, sinkTopics: sinkTopics(topology), deadLetterTopic: topology.deadLetters.topic },
      },
      ...{ sourceTopics: sourceTopics(topology), memory },
      newerRules: new NewerRules({
        own: () => rules?.(),
        waitMs: unknownTypesWaitMs,
        graceMs: sessionTimeoutMs,
      }),
      host: this,
      // No heartbeat is sent meanwhile.
      suspendMs: Math.min(3000, Math.floor(sessionTimeoutMs / 3)),
    });
    this.#membership = new Membership(
      this.#cluster,
      this.#leaders,
      {
        groupId: names.group,
        topics: this.#sources,
        sessionTimeoutMs,
        rebalanceTimeoutMs: Math.max(sessionTimeoutMs, 30_000),
        heartbeatIntervalMs: Math.min(HEARTBEAT_MS, Math.floor(sessionTimeoutMs / 6)),
        metadataIntervalMs: METADATA_INTERVAL_MS,
        placement: { standbyReplicas, acceptableLag },
        rules,
        // Decided when the changelog was made, for good: what a partition has seen is in its task's store.
        maxTasks: connections.leaders.partitionCount(names.changelog),
      },
      this.#group,
      worker.log,
    );
  }

  /** Joins the group, once the brokers answer; comes back at once. */
  start(): void {
    const { connections, worker } = this.#options;
    this.#running = connections
      .patiently(async () => {
        await this.#cluster.connect();
        await this.#leaders.track(this.#sources);
      }, 'group')
      .then(() => this.#membership.run())
      .catch((error: unknown) => {
        if (!this.#stop.signal.aborted) worker.fatal(error);
      });
  }

  /** Tasks of ours are being taken over; so are others', most likely, since the group has moved. */
  get isTakingOver(): boolean {
    return this.#group.isTakingOver;
  }

  /** Why not all tasks run, or undefined. */
  notReady(): Reason | undefined {
    return this.#group.notReady();
  }

  /** As TaskGroup.resumeDeadLetters. */
  resumeDeadLetters(partition: string | undefined): Resumed {
    return this.#group.resumeDeadLetters(partition);
  }

  status(): TasksStatus {
    return this.#group.status();
  }

  /** Measures the gauges of a scrape. */
  measure(round: GaugeRound): Promise<void> {
    return this.#group.measure(round);
  }

  /** Entries of the stores of its tasks and standbys. */
  get entries(): number {
    return this.#group.entries;
  }

  /** Commits what is in flight, and leaves the group. Brokers that do not answer do not hold up the end: the next owner settles the rest. */
  async stop(deadlineMs: number): Promise<void> {
    await this.#group.stop(deadlineMs);
    this.#sampledLog.flush();
    await atMost(this.#membership.leave(), LEAVE_MS);
    this.#stop.abort();
    await this.#cluster.disconnect();
    await atMost(this.#running, LEAVE_MS);
  }

  // ── what the tasks ask ─────────────────────────────────────────────────────────────────────────────────────────

  /** The sources grew: what we know of the topics follows. */
  async prepare({ partitions }: Layout): Promise<void> {
    const { connections } = this.#options;
    // Another version's leader may count what we do not read.
    if (this.#sources.every((topic) => connections.leaders.partitionCount(topic) === partitions.get(topic))) return;
    await connections.patiently(() => connections.leaders.refresh(), 'topics');
  }

  rejoin(): void {
    this.#membership.rejoin();
  }

  confirm(generation: number): Promise<void> {
    return this.#membership.confirm(generation);
  }

  groupOutage(error: unknown): void {
    this.#options.connections.outages.report('group', error);
  }

  isMember(isJoined: boolean): void {
    this.#options.readiness.set('group', isJoined ? undefined : { code: 'rejoining' });
  }
}

/** A worker as stream-role.ts puts it together, on the in-memory broker: real group, real tasks, real stores. */
import { pino } from 'pino';
import { Counter, Registry } from 'prom-client';
import { FreeSpace } from '../../../state/lmdb/free-space.js';
import type { StateEnvironment } from '../../../state/lmdb/environment.js';
import { MemberMemory } from '../../../state/member-memory.js';
import { windowShape } from '../../../state/dedup/stream-time.js';
import { InMemoryDirectory } from '../../../topology/testing/in-memory-state.js';
import type { Cluster } from '../../../topology/kafka/protocol/internals.js';
import {
  Fetcher,
  Leaders,
  Membership,
  Offsets,
  TransactionalProducer,
  type GroupMember,
} from '../../../topology/kafka/index.js';
import { createMetrics } from '../../../common/metrics.js';
import { sayReason } from '../../../common/reasons.js';
import { SINK_TOPICS } from '../../../common/record.js';
import { TaskGroup } from '../../../topology/worker/task-group.js';
import { DeadLetterLimit } from '../../../topology/task/dead-letter-limit.js';
import { NOTHING_COMES_FIRST } from '../../unit/topology/task/task-harness.js';
import type { TaskServices } from '../../../topology/task/task-services.js';
import { TopicNames } from '../../../common/topic-names.js';
import { textEncoder } from '../../unit/schemas/text-encoder.js';
import { modelExecutor, SOURCES } from './events.js';

export const NAMES = new TopicNames('', 'app');
export const SHAPE = windowShape(7 * 24 * 3_600_000);
const TIMES = {
  sessionMs: 10_000,
  /** Longer than any recovery may take: nobody is to wait for it. */
  transactionMs: 60_000,
  requestMs: 10_000,
};
export const SILENT = pino({ level: 'silent' });
/** Of every worker in every run: what came about at all. */
export const METRICS = {
  ...createMetrics(new Registry()),
  gone_on_total: new Counter({ name: 'gone_on_total', help: 'tasks went on while the group gathered', registers: [] }),
};

export const SOURCE_NAMES = SOURCES.map((topic) => NAMES.physical(topic));
/** What the tasks write. */
export const OWN_TOPICS = [NAMES.changelog, ...SINK_TOPICS.map((topic) => NAMES.physical(topic))];

/** Below what the brokers take, so that commits are made of several batches. */
const MAX_BATCH_BYTES = 400;
/** Few, so that commits follow one another while records are processed. */
const COMMIT_RECORDS = 3;

/** What a worker gives its tasks; a producer may be made under another id than the task's. */
export interface ModelServices extends Omit<TaskServices, 'lost' | 'partitionCount' | 'createProducer'> {
  readonly createProducer: (task: number, transactionalId?: string) => TransactionalProducer;
}

export interface WorkerOptions {
  /** As many as the changelog has partitions. */
  readonly maxTasks: number;
  readonly environment: StateEnvironment;
  readonly createCluster: () => Cluster;
  readonly fatal: (error: unknown) => void;
  /** A defect put in on purpose; the services as they are when there is none. */
  readonly defect: (services: ModelServices) => ModelServices;
}

export class Worker {
  readonly #group: TaskGroup;
  readonly #membership: Membership;
  readonly #leaders: Leaders;
  readonly #groupLeaders: Leaders;
  readonly #fetcher: Fetcher;
  readonly #fatal: (error: unknown) => void;
  /** What the group last said. */
  assignment: { readonly member: GroupMember; readonly tasks: readonly number[] } | undefined;

  constructor({ maxTasks, environment, createCluster, fatal, defect }: WorkerOptions) {
    const cluster = createCluster();
    this.#fatal = fatal;
    this.#leaders = new Leaders(cluster);
    const fetch = { maxWaitMs: 250, maxBytes: 100_000, maxBytesPerPartition: 1_000, maxRecordBytes: 1_000_000 };
    this.#fetcher = new Fetcher(this.#leaders, fetch, SILENT, () => undefined);
    const createProducer: ModelServices['createProducer'] = (task, transactionalId = NAMES.transactionalId(task)) =>
      new TransactionalProducer(
        { brokers: [], clientId: 'model', connectionTimeoutMs: TIMES.requestMs, requestTimeoutMs: TIMES.requestMs },
        {
          transactionalId,
          transactionTimeoutMs: TIMES.transactionMs,
          retryBudgetMs: TIMES.requestMs,
          maxBatchBytes: MAX_BATCH_BYTES,
        },
        SILENT,
        createCluster(),
      );
    const services = defect({
      ...SETTLED,
      environment,
      fetcher: this.#fetcher,
      offsets: new Offsets(cluster, this.#leaders, NAMES.group),
      createProducer,
      confirm: (generation) => this.#membership.confirm(generation),
      fatal,
    });
    this.#group = new TaskGroup({
      services,
      environment,
      memory: new MemberMemory(environment),
      metrics: METRICS,
      prepare: () => Promise.resolve(),
      rejoin: () => this.#membership.rejoin(),
      outage: () => undefined,
      joined: () => undefined,
      left: () => undefined,
      suspendMs: 3_000,
    });
    const coordination = createCluster();
    this.#groupLeaders = new Leaders(coordination);
    this.#membership = this.#createMembership(coordination, this.#groupLeaders, maxTasks);
  }

  start(): void {
    this.#leaders
      .track([...SOURCE_NAMES, ...OWN_TOPICS])
      .then(() => this.#groupLeaders.track(SOURCE_NAMES))
      .then(() => this.#membership.run())
      .catch(this.#fatal);
  }

  /** As SIGTERM does. */
  stop(): void {
    this.#group
      .stop(TIMES.sessionMs)
      .then(() => this.#membership.leave())
      .then(() => this.#fetcher.close())
      .catch(this.#fatal);
  }

  /** Why not all of its tasks run; undefined when they do. */
  notReady(): string | undefined {
    const reason = this.#group.notReady();
    return this.assignment ? reason && sayReason(reason) : 'not in the group';
  }

  #createMembership(cluster: Cluster, leaders: Leaders, maxTasks: number): Membership {
    const group = this.#group;
    return new Membership(
      cluster,
      leaders,
      {
        groupId: NAMES.group,
        topics: SOURCE_NAMES,
        sessionTimeoutMs: TIMES.sessionMs,
        rebalanceTimeoutMs: 30_000,
        heartbeatIntervalMs: 1_000,
        metadataIntervalMs: 15_000,
        placement: { standbyReplicas: 1, acceptableLag: 5 },
        maxTasks,
      },
      {
        claim: () => group.claim(),
        suspend: () => group.suspend(),
        goOn: () => {
          METRICS.gone_on_total.inc();
          group.goOn();
        },
        hold: () => group.hold(),
        assigned: (placement, deal, member) => {
          this.assignment = { member, tasks: placement.tasks };
          group.assigned(placement, deal, member);
        },
        ghost: () => group.ghost(),
        became: (memberId) => group.became(memberId),
        lost: () => group.lost(),
        outage: (error) => group.outage(error),
      },
      SILENT,
    );
  }
}

/** What the model holds still. */
const SETTLED = {
  names: NAMES,
  shape: SHAPE,
  executor: modelExecutor,
  encoder: textEncoder(),
  directory: new InMemoryDirectory(),
  clock: { now: () => Date.now() },
  metrics: METRICS,
  log: SILENT,
  startFrom: 'earliest' as const,
  // No disk, so none that is full or damaged.
  room: new FreeSpace('', SILENT),
  damagedStore: undefined,
  limits: {
    commitIntervalMs: 100,
    commitRecords: COMMIT_RECORDS,
    commitBytes: 100_000,
    bufferBytes: 100_000,
    retryAttempts: 3,
    retryBackoffMs: 1_000,
  },
  deadLetters: new DeadLetterLimit(),
  resolveSchema: () => Promise.resolve(),
  directoryCaughtUp: () => Promise.resolve(),
  bootstrap: NOTHING_COMES_FIRST,
  bootstrapTopic: 'USER_EVENT_TOPIC',
  outage: () => undefined,
} satisfies Partial<TaskServices>;

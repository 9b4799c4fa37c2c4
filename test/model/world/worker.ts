/** A worker as stream-role.ts puts it together, on the in-memory broker: real group, real tasks, real stores. */
import { pino } from 'pino';
import { Counter, Registry } from 'prom-client';
import { FreeSpace } from '../../../state/lmdb/free-space.js';
import type { StateEnvironment } from '../../../state/lmdb/environment.js';
import { MemberMemory } from '../../../state/member-memory.js';
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
import { SampledLog } from '../../../common/sampled-log.js';
import { NO_TRACING } from '../../../topology/graph/tracing.js';
import { TaskGroup } from '../../../topology/worker/task-group.js';
import { NewerRules } from '../../../topology/task/newer-rules.js';
import { DeadLetterLimit } from '../../../topology/task/dead-letter-limit.js';
import { KeyPlacement } from '../../../topology/task/key-placement.js';
import { NO_BOOTSTRAP, type TaskBroker, type TaskJob, type TaskParts } from '../../../topology/task/task-parts.js';
import { TopicNames } from '../../../common/topic-names.js';
import { textEncoder } from '../../unit/schemas/text-encoder.js';
import { modelExecutor, SOURCES } from './events.js';
import type { ModelState } from './states.js';

export const NAMES = new TopicNames('', 'app');
const TIMES = {
  sessionMs: 10_000,
  /** Longer than any recovery may take: nobody is to wait for it. */
  transactionMs: 60_000,
  requestMs: 10_000,
};
export const SILENT = pino({ level: 'silent' });
/** Shared by every worker in every run: what came about at all. */
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
export interface ModelParts extends Omit<TaskParts, 'group' | 'broker'> {
  readonly environment: StateEnvironment;
  readonly state: ModelState;
  readonly broker: Omit<TaskBroker, 'createProducer'> & {
    readonly createProducer: (task: number, transactionalId?: string) => TransactionalProducer;
  };
}

export interface WorkerOptions {
  /** As many as the changelog has partitions. */
  readonly maxTasks: number;
  readonly environment: StateEnvironment;
  readonly state: ModelState;
  readonly createCluster: () => Cluster;
  readonly fatal: (error: unknown) => void;
  /** A defect put in on purpose; the parts as they are when there is none. */
  readonly defect: (parts: ModelParts) => ModelParts;
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

  constructor({ maxTasks, environment, state, createCluster, fatal, defect }: WorkerOptions) {
    const cluster = createCluster();
    this.#fatal = fatal;
    this.#leaders = new Leaders(cluster);
    const fetch = { maxWaitMs: 250, maxBytes: 100_000, maxBytesPerPartition: 1_000, maxRecordBytes: 1_000_000 };
    this.#fetcher = new Fetcher(this.#leaders, fetch, SILENT, () => undefined);
    const createProducer: ModelParts['broker']['createProducer'] = (
      task,
      transactionalId = NAMES.transactionalId(task),
    ) =>
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
    const storedOffset = (task: number): number => state.create(environment, task).checkpoint?.changelogOffset ?? 0;
    const executor = modelExecutor(state);
    const parts = defect({
      ...{ environment, state },
      broker: {
        names: NAMES,
        deadLetters: new DeadLetterLimit(),
        keyPlacement: new KeyPlacement({
          ...{ metrics: METRICS, log: SILENT },
          partitionCount: (topic) => this.#leaders.partitionCount(NAMES.physical(topic)),
        }),
        fetcher: this.#fetcher,
        offsets: new Offsets(cluster, this.#leaders, NAMES.group),
        createProducer,
      },
      stores: {
        create: (task) => state.create(environment, task),
        stored: () => new Map(Array.from({ length: maxTasks }, (_, task) => [task, storedOffset(task)])),
        // No disk, so none that is full or damaged.
        space: new FreeSpace('', SILENT),
        damaged: undefined,
      },
      job: { ...JOB, executor: () => ({ executor, rulesVersion: undefined }) },
      worker: {
        metrics: METRICS,
        log: SILENT,
        sampledLog: new SampledLog(SILENT),
        clock: { now: () => Date.now() },
        outage: () => undefined,
        fatal,
        tracing: NO_TRACING,
      },
    });
    this.#group = new TaskGroup({
      parts,
      sourceTopics: SOURCES,
      memory: new MemberMemory(environment),
      newerRules: new NewerRules({ own: () => undefined, waitMs: 0, graceMs: 0 }),
      host: {
        prepare: () => Promise.resolve(),
        rejoin: () => this.#membership.rejoin(),
        confirm: (generation) => this.#membership.confirm(generation),
        groupOutage: () => undefined,
        isMember: () => undefined,
      },
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
        resume: () => {
          METRICS.gone_on_total.inc();
          group.resume();
        },
        pause: () => group.pause(),
        assigned: (placement, layout, member) => {
          this.assignment = { member, tasks: placement.tasks };
          group.assigned(placement, layout, member);
        },
        staleMember: () => group.staleMember(),
        became: (memberId) => group.became(memberId),
        lost: () => group.lost(),
        outage: (error) => group.outage(error),
      },
      SILENT,
    );
  }
}

const JOB: Omit<TaskJob, 'executor'> = {
  encoder: textEncoder(),
  schemas: { resolve: () => Promise.resolve() },
  sinkTopics: SINK_TOPICS,
  deadLetterTopic: 'NOTIFICATION_DLQ',
  bootstrap: NO_BOOTSTRAP,
  startFrom: 'earliest',
  limits: {
    commitIntervalMs: 100,
    commitRecords: COMMIT_RECORDS,
    commitBytes: 100_000,
    bufferBytes: 100_000,
    retryAttempts: 3,
    retryBackoffMs: 1_000,
  },
};

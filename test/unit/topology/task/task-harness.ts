/** A task on a fake broker, with a real store: what goes in as text comes out as text. */
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { expect, vi } from 'vitest';
import { FreeSpace } from '../../../../state/lmdb/free-space.js';
import { windowShape } from '../../../../state/dedup/stream-time.js';
import type { NotificationStores } from '../../../../processors/context.js';
import type { StateEnvironment } from '../../../../state/lmdb/environment.js';
import type { RulesIdentity } from '../../../../common/rules-identity.js';
import type { Executor } from '../../../../topology/graph/executor.js';
import { NO_TRACING, type Tracing } from '../../../../topology/graph/tracing.js';
import { NotificationState } from '../../../../topology/stores/notification-state.js';
import { InMemoryDirectory } from '../../../../topology/testing/in-memory-state.js';
import type { Fetcher, OffsetSpec } from '../../../../topology/kafka/index.js';
import { createMetrics } from '../../../../common/metrics.js';
import { SampledLog } from '../../../../common/sampled-log.js';
import { SINK_TOPICS, sourcePartition, type SourcePartition, type SourceTopic } from '../../../../common/record.js';
import { Standby } from '../../../../topology/task/standby.js';
import { Task } from '../../../../topology/task/task.js';
import type { DeadLetterBudgetLimits } from '../../../../topology/task/dead-letter-budget.js';
import { DeadLetterLimit } from '../../../../topology/task/dead-letter-limit.js';
import { NewerRules } from '../../../../topology/task/newer-rules.js';
import { KeyPlacement } from '../../../../topology/task/key-placement.js';
import {
  NO_BOOTSTRAP,
  type BootstrapSource,
  type SchemaResolver,
  type TaskParts,
  type TaskStores,
} from '../../../../topology/task/task-parts.js';
import { TopicNames } from '../../../../common/topic-names.js';
import { textEncoder } from '../../schemas/text-encoder.js';
import { temporaryState } from '../../state/temporary-state.js';
import { FakeBroker, type Step } from './fake-producer.js';
import { FakeFetcher, offsetsOf } from './fake-fetcher.js';
import { executorOf, type Behaviour } from './text-executor.js';

export const TASKS: SourceTopic = 'TASK_EVENT_TOPIC';
export const CRM: SourceTopic = 'CRM_EVENT_TOPIC';
export const MEMBER = { groupId: 'app', generationId: 1, memberId: 'm' };

export interface Rig {
  readonly task: Task;
  readonly broker: FakeBroker;
  readonly registry: Registry;
  readonly names: TopicNames;
  readonly fatal: ReturnType<typeof vi.fn>;
  readonly lost: ReturnType<typeof vi.fn>;
  readonly confirm: ReturnType<typeof vi.fn>;
  readonly outages: unknown[];
  readonly fetcher: FakeFetcher;
  readonly space: FreeSpace;
  /** What the task runs; a test may put itself before it. */
  readonly executor: Executor<NotificationStores>;
  readonly behaviour: Behaviour;
  /** Schema ids that were asked for; `retry` says that one is asked for again, `answer` lets the waiting go on. */
  readonly schemas: {
    readonly schemaId: number;
    readonly ahead: readonly string[];
    readonly retry: () => void;
    readonly answer: () => void;
  }[];
  readonly parts: TaskParts;
  readonly environment: StateEnvironment;
  append(topic: string, texts: readonly string[], timestamp?: number): void;
  /** Values of committed e-mails. */
  sent(): string[];
  deadLetters(): string[];
  /** Another task object on the same store and broker, as after a restart. */
  again(): Task;
  /** The task on another worker, which has nothing stored, and reads these topics. */
  elsewhere(topics: readonly string[]): Task;
  /** A standby on another worker, which has nothing stored. */
  standby(): Standby;
  /** The task on that worker, with the stores that the standby leaves. */
  heir(standby: Standby): Task;
}

export interface RigOptions {
  readonly commitRecords?: number;
  readonly startFrom?: OffsetSpec | undefined;
  readonly topics?: readonly string[];
  readonly bootstrap?: BootstrapSource;
  /** For newer rules. */
  readonly waitMs?: number;
  /** The rules that the worker runs now. */
  readonly ownRules?: () => RulesIdentity;
  readonly deadLetterBudget?: DeadLetterBudgetLimits;
  readonly tracing?: Tracing;
}

export const OWN_RULES = { version: 1, digest: 'old' };
export const NEWER_RULES = { version: 2, digest: 'new' };

/** No account event that is older is missing. */
export const NOTHING_COMES_FIRST: BootstrapSource = { ...NO_BOOTSTRAP, source: 'USER_EVENT_TOPIC' };

const LIMITS = {
  commitIntervalMs: 5,
  commitRecords: 1000,
  commitBytes: 1e6,
  bufferBytes: 1e6,
  retryAttempts: 3,
  retryBackoffMs: 10,
};

export function rig(options: RigOptions = {}): Rig {
  const names = new TopicNames('', 'app');
  const broker = new FakeBroker(names.changelog);
  const fetcher = new FakeFetcher(broker);
  const registry = new Registry();
  const schemas: Rig['schemas'] = [];
  const behaviour: Behaviour = new Map();
  const outages: unknown[] = [];
  const [fatal, lost, confirm] = [vi.fn(), vi.fn(), vi.fn(() => Promise.resolve())];
  const newerRules = new NewerRules({
    own: options.ownRules ?? (() => OWN_RULES),
    ...{ waitMs: options.waitMs ?? 60_000, graceMs: 0 },
  });
  const state = temporaryState();
  const executor = (options.tracing ?? NO_TRACING).around(executorOf(behaviour));
  const space = new FreeSpace(state.directory, pino({ level: 'silent' }));
  const [metrics, log] = [createMetrics(registry), pino({ level: 'silent' })];
  const parts: TaskParts = {
    broker: {
      names,
      offsets: offsetsOf(broker, fetcher),
      fetcher: fetcher as unknown as Fetcher,
      deadLetters: new DeadLetterLimit(),
      keyPlacement: new KeyPlacement({ metrics, log, partitionCount: () => 1 }),
      createProducer: () => broker.producer(),
    },
    stores: storesOn(state.environment, space),
    job: {
      executor: () => ({ executor, rulesVersion: OWN_RULES.version }),
      encoder: textEncoder(),
      schemas: resolverOf(schemas),
      sinkTopics: SINK_TOPICS,
      deadLetterTopic: 'NOTIFICATION_DLQ',
      bootstrap: options.bootstrap ?? NOTHING_COMES_FIRST,
      startFrom: 'startFrom' in options ? options.startFrom : 'earliest',
      limits: {
        ...LIMITS,
        commitRecords: options.commitRecords ?? LIMITS.commitRecords,
        deadLetterBudget: options.deadLetterBudget,
      },
    },
    worker: {
      ...{ metrics, log, sampledLog: new SampledLog(log), tracing: options.tracing ?? NO_TRACING },
      clock: { now: () => 2_000_000 },
      outage: (_, error) => outages.push(error),
      fatal,
    },
    group: { confirm, sourceTopics: options.topics ?? [TASKS, CRM], partitionCount: () => 1, newerRules, lost },
  };
  const sourcesOf = (topics: readonly string[]): SourcePartition[] => topics.map((topic) => sourcePartition(topic, 0));
  const sources = sourcesOf(options.topics ?? [TASKS, CRM]);
  const create = (): Task => new Task(0, sources, MEMBER, parts);
  const onOther = (): TaskParts => ({ ...parts, stores: storesOn(temporaryState().environment, space) });
  const elsewhere = onOther();
  return {
    task: create(),
    again: create,
    elsewhere: (topics) => new Task(0, sourcesOf(topics), MEMBER, onOther()),
    standby: () => new Standby(0, elsewhere),
    heir: (standby) => new Task(0, sources, MEMBER, elsewhere, standby.state),
    broker,
    registry,
    names,
    parts,
    environment: state.environment,
    fatal,
    lost,
    confirm,
    outages,
    space,
    executor,
    fetcher,
    behaviour,
    schemas,
    append: (topic, texts, timestamp) => fetcher.append(names.physical(topic), texts, timestamp),
    sent: () => broker.texts(names.physical('EMAIL_REQUEST_TOPIC')),
    deadLetters: () => broker.texts(names.physical('NOTIFICATION_DLQ')),
  };
}

function storesOn(environment: StateEnvironment, space: FreeSpace): TaskStores {
  const [shape, directory] = [windowShape(7 * 24 * 3_600_000), new InMemoryDirectory()];
  return {
    create: (task) => new NotificationState(environment, task, shape, directory),
    stored: () => new Map(),
    space,
    damaged: undefined,
  };
}

function resolverOf(schemas: Rig['schemas']): SchemaResolver {
  return {
    resolve: (schemaId, { ahead, onRetry }) =>
      new Promise<void>((resolve) =>
        schemas.push({ schemaId, ahead: [...ahead].map(String), retry: onRetry, answer: resolve }),
      ),
  };
}

export const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 3000, interval: 5 });

/** Waits until exactly these e-mails are committed, in whatever order. */
export const sentAre = (setup: Rig, texts: readonly string[]): Promise<void> =>
  until(() => expect(setup.sent().sort()).toEqual([...texts].sort()));

/** Fails the n-th time that this step is reached. */
export const failing = (setup: Rig, step: Step, index: number, error: Error): void => {
  let times = 0;
  setup.broker.before = (at) => {
    if (at === step && (times += 1) === index) throw error;
  };
};

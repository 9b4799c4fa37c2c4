/** A task on a fake broker, with a real store: what goes in as text comes out as text. */
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { expect, vi } from 'vitest';
import { FreeSpace } from '../../../../state/lmdb/free-space.js';
import { windowShape } from '../../../../state/dedup/stream-time.js';
import { RetryableError } from '../../../../common/errors.js';
import type { NotificationStores } from '../../../../processors/context.js';
import type { StateEnvironment } from '../../../../state/lmdb/environment.js';
import type { ExecutionContext, Executor, Processed } from '../../../../topology/graph/executor.js';
import { NotificationState } from '../../../../topology/stores/notification-state.js';
import { InMemoryDirectory } from '../../../../topology/testing/in-memory-state.js';
import type {
  FetchedRecord,
  Fetcher,
  Offsets,
  OffsetSpec,
  PartitionConsumer,
} from '../../../../topology/kafka/index.js';
import { createMetrics } from '../../../../common/metrics.js';
import { SINK_TOPICS, sourcePartition, type SourceRecord, type SourceTopic } from '../../../../common/record.js';
import { RecordHeaders } from '../../../../common/record-headers.js';
import { Standby } from '../../../../topology/task/standby.js';
import { Task } from '../../../../topology/task/task.js';
import { DeadLetterLimit } from '../../../../topology/task/dead-letter-limit.js';
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
import { digestOf } from '../../../digests.js';
import { deadLetter, emitText, fetchedRecord, forwarded } from './records.js';

export const TASKS: SourceTopic = 'TASK_EVENT_TOPIC';
export const CRM: SourceTopic = 'CRM_EVENT_TOPIC';
export const MEMBER = { groupId: 'app', generationId: 1, memberId: 'm' };

interface Fetched {
  readonly consumer: PartitionConsumer;
  readonly topicId: string | undefined;
  position: number;
}

/** Delivers what the fake broker holds, from each position on, in the next turn of the event loop. */
class FakeFetcher {
  readonly logs = new Map<string, FetchedRecord[]>();
  readonly fetched = new Map<string, Fetched>();
  /** Topic ids; a topic that is not in here has none, as on an older broker. */
  readonly ids = new Map<string, string>();
  readonly #broker: FakeBroker;

  constructor(broker: FakeBroker) {
    this.#broker = broker;
  }

  add(topic: string, _: number, position: number, consumer: PartitionConsumer, topicId?: string): void {
    this.fetched.set(topic, { consumer, position, topicId });
    this.wake();
  }

  remove(topic: string): void {
    this.fetched.delete(topic);
  }

  seek(topic: string, _: number, position: number): void {
    const found = this.fetched.get(topic);
    if (found) found.position = position;
    this.wake();
  }

  append(topic: string, texts: readonly string[], timestamp?: number): void {
    const log = this.logs.get(topic) ?? [];
    this.logs.set(topic, [...log, ...texts.map((text, i) => fetchedRecord(log.length + i, text, timestamp))]);
    this.wake();
  }

  /** Deletes the topic and creates it again, with these records; its reader hears of it. */
  recreate(topic: string, topicId: string, texts: readonly string[]): void {
    this.ids.set(topic, topicId);
    this.logs.set(topic, []);
    this.append(topic, texts);
    const found = this.fetched.get(topic);
    if (found && found.topicId !== topicId) found.consumer.recreated(topicId);
  }

  wake(): void {
    setImmediate(() => {
      for (const [topic, fetched] of this.fetched) {
        const [records, end] = this.#read(topic, fetched.position);
        if (!fetched.consumer.hasRoom() || end <= fetched.position || fetched.topicId !== this.ids.get(topic)) continue;
        fetched.position = end;
        const bytes = records.reduce((sum, record) => sum + record.bytes, 0);
        fetched.consumer.deliver({ records, nextOffset: end, bytes }, end, end);
        this.wake();
      }
    });
  }

  #read(topic: string, position: number): [FetchedRecord[], number] {
    if (topic === this.#broker.changelogTopic) {
      const records = this.#broker.changelog.map(({ offset, value }) => ({
        offset,
        timestamp: 0,
        key: null,
        value,
        headers: RecordHeaders.NONE,
        bytes: value.length,
      }));
      return [records.filter(({ offset }) => offset >= position), this.#broker.changelogEnd];
    }
    const log = this.logs.get(topic) ?? [];
    return [log.slice(position), log.length];
  }
}

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
  /** What the executor does with a text, when not simply forward it. */
  readonly behaviour: Map<string, (attempt: number) => Processed>;
  /** Schema ids that were asked for; `retry` says that one is asked for again, `answer` lets the waiting go on. */
  readonly schemas: {
    readonly schemaId: number;
    readonly ahead: readonly string[];
    readonly retry: () => void;
    readonly answer: () => void;
  }[];
  readonly parts: TaskParts;
  readonly environment: StateEnvironment;
  append(topic: SourceTopic, texts: readonly string[], timestamp?: number): void;
  /** Values of committed e-mails. */
  sent(): string[];
  deadLetters(): string[];
  /** Another task object on the same store and broker, as after a restart. */
  again(): Task;
  /** A standby on another worker, which has nothing stored. */
  standby(): Standby;
  /** The task on that worker, with the stores that the standby leaves. */
  heir(standby: Standby): Task;
}

export interface RigOptions {
  readonly commitRecords?: number;
  readonly startFrom?: OffsetSpec | undefined;
  readonly topics?: readonly SourceTopic[];
  readonly bootstrap?: BootstrapSource;
}

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
  const behaviour: Rig['behaviour'] = new Map();
  const outages: unknown[] = [];
  const [fatal, lost, confirm] = [vi.fn(), vi.fn(), vi.fn(() => Promise.resolve())];
  const state = temporaryState();
  const executor = executorOf(behaviour);
  const space = new FreeSpace(state.directory, pino({ level: 'silent' }));
  const parts: TaskParts = {
    broker: {
      names,
      offsets: offsetsOf(broker, fetcher),
      fetcher: fetcher as unknown as Fetcher,
      deadLetters: new DeadLetterLimit(),
      createProducer: () => broker.producer(),
    },
    stores: storesOn(state.environment, space),
    job: {
      executor,
      encoder: textEncoder(),
      schemas: resolverOf(schemas),
      sinkTopics: SINK_TOPICS,
      deadLetterTopic: 'NOTIFICATION_DLQ',
      bootstrap: options.bootstrap ?? NOTHING_COMES_FIRST,
      startFrom: 'startFrom' in options ? options.startFrom : 'earliest',
      limits: { ...LIMITS, commitRecords: options.commitRecords ?? LIMITS.commitRecords },
    },
    worker: {
      metrics: createMetrics(registry),
      log: pino({ level: 'silent' }),
      clock: { now: () => 2_000_000 },
      outage: (_, error) => outages.push(error),
      fatal,
    },
    group: { confirm, partitionCount: () => 1, lost },
  };
  const sources = (options.topics ?? [TASKS, CRM]).map((topic) => sourcePartition(topic, 0));
  const create = (): Task => new Task(0, sources, MEMBER, parts);
  const elsewhere: TaskParts = { ...parts, stores: storesOn(temporaryState().environment, space) };
  return {
    task: create(),
    again: create,
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

function executorOf(behaviour: Rig['behaviour']): Executor<NotificationStores> {
  const attempts = new Map<string, number>();
  return {
    process(record: SourceRecord, { stores, outputs }: ExecutionContext<NotificationStores>): Processed {
      const text = record.value!.toString();
      if (stores['dedup-window'].has(record, digestOf(text))) return { kind: 'dropped', reason: 'duplicate' };
      const attempt = (attempts.get(text) ?? 0) + 1;
      attempts.set(text, attempt);
      const processed = behaviour.get(text)?.(attempt) ?? forwarded(text);
      outputs.begin();
      if (processed.kind === 'forwarded') emitText(outputs, text);
      if (processed.kind === 'dead-lettered') outputs.add(this.deadLetter(record, processed.cause));
      return processed;
    },
    deadLetter: (record, cause) =>
      deadLetter(`${record.value!.toString()} ${cause.reason} ${cause.attempts}`, record.key),
  };
}

/** Throws RetryableError until that attempt. */
export function failingUntil(attempt: number, text: string): (now: number) => Processed {
  return (now) => {
    if (now < attempt) throw new RetryableError(`${text} is not ready`);
    return forwarded(text);
  };
}

function offsetsOf(broker: FakeBroker, fetcher: FakeFetcher): Offsets {
  const end = (topic: string): number =>
    topic === broker.changelogTopic ? broker.changelogEnd : (fetcher.logs.get(topic)?.length ?? 0);
  const offsets: Pick<Offsets, 'at' | 'committed' | 'highWatermarks' | 'topicIds'> = {
    at: (spec, partitions) =>
      Promise.resolve(
        partitions.map(({ topic, partition }) => ({ topic, partition, offset: spec === 'latest' ? end(topic) : 0 })),
      ),
    highWatermarks: (partitions) =>
      Promise.resolve(partitions.map(({ topic, partition }) => ({ topic, partition, offset: end(topic) }))),
    committed: (partitions) =>
      Promise.resolve(
        partitions.flatMap(({ topic, partition }) =>
          broker.offsets.has(topic)
            ? [{ topic, partition, offset: broker.offsets.get(topic)!, metadata: broker.metadata.get(topic) ?? '' }]
            : [],
        ),
      ),
    topicIds: (topics) => Promise.resolve(new Map([...fetcher.ids].filter(([topic]) => topics.includes(topic)))),
  };
  return offsets as Offsets;
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

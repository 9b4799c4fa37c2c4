/** What a task is made of: the brokers, its stores, what it runs, and the worker around it. Each exists before the task does. */
import type { Clock } from '../../common/clock.js';
import type { Logger } from '../../common/log.js';
import type { Metrics } from '../../common/metrics.js';
import type { SampledLog } from '../../common/sampled-log.js';
import type { TopologyNames } from '../../common/topic-names.js';
import type { TopicEncoder } from '../../schemas/codecs.js';
import type { FreeSpace } from '../../state/lmdb/free-space.js';
import type { Executor } from '../graph/executor.js';
import type { TaskState } from '../graph/task-state.js';
import type { Tracing } from '../graph/tracing.js';
import type { Fetcher, Offsets, OffsetSpec, TransactionalProducer } from '../kafka/index.js';
import type { DeadLetterBudgetLimits } from './dead-letter-budget.js';
import type { DeadLetterLimit } from './dead-letter-limit.js';
import type { NewerRules } from './newer-rules.js';
import type { KeyPlacement } from './key-placement.js';

/** The brokers, as the tasks of one topology use them. */
export interface TaskBroker {
  readonly names: TopologyNames;
  readonly offsets: Offsets;
  readonly fetcher: Fetcher;
  readonly deadLetters: DeadLetterLimit;
  readonly keyPlacement: KeyPlacement;
  createProducer(task: number): TransactionalProducer;
}

/** The stores of all tasks of one topology on this worker. */
export interface TaskStores {
  /** The task's own; two of one task are never written at a time. */
  create(task: number): TaskState;
  /** The next changelog offset of each task whose stores are on this disk. */
  stored(): ReadonlyMap<number, number>;
  readonly space: FreeSpace;
  /** Where a damaged store of this worker was moved; undefined when none was. */
  readonly damaged: string | undefined;
}

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
  /** Past it a source partition pauses; undefined: no dead letters are too many. */
  readonly deadLetterBudget?: DeadLetterBudgetLimits | undefined;
}

interface SchemaWait {
  readonly ahead: Iterable<Buffer | null>;
  readonly signal: AbortSignal;
  /** Called for each try after the first. */
  readonly onRetry: () => void;
}

/** Resolves schema ids that a decoder does not know yet. */
export interface SchemaResolver {
  /** Asks the registry for a schema id, waiting out its outages; and for those in the values that come next. */
  resolve(schemaId: number, options: SchemaWait): Promise<void>;
}

/** A source whose records come before those of the others, and the store that is made of it: see bootstrap.ts. */
export interface BootstrapSource {
  /** Logical name of its topic; undefined where the topology has no such source. */
  readonly source: string | undefined;
  /** The store holds at least what was committed to its topic by now. */
  caughtUp(signal: AbortSignal): Promise<void>;
  /** Whether the record may be processed: one that came to us then (monotonic clock, ms) with this timestamp. */
  covers(arrivedAt: number, timestamp: number): boolean;
  /** Whether whoever is unknown to the store will stay so, as far as this record goes. */
  isSettled(arrivedAt: number, timestamp: number): boolean;
  /** Resolves when `holds` does, which asks one of the above. Rejects when the signal aborts. */
  until(holds: () => boolean, signal: AbortSignal): Promise<void>;
}

/** The topology has no such source: nothing is waited for. */
export const NO_BOOTSTRAP: BootstrapSource = {
  source: undefined,
  caughtUp: () => Promise.resolve(),
  covers: () => true,
  isSettled: () => true,
  until: () => Promise.resolve(),
};

/** An executor, with the version of the rules that it runs; undefined for a topology that has none. */
export interface VersionedExecutor {
  readonly executor: Executor;
  readonly rulesVersion: number | undefined;
}

/** What the tasks run. */
export interface TaskJob {
  /** Asked at the begin of each commit: all its records are processed by one. */
  readonly executor: () => VersionedExecutor;
  readonly encoder: OutputEncoder;
  readonly schemas: SchemaResolver;
  /** Logical names of the topics that it writes. */
  readonly sinkTopics: readonly string[];
  /** Logical name of the one for dead letters, which is among them. */
  readonly deadLetterTopic: string;
  readonly bootstrap: BootstrapSource;
  /** START_FROM; undefined when it was not given. */
  readonly startFrom: OffsetSpec | undefined;
  readonly limits: TaskLimits;
}

/** Encodes a topology's events, topic by topic. */
export interface OutputEncoder {
  /** `topic`: logical name. */
  forTopic(topic: string): TopicEncoder<never>;
}

/** The group, as a task asks it. */
export interface TaskGroupAnswers {
  /** Logical names of all topics that its tasks read. */
  readonly sourceTopics: readonly string[];
  /** Throws FencedError when the group has moved on, OutageError when nobody answers. */
  confirm(generation: number): Promise<void>;
  /** How many partitions the topic (its logical name) has, as the leader of the group counted them. */
  partitionCount(topic: string): number;
  readonly newerRules: NewerRules;
  /** The task is no longer ours: it has closed dirty, the worker must join again. */
  lost(task: number): void;
}

/** The worker around the tasks. */
export interface TaskWorker {
  readonly metrics: Metrics;
  readonly log: Logger;
  /** The same, for lines that records cause: whoever sends them must not fill it. */
  readonly sampledLog: SampledLog;
  readonly clock: Clock;
  readonly tracing: Tracing;
  /** The error while the task waits for the brokers; undefined when it goes on. */
  outage(task: number, error: unknown): void;
  /** Something that waiting does not cure: the worker ends. */
  fatal(error: unknown): void;
}

export interface TaskParts {
  readonly broker: TaskBroker;
  readonly stores: TaskStores;
  readonly job: TaskJob;
  readonly worker: TaskWorker;
  readonly group: TaskGroupAnswers;
}

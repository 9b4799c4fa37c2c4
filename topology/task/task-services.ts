/** What a task needs of its worker. */
import type { EventEncoder } from '../../schemas/codecs.js';
import type { StateEnvironment } from '../../state/lmdb/environment.js';
import type { FreeSpace } from '../../state/lmdb/free-space.js';
import type { WindowShape } from '../../state/dedup/stream-time.js';
import type { Bootstrapped } from './bootstrap.js';
import type { Clock } from '../../common/clock.js';
import type { DirectoryView } from '../../processors/context.js';
import type { Executor } from '../graph/executor.js';
import type { TransactionalProducer } from '../kafka/index.js';
import type { DeadLetterLimit } from './dead-letter-limit.js';
import type { TakeOverServices } from './take-over.js';

interface TaskLimits {
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
}

interface SchemaWait {
  readonly ahead: Iterable<Buffer | null>;
  readonly signal: AbortSignal;
  /** Called for each try after the first. */
  readonly onRetry: () => void;
}

export interface TaskServices extends TakeOverServices {
  readonly environment: StateEnvironment;
  readonly room: FreeSpace;
  readonly shape: WindowShape;
  readonly executor: Executor;
  readonly encoder: EventEncoder;
  readonly directory: DirectoryView;
  readonly clock: Clock;
  readonly limits: TaskLimits;
  readonly deadLetters: DeadLetterLimit;
  readonly createProducer: (task: number) => TransactionalProducer;
  /** Asks the registry for a schema id, waiting out its outages; and for those in the values that come next. */
  readonly resolveSchema: (schemaId: number, options: SchemaWait) => Promise<void>;
  /** Throws FencedError when the group has moved on, OutageError when nobody answers. */
  readonly confirm: (generation: number) => Promise<void>;
  /** The directory holds at least what was committed to its topic by now. */
  readonly directoryCaughtUp: (signal: AbortSignal) => Promise<void>;
  readonly bootstrap: Bootstrapped;
  /** The error while the task waits for the brokers; undefined when it goes on. */
  readonly outage: (task: number, error: unknown) => void;
  /** The task is no longer ours: it has closed dirty, the worker is to join again. */
  readonly lost: (task: number) => void;
  /** Something that waiting does not cure: the worker is to end. */
  readonly fatal: (error: unknown) => void;
}

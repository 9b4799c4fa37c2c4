/** Runs one record through the declared topology; pure but for what the context lets it look at. */
import type { SinkRecord, SourceRecord } from './record.js';
import type { DeadLetterCause, DropReason } from './outcome.js';
import type { DedupView, Digest, DirectoryView } from './context.js';
import type { DirectoryEntry } from '../state/directory-entry.js';

/** What one source record became. All of it is committed, or none. */
export type Processed =
  /** `outputs` go out and `digest` is remembered; `directory` is the user state that the record set, also among the outputs. */
  | {
      readonly kind: 'forwarded';
      readonly outputs: readonly SinkRecord[];
      readonly digest: Digest;
      readonly directory?: DirectoryEntry;
    }
  | { readonly kind: 'dropped'; readonly reason: DropReason }
  /** `outputs` is the dead letter alone: no digest is remembered, so a replay is processed. */
  | { readonly kind: 'dead-lettered'; readonly outputs: readonly SinkRecord[]; readonly cause: DeadLetterCause }
  /** The record's schema id is not known yet: resolve it, then process the record again. Nothing was staged. */
  | { readonly kind: 'unresolved'; readonly schemaId: number };

/** What the task gives for one record. */
export interface ExecutionContext {
  readonly now: number;
  readonly dedup: DedupView;
  readonly directory: DirectoryView;
  readonly notify: boolean;
}

export interface Executor {
  /**
   * Throws only RetryableError (a processor asks to be tried again). Any other error thrown by a processor
   * becomes a dead letter of reason `failed`.
   */
  process(record: SourceRecord, context: ExecutionContext): Processed;
  /** The dead letter for a record that can not be processed for a reason outside the topology (retries used up, refused by the broker). */
  deadLetter(record: SourceRecord, cause: DeadLetterCause): SinkRecord;
}

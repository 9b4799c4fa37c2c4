/** What a processor may look at besides its record. Read-only, and the same for every record of one commit. */
import type { Digest } from '../state/dedup/digest-bytes.js';
import type { DirectoryEntry } from '../state/directory/directory-entry.js';
import type { SourceRecord } from '../common/record.js';

/** The events seen within the dedup window. */
export interface DedupView {
  /** True when the digest was first seen earlier: committed, in flight or staged. */
  has(record: SourceRecord, digest: Digest): boolean;
}

/** The user directory as this worker knows it, with what this task itself wrote on top. */
export interface DirectoryView {
  get(tenantId: bigint, userId: bigint): DirectoryEntry | undefined;
}

export interface ProcessorContext {
  readonly record: SourceRecord;
  /** The clock, ms since the epoch, read once a commit. */
  readonly now: number;
  readonly dedup: DedupView;
  readonly directory: DirectoryView;
  /** Whether whoever the directory does not know is unknown for good: everything that came before this record is in it. */
  readonly isSettled: () => boolean;
  /**
   * False for account events older than START_FROM: they feed the directory and make no notification.
   */
  readonly notify: boolean;
}

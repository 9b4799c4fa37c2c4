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

/** The stores of the notifications topology. */
export interface NotificationStores {
  readonly 'dedup-window': DedupView;
  readonly 'user-directory': DirectoryView;
}

export interface ProcessorContext<Stores = NotificationStores> {
  readonly record: SourceRecord;
  /** The clock, ms since the epoch, read once a commit. */
  readonly now: number;
  /** By name. */
  readonly stores: Stores;
  /** Whether what the bootstrapped store does not hold is not to come: everything that came before this record is in it. */
  readonly isSettled: () => boolean;
  /** Whether newer rules than this worker's are in the group. */
  readonly isBehind: () => boolean;
  /**
   * False for records of a bootstrap source older than START_FROM: they feed its store and make no output.
   */
  readonly notify: boolean;
}

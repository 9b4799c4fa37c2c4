/** The state that processors look into, held in memory for the test driver. */
import type { Digest } from '../../state/dedup/digest-bytes.js';
import { hexOf } from '../../state/dedup/digest-bytes.js';
import { userKey, type DirectoryEntry } from '../../state/directory/directory-entry.js';
import type { DedupView, DirectoryView } from '../../processors/context.js';
import type { SourceRecord } from '../../common/record.js';

/** Events seen within the window, by the stream time of each source partition. */
export class InMemoryDedupWindow implements DedupView {
  readonly #windowMs: number;
  readonly #firstSeen = new Map<string, number>();
  readonly #streamTimes = new Map<string, number>();

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  has(record: SourceRecord, digest: Digest): boolean {
    const firstSeen = this.#firstSeen.get(hexOf(digest));
    return firstSeen !== undefined && this.#streamTimeOf(record) - firstSeen <= this.#windowMs;
  }

  remember(record: SourceRecord, digest: Digest): void {
    const streamTime = this.#streamTimeOf(record);
    this.#streamTimes.set(partitionOf(record), streamTime);
    this.#firstSeen.set(hexOf(digest), streamTime);
  }

  #streamTimeOf(record: SourceRecord): number {
    return Math.max(this.#streamTimes.get(partitionOf(record)) ?? 0, record.timestamp);
  }
}

export class InMemoryDirectory implements DirectoryView {
  readonly #entries = new Map<string, DirectoryEntry>();

  get(tenantId: bigint, userId: bigint): DirectoryEntry | undefined {
    return this.#entries.get(userKey(tenantId, userId));
  }

  set(entry: DirectoryEntry): void {
    this.#entries.set(userKey(entry.tenantId, entry.userId), entry);
  }
}

function partitionOf({ topic, partition }: SourceRecord): string {
  return `${topic}-${partition}`;
}

/**
 * The user directory: a global store, whole on every worker, filled from the compacted directory topic.
 *
 * Keys: [0][partition] -> the next offset to apply; [1][tenantId][userId] -> the entry as JSON.
 */
import { LRUCache } from 'lru-cache';
import { isNewer, type DirectoryEntry } from './directory-entry.js';
import { writeAtomically, type StateEnvironment } from './environment.js';
import type { Table } from './table.js';

/** Entries kept decoded: a few hundred bytes each. */
const CACHED_ENTRIES = 50_000;

export class UserDirectory {
  readonly #table: Table;
  /** null: known to be absent. */
  readonly #cache = new LRUCache<string, { readonly entry: DirectoryEntry | null }>({ max: CACHED_ENTRIES });
  #size: number;

  constructor(environment: StateEnvironment) {
    this.#table = environment.table('user-directory');
    this.#size = this.#table.count({ start: ENTRY_PREFIX });
  }

  /** Users known, deleted ones included. */
  get size(): number {
    return this.#size;
  }

  get(tenantId: bigint, userId: bigint): DirectoryEntry | undefined {
    const name = `${tenantId}|${userId}`;
    const cached = this.#cache.get(name);
    if (cached) return cached.entry ?? undefined;
    const stored = this.#table.get(entryKey(tenantId, userId));
    const entry = stored ? decode(tenantId, userId, stored) : null;
    this.#cache.set(name, { entry });
    return entry ?? undefined;
  }

  /** The next offset of a partition of the directory topic to apply; undefined when none was. */
  position(partition: number): number | undefined {
    const stored = this.#table.get(positionKey(partition));
    return stored === undefined ? undefined : Number(stored.readBigUInt64BE(0));
  }

  /** Applies entries of one partition, the newest of each user winning whatever their order, with the position after them. */
  async apply(partition: number, entries: readonly DirectoryEntry[], nextOffset: number): Promise<void> {
    const newest = new Map<string, DirectoryEntry>();
    let added = 0;
    for (const entry of entries) {
      const name = `${entry.tenantId}|${entry.userId}`;
      const present = newest.get(name) ?? this.get(entry.tenantId, entry.userId);
      if (present && !isNewer(entry, present)) continue;
      if (!present) added += 1;
      newest.set(name, entry);
    }
    const position = Buffer.alloc(8);
    position.writeBigUInt64BE(BigInt(nextOffset));
    await writeAtomically(this.#table, (batch) => {
      for (const entry of newest.values()) batch.put(entryKey(entry.tenantId, entry.userId), encode(entry));
      batch.put(positionKey(partition), position);
    });
    for (const [name, entry] of newest) this.#cache.set(name, { entry });
    this.#size += added;
  }

  /** Forgets everything: the topic was recreated. */
  async wipe(): Promise<void> {
    await writeAtomically(this.#table, (batch) => {
      for (const key of this.#table.keys()) batch.remove(key);
    });
    this.#cache.clear();
    this.#size = 0;
  }
}

const ENTRY_PREFIX = Buffer.from([1]);

function entryKey(tenantId: bigint, userId: bigint): Buffer {
  const key = Buffer.allocUnsafe(17);
  key[0] = 1;
  key.writeBigInt64BE(tenantId, 1);
  key.writeBigInt64BE(userId, 9);
  return key;
}

function positionKey(partition: number): Buffer {
  const key = Buffer.alloc(5);
  key.writeUInt32BE(partition, 1);
  return key;
}

type StoredEntry = Omit<DirectoryEntry, 'tenantId' | 'userId' | 'timestamp'> & { readonly timestamp: string };

function encode(entry: DirectoryEntry): Buffer {
  const { timestamp, eventId, deleted, email, fullName, locale, timeZone, deviceTokens, mutedChannels } = entry;
  const stored: StoredEntry = {
    timestamp: timestamp.toString(),
    eventId,
    deleted,
    email,
    fullName,
    locale,
    timeZone,
    deviceTokens,
    mutedChannels,
  };
  return Buffer.from(JSON.stringify(stored));
}

function decode(tenantId: bigint, userId: bigint, stored: Buffer): DirectoryEntry {
  const { timestamp, ...rest } = JSON.parse(stored.toString('utf8')) as StoredEntry;
  return { tenantId, userId, timestamp: BigInt(timestamp), ...rest };
}

/**
 * The user directory: a global store, whole on every worker, filled from the compacted directory topic.
 *
 * Keys: [0][partition] -> the next offset to apply; [1][tenantId][userId] -> the entry as JSON, with a
 * checksum; [2] -> format and topic id.
 */
import { FatalError } from '../../common/errors.js';
import { replaces, userKey, type DirectoryEntry } from './directory-entry.js';
import { clear, writeAtomically, type StateEnvironment } from '../lmdb/environment.js';
import { seal, unseal } from '../lmdb/sealed.js';
import type { Table } from '../lmdb/table.js';
import { UserCache } from './user-cache.js';

/** Entries that are kept decoded: a few hundred bytes each. */
const MOST_CACHED = 65_536;

export const DIRECTORY_TABLE = 'user-directory';

export class UserDirectory {
  readonly #environment: StateEnvironment;
  readonly #table: Table;
  /** null: known to be absent. */
  readonly #cache = new UserCache<DirectoryEntry | null>(MOST_CACHED);
  #size: number;
  #topicId: string | undefined;

  /** Throws FatalError when a newer version wrote the store, StoreDamagedError when an older one did. */
  constructor(environment: StateEnvironment) {
    this.#environment = environment;
    this.#table = environment.table(DIRECTORY_TABLE);
    this.#topicId = readDirectoryHead(environment);
    this.#size = this.#table.count({ start: ENTRY_PREFIX, end: HEAD_KEY });
  }

  /** The id of the topic whose offsets the positions are; undefined when the brokers know of none, or nothing was applied. */
  get topicId(): string | undefined {
    return this.#topicId;
  }

  /** Users known, deleted ones included. */
  get size(): number {
    return this.#size;
  }

  get(tenantId: bigint, userId: bigint): DirectoryEntry | undefined {
    const cached = this.#cache.get(tenantId, userId);
    if (cached !== undefined) return cached ?? undefined;
    const stored = this.#table.get(entryKey(tenantId, userId));
    const entry = stored ? this.#decode(tenantId, userId, stored) : null;
    this.#cache.set(tenantId, userId, entry);
    return entry ?? undefined;
  }

  /** The next offset of a partition of the directory topic to apply; undefined when none was. */
  position(partition: number): number | undefined {
    const stored = this.#table.get(positionKey(partition));
    return stored === undefined ? undefined : Number(stored.readBigUInt64BE(0));
  }

  /** From now on the positions are offsets of this topic, and start again when it is another one. The entries stay. */
  async follow(topicId: string | undefined, isAnother: boolean): Promise<void> {
    await writeAtomically(this.#table, (batch) => {
      const positions = isAnother ? this.#table.getRange({ start: Buffer.from([0]), end: ENTRY_PREFIX }) : [];
      for (const { key } of positions) batch.remove(key);
      batch.put(HEAD_KEY, Buffer.from(JSON.stringify({ format: FORMAT, topicId })));
    });
    this.#topicId = topicId;
  }

  /** Every entry, deletion markers included. */
  *entries(): Generator<DirectoryEntry> {
    for (const { key, value } of this.#table.getRange({ start: ENTRY_PREFIX, end: HEAD_KEY })) {
      yield this.#decode(key.readBigInt64BE(1), key.readBigInt64BE(9), value);
    }
  }

  /** Applies entries of one partition in their order, with the position after them; the newest of each user wins, by the clock (see `replaces`). */
  async apply(
    partition: number,
    entries: readonly DirectoryEntry[],
    nextOffset: number,
    clockMs: number,
  ): Promise<void> {
    const newest = new Map<string, DirectoryEntry>();
    let added = 0;
    for (const entry of entries) {
      const name = userKey(entry.tenantId, entry.userId);
      const present = newest.get(name) ?? this.get(entry.tenantId, entry.userId);
      if (present && !replaces(entry, present, clockMs)) continue;
      if (!present) added += 1;
      newest.set(name, entry);
    }
    const position = Buffer.alloc(8);
    position.writeBigUInt64BE(BigInt(nextOffset));
    await writeAtomically(this.#table, (batch) => {
      for (const entry of newest.values()) batch.put(entryKey(entry.tenantId, entry.userId), encode(entry));
      batch.put(positionKey(partition), position);
    });
    for (const entry of newest.values()) this.#cache.set(entry.tenantId, entry.userId, entry);
    this.#size += added;
  }

  /** Forgets everything: the topic was recreated. */
  async wipe(): Promise<void> {
    await clear(this.#table);
    this.#cache.clear();
    this.#size = 0;
    this.#topicId = undefined;
  }

  #decode(tenantId: bigint, userId: bigint, stored: Buffer): DirectoryEntry {
    const json = unseal(stored);
    if (!json) throw this.#environment.damaged('an entry of the user directory has a wrong checksum');
    const { timestamp, ...rest } = JSON.parse(json.toString('utf8')) as StoredEntry;
    return { tenantId, userId, timestamp: BigInt(timestamp), ...rest };
  }
}

const ENTRY_PREFIX = Buffer.from([1]);
const HEAD_KEY = Buffer.from([2]);
const FORMAT = 2;

/** Whether the value carries a checksum: those of users do. */
export function isSealedInDirectory(key: Buffer): boolean {
  return key[0] === ENTRY_PREFIX[0];
}

/** The topic's id. Throws FatalError when a newer version wrote the store, StoreDamagedError when an older one did. */
export function readDirectoryHead(environment: StateEnvironment): string | undefined {
  const stored = environment.table(DIRECTORY_TABLE).get(HEAD_KEY);
  if (!stored) return undefined;
  const { format, topicId } = JSON.parse(stored.toString('utf8')) as { format: number; topicId?: string };
  if (format < FORMAT) throw environment.damaged(`the store of the user directory has the old format ${format}`);
  if (format > FORMAT) {
    throw new FatalError(
      `the store of the user directory has format ${format}, this version reads ${FORMAT}: run the version that wrote it, or a newer one`,
    );
  }
  return topicId;
}

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
  return seal(Buffer.from(JSON.stringify(stored)));
}

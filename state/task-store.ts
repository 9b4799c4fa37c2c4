/**
 * One task's dedup entries and positions, on disk.
 *
 * Keys: [0] the checkpoint; [1][digest] -> [source][bucket]; [2][source][bucket][changelog offset] -> the digests that
 * the changelog record at that offset added to the bucket, by which whole buckets expire.
 * Holds nothing that Kafka has not committed; every write is one atomic step with the checkpoint.
 */
import { SOURCE_TOPICS } from '../topology/record.js';
import type { Digest } from '../topology/context.js';
import { FatalError } from '../topology/errors.js';
import { digestsByPrefix, type DigestsByPrefix } from './by-prefix.js';
import {
  DIGEST_BYTES,
  packDigests,
  unpackDigests,
  type BucketEntries,
  type ChangelogEntry,
  type SourcePosition,
} from './changelog-entry.js';
import { writeAtomically, type StateEnvironment, type Table } from './environment.js';
import { firstLiveBucket, type WindowShape } from './stream-time.js';

/** Up to where the store holds the changelog, and where the task stood then. */
export interface Checkpoint {
  /** The next changelog offset to apply. */
  readonly changelogOffset: number;
  readonly positions: ReadonlyMap<string, SourcePosition>;
}

/** A changelog entry with the offset that its record has. */
export interface CommittedEntry {
  readonly offset: number;
  readonly entry: ChangelogEntry;
}

const FORMAT = 1;
const CHECKPOINT_KEY = Buffer.from([0]);
const NO_DIGEST = '\0'.repeat(DIGEST_BYTES);
/** Entries added in one write, at most: about 100 ms of the event loop. */
const ADDED_PER_WRITE = 50_000;
/** Entries deleted in one write, about: a bounded time as well, and enough that a restore does not pile them up. */
const EXPIRED_PER_WRITE = 5_000;
const EXPIRED_PER_LARGE_WRITE = 25_000;

export class TaskStore {
  readonly #table: Table;
  readonly #shape: WindowShape;
  #checkpoint: Checkpoint | undefined;

  constructor(environment: StateEnvironment, task: number, shape: WindowShape) {
    this.#table = environment.table(tableName(task));
    this.#shape = shape;
    this.#checkpoint = readCheckpoint(this.#table, `task ${task}`);
  }

  /** Undefined for a store that never held anything. */
  get checkpoint(): Checkpoint | undefined {
    return this.#checkpoint;
  }

  /** The bucket in which the digest was first seen, expired or not; undefined when it is not there. */
  bucketOf(digest: Digest): number | undefined {
    return this.#table.get(entryKey(digest))?.readUInt32BE(1);
  }

  /**
   * Applies committed entries and moves the checkpoint to `nextOffset`, in one write; many entries (a restore, a
   * standby) in several, so that the event loop goes on. Digests are random, so a write touches nearly as many pages of
   * the tree as it has digests: in one call, in the tree's order, many entries are far faster than one by one.
   */
  async apply(entries: readonly CommittedEntry[], nextOffset: number): Promise<void> {
    const positions = new Map(this.#checkpoint?.positions);
    for (const { entry } of entries) for (const [topic, position] of entry.positions) positions.set(topic, position);
    const checkpoint: Checkpoint = { changelogOffset: nextOffset, positions };
    const added = digestsByPrefix(entries.flatMap(({ entry }) => entry.buckets));
    let from = 0;
    // Ahead of the checkpoint: a crash leaves facts without it, which are applied again.
    for (; added.digests.length - from > ADDED_PER_WRITE; from += ADDED_PER_WRITE) {
      await this.#write(positions, true, () => this.#put(added, from, from + ADDED_PER_WRITE));
    }
    await this.#write(positions, added.digests.length > EXPIRED_PER_WRITE, () => {
      this.#put(added, from, added.digests.length);
      for (const { offset, entry } of entries) this.#putLists(offset, entry);
      void this.#table.put(CHECKPOINT_KEY, encodeCheckpoint(checkpoint));
    });
    this.#checkpoint = checkpoint;
  }

  /** Everything that the store holds, list by list, as changelog entries would say it. */
  *buckets(): Generator<BucketEntries> {
    for (const { key, value } of this.#table.getRange({ start: Buffer.from([2]), end: Buffer.from([3]) })) {
      const listKey = Buffer.from(key);
      yield {
        topic: SOURCE_TOPICS[listKey[1]!]!,
        bucket: listKey.readUInt32BE(2),
        digests: unpackDigests(value),
      };
    }
  }

  /** The changelog was written anew from this store: the checkpoint moves to its end. */
  async reseeded(changelogOffset: number): Promise<void> {
    await this.apply([], changelogOffset);
  }

  /** Forgets everything: the store is not of this changelog. */
  async wipe(): Promise<void> {
    await writeAtomically(this.#table, () => {
      for (const key of this.#table.getKeys()) void this.#table.remove(Buffer.from(key));
    });
    this.#checkpoint = undefined;
  }

  /** Expiry comes first: what is added may be what expires with it and was seen again. */
  async #write(positions: ReadonlyMap<string, SourcePosition>, isLarge: boolean, add: () => void): Promise<void> {
    const expired = this.#expired(positions, isLarge ? EXPIRED_PER_LARGE_WRITE : EXPIRED_PER_WRITE);
    await writeAtomically(this.#table, () => {
      for (const key of expired) void this.#table.remove(key);
      add();
    });
  }

  #put({ digests, buckets }: DigestsByPrefix, from: number, to: number): void {
    const values = new Map<BucketEntries, Buffer>();
    // lmdb copies a key at once, and keeps a value until it is written: one key serves all, one value each bucket.
    const key = entryKey(NO_DIGEST);
    for (let i = from; i < to; i += 1) {
      const bucket = buckets[i]!;
      let value = values.get(bucket);
      if (!value) values.set(bucket, (value = entryValue(bucket)));
      key.write(digests[i]!, 1, DIGEST_BYTES, 'latin1');
      void this.#table.put(key, value);
    }
  }

  #putLists(offset: number, { buckets }: ChangelogEntry): void {
    for (const { topic, bucket, digests } of buckets) {
      void this.#table.put(bucketKey(sourceIndex(topic), bucket, offset), packDigests(digests));
    }
  }

  /** Keys of entries whose bucket is over, and of the lists that named them; up to the list that passes the limit. */
  #expired(positions: ReadonlyMap<string, SourcePosition>, limit: number): Buffer[] {
    const keys: Buffer[] = [];
    for (const [topic, { streamTime }] of positions) {
      const source = sourceIndex(topic);
      const live = firstLiveBucket(streamTime, this.#shape);
      if (live <= 0) continue;
      const range = { start: bucketKey(source, 0, 0), end: bucketKey(source, live, 0) };
      for (const { key, value } of this.#table.getRange(range)) {
        const listKey = Buffer.from(key);
        const bucket = listKey.readUInt32BE(2);
        for (const digest of unpackDigests(value)) {
          // Seen again since it expired: it lives in a later bucket now.
          if (this.bucketOf(digest) === bucket) keys.push(entryKey(digest));
        }
        keys.push(listKey);
        if (keys.length >= limit) return keys;
      }
    }
    return keys;
  }
}

/** Tasks that have a store in this environment, with their checkpoints. */
export function storedTasks(environment: StateEnvironment): Map<number, Checkpoint> {
  const stored = new Map<number, Checkpoint>();
  for (const name of environment.tables()) {
    const task = /^task-(\d+)$/.exec(name)?.[1];
    if (task === undefined) continue;
    const checkpoint = readCheckpoint(environment.table(name), name);
    if (checkpoint) stored.set(Number(task), checkpoint);
  }
  return stored;
}

function tableName(task: number): string {
  return `task-${task}`;
}

function entryKey(digest: Digest): Buffer {
  const key = Buffer.allocUnsafe(1 + DIGEST_BYTES);
  key[0] = 1;
  key.write(digest, 1, DIGEST_BYTES, 'latin1');
  return key;
}

/** The source and the bucket in which the digest was first seen. */
function entryValue({ topic, bucket }: BucketEntries): Buffer {
  const value = Buffer.allocUnsafe(5);
  value.writeUInt8(sourceIndex(topic), 0);
  value.writeUInt32BE(bucket, 1);
  return value;
}

function bucketKey(source: number, bucket: number, offset: number): Buffer {
  const key = Buffer.allocUnsafe(14);
  key[0] = 2;
  key[1] = source;
  key.writeUInt32BE(bucket, 2);
  key.writeBigUInt64BE(BigInt(offset), 6);
  return key;
}

/** The place in SOURCE_TOPICS, which is why that list is only ever appended to. */
function sourceIndex(topic: string): number {
  const index = (SOURCE_TOPICS as readonly string[]).indexOf(topic);
  if (index < 0) throw new FatalError(`the changelog names a source topic ${topic} that this version does not know`);
  return index;
}

function encodeCheckpoint({ changelogOffset, positions }: Checkpoint): Buffer {
  return Buffer.from(JSON.stringify({ format: FORMAT, changelogOffset, positions: Object.fromEntries(positions) }));
}

function readCheckpoint(table: Table, where: string): Checkpoint | undefined {
  const stored = table.get(CHECKPOINT_KEY);
  if (!stored) return undefined;
  const { format, changelogOffset, positions } = JSON.parse(stored.toString('utf8')) as {
    format: number;
    changelogOffset: number;
    positions: Record<string, SourcePosition>;
  };
  if (format !== FORMAT) {
    throw new FatalError(
      `the store of ${where} has format ${format}, this version reads ${FORMAT}: run the version that wrote it, or a newer one`,
    );
  }
  return { changelogOffset, positions: new Map(Object.entries(positions)) };
}

/**
 * One task's dedup entries and positions, on disk.
 *
 * Keys: [0] the checkpoint; [1][digest] -> [source][bucket]; [2][source][bucket][changelog offset] -> the digests that
 * the changelog record at that offset added to the bucket, by which whole buckets expire. The checkpoint and the lists
 * carry checksums.
 * Holds nothing that Kafka has not committed; every write is one atomic step with the checkpoint.
 */
import { SOURCE_TOPICS } from '../topology/record.js';
import type { Digest } from '../topology/context.js';
import { crashPoint } from '../topology/crash-point.js';
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
import { writeAtomically, type StateEnvironment } from './environment.js';
import { seal, unseal } from './sealed.js';
import { firstLiveBucket, type WindowShape } from './stream-time.js';
import type { Batch, Table } from './table.js';

/** Up to where the store holds the changelog, and where the task stood then. */
export interface Checkpoint {
  /** The changelog topic whose offset this is; undefined where the brokers know of no ids. */
  readonly changelogId?: string | undefined;
  /** The next changelog offset to apply. */
  readonly changelogOffset: number;
  readonly positions: ReadonlyMap<string, SourcePosition>;
}

/** A changelog entry with the offset that its record has. */
export interface CommittedEntry {
  readonly offset: number;
  readonly entry: ChangelogEntry;
}

const FORMAT = 2;
const CHECKPOINT_KEY = Buffer.from([0]);
/** Of an entry's value: source and bucket. */
const ENTRY_BYTES = 5;
/** Entries added in one write, at most: about 100 ms of the event loop. */
const ADDED_PER_WRITE = 50_000;
/** Entries deleted in one write, about: a bounded time as well, and enough that a restore does not pile them up. */
const EXPIRED_PER_WRITE = 5_000;
const EXPIRED_PER_LARGE_WRITE = 25_000;

export class TaskStore {
  readonly #environment: StateEnvironment;
  readonly #task: number;
  readonly #table: Table;
  readonly #shape: WindowShape;
  #checkpoint: Checkpoint | undefined;
  #changelogId: string | undefined;

  constructor(environment: StateEnvironment, task: number, shape: WindowShape) {
    this.#environment = environment;
    this.#task = task;
    this.#table = environment.table(tableName(task));
    this.#shape = shape;
    this.#checkpoint = readCheckpoint(this.#table, task, environment);
    this.#changelogId = this.#checkpoint?.changelogId;
  }

  /** Undefined for a store that never held anything. */
  get checkpoint(): Checkpoint | undefined {
    return this.#checkpoint;
  }

  /** The changelog topic whose offsets the checkpoints carry from the next write on. */
  follow(changelogId: string | undefined): void {
    this.#changelogId = changelogId;
  }

  /** The bucket in which the digest was first seen, expired or not; undefined when it is not there. */
  bucketOf(digest: Digest): number | undefined {
    const entry = this.#table.get(entryKey(digest));
    if (entry === undefined || entry.length === ENTRY_BYTES) return entry?.readUInt32BE(1);
    throw this.#environment.damaged(
      `an entry of task ${this.#task} has ${entry.length} bytes, expected ${ENTRY_BYTES}`,
    );
  }

  /**
   * Applies committed entries and moves the checkpoint to `nextOffset`, in one write; many entries (a restore, a
   * standby) in several, so that the event loop goes on. Digests are random, so a write touches nearly as many pages of
   * the tree as it has digests: in one call, in the tree's order, many entries are far faster than one by one.
   */
  async apply(entries: readonly CommittedEntry[], nextOffset: number): Promise<void> {
    const positions = new Map(this.#checkpoint?.positions);
    for (const { entry } of entries) for (const [topic, position] of entry.positions) positions.set(topic, position);
    const checkpoint: Checkpoint = { changelogId: this.#changelogId, changelogOffset: nextOffset, positions };
    const added = digestsByPrefix(entries.flatMap(({ entry }) => entry.buckets));
    let from = 0;
    // Ahead of the checkpoint: a crash leaves facts without it, which are applied again.
    for (; added.digests.length - from > ADDED_PER_WRITE; from += ADDED_PER_WRITE) {
      await this.#write(positions, true, (batch) => put(batch, added, from, from + ADDED_PER_WRITE));
    }
    await this.#write(positions, added.digests.length > EXPIRED_PER_WRITE, (batch) => {
      put(batch, added, from, added.digests.length);
      for (const { offset, entry } of entries) this.#putLists(batch, offset, entry);
      batch.put(CHECKPOINT_KEY, encodeCheckpoint(this.#task, checkpoint));
      batch.halfway = () => crashPoint('store-writing');
    });
    this.#checkpoint = checkpoint;
  }

  /** Everything that the store holds, list by list, as changelog entries would say it. */
  *buckets(): Generator<BucketEntries> {
    for (const { key, value } of this.#table.getRange({ start: Buffer.from([2]), end: Buffer.from([3]) })) {
      yield {
        topic: SOURCE_TOPICS[key[1]!]!,
        bucket: key.readUInt32BE(2),
        digests: this.#unpack(value),
      };
    }
  }

  /** The changelog was written anew from this store: the checkpoint moves to its end. */
  async reseeded(changelogId: string | undefined, changelogOffset: number): Promise<void> {
    this.follow(changelogId);
    await this.apply([], changelogOffset);
  }

  /** Forgets everything: the store is not of this changelog. */
  async wipe(): Promise<void> {
    await writeAtomically(this.#table, (batch) => {
      for (const key of this.#table.keys()) batch.remove(key);
    });
    this.#checkpoint = undefined;
  }

  /** Expiry comes first: what is added may be what expires with it and was seen again. */
  async #write(
    positions: ReadonlyMap<string, SourcePosition>,
    isLarge: boolean,
    add: (batch: Batch) => void,
  ): Promise<void> {
    const expired = this.#expired(positions, isLarge ? EXPIRED_PER_LARGE_WRITE : EXPIRED_PER_WRITE);
    await writeAtomically(this.#table, (batch) => {
      for (const key of expired) batch.remove(key);
      add(batch);
    });
  }

  #putLists(batch: Batch, offset: number, { buckets }: ChangelogEntry): void {
    for (const { topic, bucket, digests } of buckets) {
      const key = bucketKey(sourceIndex(topic), bucket, offset);
      // A list of an earlier changelog may stand at the same offset (`state reseed`): it is still needed to expire.
      const present = this.#table.get(key);
      const all = present ? [...new Set([...this.#unpack(present), ...digests])] : digests;
      batch.put(key, seal(packDigests(all)));
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
        const bucket = key.readUInt32BE(2);
        for (const digest of this.#unpack(value)) {
          // Seen again since it expired: it lives in a later bucket now.
          if (this.bucketOf(digest) === bucket) keys.push(entryKey(digest));
        }
        keys.push(key);
        if (keys.length >= limit) return keys;
      }
    }
    return keys;
  }

  #unpack(list: Buffer): Digest[] {
    const packed = unseal(list);
    if (!packed) throw this.#environment.damaged(`a list of digests of task ${this.#task} has a wrong checksum`);
    return unpackDigests(packed);
  }
}

function put(batch: Batch, { digests, buckets }: DigestsByPrefix, from: number, to: number): void {
  // One value serves a whole bucket.
  const values = new Map<BucketEntries, Buffer>();
  for (let i = from; i < to; i += 1) {
    const bucket = buckets[i]!;
    let value = values.get(bucket);
    if (!value) values.set(bucket, (value = entryValue(bucket)));
    batch.put(entryKey(digests[i]!), value);
  }
}

/** Tasks that have a store in this environment, with their checkpoints. */
export function storedTasks(environment: StateEnvironment): Map<number, Checkpoint> {
  const stored = new Map<number, Checkpoint>();
  for (const name of environment.tables()) {
    const task = /^task-(\d+)$/.exec(name)?.[1];
    if (task === undefined) continue;
    const checkpoint = readCheckpoint(environment.table(name), Number(task), environment);
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
  const value = Buffer.allocUnsafe(ENTRY_BYTES);
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

function encodeCheckpoint(task: number, { changelogId, changelogOffset, positions }: Checkpoint): Buffer {
  const content = { format: FORMAT, task, changelogId, changelogOffset, positions: Object.fromEntries(positions) };
  return seal(Buffer.from(JSON.stringify(content)));
}

interface StoredCheckpoint {
  readonly format: number;
  readonly task: number;
  readonly changelogId?: string;
  readonly changelogOffset: number;
  readonly positions: Record<string, SourcePosition>;
}

/** Throws FatalError for a newer format, StoreDamagedError for what is not this task's checkpoint in ours. */
function readCheckpoint(table: Table, task: number, environment: StateEnvironment): Checkpoint | undefined {
  const stored = table.get(CHECKPOINT_KEY);
  if (!stored) return undefined;
  const sealed = unseal(stored);
  // A newer format may be sealed in another way: it is told by its own word, as long as it can be read.
  const content = parseCheckpoint(sealed ?? stored);
  if (content && content.format > FORMAT) {
    throw new FatalError(
      `the store of task ${task} has format ${content.format}, this version reads ${FORMAT}: run the version that wrote it, or a newer one`,
    );
  }
  if (!sealed || !content) throw environment.damaged(`the checkpoint of task ${task} has a wrong checksum`);
  if (content.format < FORMAT)
    throw environment.damaged(`the store of task ${task} has the old format ${content.format}`);
  if (content.task !== task) throw environment.damaged(`the store of task ${task} is that of task ${content.task}`);
  const { changelogId, changelogOffset, positions } = content;
  return { changelogId, changelogOffset, positions: new Map(Object.entries(positions)) };
}

function parseCheckpoint(text: Buffer): StoredCheckpoint | undefined {
  try {
    return JSON.parse(text.toString('utf8')) as StoredCheckpoint;
  } catch {
    return undefined; // damaged, as the checksum says as well
  }
}

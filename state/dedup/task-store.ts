/**
 * One task's dedup entries and positions, on disk.
 *
 * Keys: [0] the checkpoint; [1]... the source topics beside the contract's (source-numbers.ts); [2]... the digests that
 * were seen, in segments (segments.ts). Each value carries a checksum.
 * Holds nothing that Kafka has not committed; every write is one atomic step with the checkpoint.
 */
import type { Digest } from './digest-bytes.js';
import { crashPoint } from '../../common/crash-point.js';
import { FatalError } from '../../common/errors.js';
import { countDigests, type BucketDigests, type ChangelogEntry } from './changelog-entry.js';
import type { Checkpoint, SourcePosition } from '../../common/source-position.js';
import { DIGEST_BYTES } from './digest-bytes.js';
import { clear, writeAtomically, type StateEnvironment } from '../lmdb/environment.js';
import { seal, unseal } from '../lmdb/sealed.js';
import { Segments, type SegmentChange } from './segments.js';
import { SourceNumbers } from './source-numbers.js';
import { firstLiveBucket, type WindowShape } from './stream-time.js';
import type { Batch, Table } from '../lmdb/table.js';

/** A changelog entry with the offset that its record has. */
export interface CommittedEntry {
  readonly offset: number;
  readonly entry: ChangelogEntry;
}

const FORMAT = 4;
const CHECKPOINT_KEY = Buffer.from([0]);
/** Digests added in one write, at most: some 10 ms of the event loop. */
const ADDED_PER_WRITE = 20_000;
/** The same of a replay, about, whose index is brought up to date while the disk is written. A record's are not divided. */
const REPLAYED_PER_WRITE = 64_000;
/** Digests that expire in one write, about, beside twice as many as it adds: a restore does not pile them up. */
const EXPIRED_PER_WRITE = 2_500;

export class TaskStore {
  readonly #task: number;
  readonly #environment: StateEnvironment;
  readonly #table: Table;
  readonly #shape: WindowShape;
  readonly #sources: SourceNumbers;
  readonly #segments: Segments;
  #loading: Promise<void> | undefined;
  #isLoaded = false;
  #checkpoint: Checkpoint | undefined;
  #changelogId: string | undefined;

  /** Reads the checkpoint; the digests are read by `load`. */
  constructor(environment: StateEnvironment, task: number, shape: WindowShape) {
    this.#task = task;
    this.#environment = environment;
    this.#table = environment.table(tableName(task));
    this.#shape = shape;
    const damaged = (why: string): Error => environment.damaged(`of task ${task}, ${why}`);
    this.#sources = new SourceNumbers(this.#table, damaged);
    this.#segments = new Segments(this.#table, this.#sources, damaged);
    this.#checkpoint = readCheckpoint(this.#table, task, environment);
    this.#changelogId = this.#checkpoint?.changelogId;
  }

  /** Undefined for a store that never held anything. */
  get checkpoint(): Checkpoint | undefined {
    return this.#checkpoint;
  }

  /** Entries that it holds, once it is loaded. */
  get size(): number {
    return this.#segments.size;
  }

  /** Reads what is on the disk, so that `bucketOf` can answer; a second call waits for the first, and tries again when that has failed. */
  load(): Promise<void> {
    return (this.#loading ??= this.#table.mutex
      .runExclusive(() => this.#load())
      .catch((error: unknown) => {
        this.#loading = undefined;
        throw error;
      }));
  }

  async #load(): Promise<void> {
    // Another owner here may have written since this one was made: the table's last task, as it was closed.
    this.#checkpoint = readCheckpoint(this.#table, this.#task, this.#environment);
    this.#sources.load();
    // What one that failed has left.
    this.#segments.cleared();
    await this.#segments.load();
    this.#isLoaded = true;
  }

  /** A write is made of what the one before has left, so each waits for it; and for the disk to be read. */
  #writing(write: () => Promise<void>): Promise<void> {
    const loaded = this.load();
    return this.#table.mutex.runExclusive(async () => {
      await loaded;
      await write();
    });
  }

  /** The changelog topic whose offsets the checkpoints carry from the next write on. */
  follow(changelogId: string | undefined): void {
    this.#changelogId = changelogId;
  }

  /** The bucket in which the digest was first seen, expired or not; undefined when it is not there. After `load`. */
  bucketOf(digest: Digest): number | undefined {
    if (!this.#isLoaded) throw new Error(`the store of task ${this.#task} is asked before it was loaded`);
    return this.#segments.bucketOf(digest);
  }

  /**
   * Applies committed entries and moves the checkpoint to `nextOffset`, in one write; many entries in several, so that
   * the event loop goes on. Entries that are there, or expired, change nothing.
   * `areNew`: the caller has looked for each, and found none that lives.
   */
  apply(entries: readonly CommittedEntry[], nextOffset: number, areNew = false): Promise<void> {
    const pieces = inPieces(entries.flatMap(({ entry }) => entry.buckets));
    return this.#writing(() =>
      this.#writeAll(entries, nextOffset, pieces, (added, firstLive) =>
        this.#segments.change(added, firstLive, expiredBeside(countDigests(added)), areNew),
      ),
    );
  }

  /** The same of what a restore or a standby has read of the changelog. */
  replay(entries: readonly CommittedEntry[], nextOffset: number): Promise<void> {
    return this.#writing(async () => {
      // From before the last write on: what that brought must be found.
      if (entries[0] && entries[0].offset < (this.#checkpoint?.changelogOffset ?? 0)) this.#segments.settleNow();
      try {
        await this.#writeAll(entries, nextOffset, inWrites(entries), (runs, firstLive) =>
          this.#segments.replay(runs, firstLive, expiredBeside(countDigests(runs))),
        );
      } catch (error) {
        this.#segments.settleNow(); // what was written will be replayed again
        throw error;
      }
    });
  }

  /**
   * A restore is under way, and will have left about so many entries: what is in memory is laid out for that at once,
   * instead of in ten steps, each of which moves everything.
   */
  expect(entries: number): void {
    this.#segments.expect(entries);
  }

  /** A restore is over: what it brought is made ready to be found, before anybody waits for that. */
  settle(): Promise<void> {
    return this.#segments.settle();
  }

  /** Everything that the store holds, piece by piece, as changelog entries would say it. */
  buckets(): Generator<BucketDigests> {
    return this.#segments.entries();
  }

  /** The changelog was written again from this store: the checkpoint moves to its end. */
  async reseeded(changelogId: string | undefined, changelogOffset: number): Promise<void> {
    this.follow(changelogId);
    await this.apply([], changelogOffset);
  }

  /** Forgets everything: the store is not of this changelog. */
  wipe(): Promise<void> {
    return this.#table.mutex.runExclusive(async () => {
      await clear(this.#table);
      this.#sources.load();
      this.#segments.cleared();
      this.#checkpoint = undefined;
    });
  }

  /** Each piece in a write, the checkpoint with the last one. */
  async #writeAll(
    entries: readonly CommittedEntry[],
    nextOffset: number,
    pieces: readonly BucketDigests[][],
    changeOf: (piece: readonly BucketDigests[], firstLive: ReadonlyMap<number, number>) => SegmentChange,
  ): Promise<void> {
    const positions = new Map(this.#checkpoint?.positions);
    for (const { entry } of entries) for (const [source, position] of entry.positions) positions.set(source, position);
    const checkpoint: Checkpoint = { changelogId: this.#changelogId, changelogOffset: nextOffset, positions };
    const firstLive = new Map(
      [...positions].map(([source, { streamTime }]) => [
        this.#sources.numberOf(source),
        firstLiveBucket(streamTime, this.#shape),
      ]),
    );
    // Ahead of the checkpoint: a crash leaves facts without it, which are applied again.
    for (const piece of pieces.slice(0, -1)) await this.#write(changeOf(piece, firstLive));
    await this.#write(changeOf(pieces.at(-1) ?? [], firstLive), (batch) => {
      batch.put(CHECKPOINT_KEY, encodeCheckpoint(this.#task, checkpoint));
      batch.halfway = () => crashPoint('store-writing');
    });
    this.#checkpoint = checkpoint;
  }

  async #write(change: SegmentChange, also?: (batch: Batch) => void): Promise<void> {
    const written = writeAtomically(this.#table, (batch) => {
      this.#sources.write(batch);
      this.#segments.write(change, batch);
      also?.(batch);
    });
    await this.#segments.tidyDuring(written, change);
    await written;
    this.#sources.changed();
    this.#segments.changed(change);
  }
}

function expiredBeside(added: number): number {
  return EXPIRED_PER_WRITE + 2 * added;
}

/** What each write of a replay is to take. */
function inWrites(entries: readonly CommittedEntry[]): BucketDigests[][] {
  const writes: BucketDigests[][] = [];
  let room = 0;
  for (const { entry } of entries) {
    if (room <= 0) {
      writes.push([]);
      room = REPLAYED_PER_WRITE;
    }
    writes.at(-1)!.push(...entry.buckets);
    room -= countDigests(entry.buckets);
  }
  return writes;
}

/** What each write is to add. */
function inPieces(lists: readonly BucketDigests[]): BucketDigests[][] {
  const pieces: BucketDigests[][] = [[]];
  let room = ADDED_PER_WRITE * DIGEST_BYTES;
  for (const { source, bucket, packed } of lists) {
    for (let from = 0; from < packed.length;) {
      if (room === 0) {
        pieces.push([]);
        room = ADDED_PER_WRITE * DIGEST_BYTES;
      }
      const some = packed.subarray(from, from + room);
      pieces.at(-1)!.push({ source, bucket, packed: some });
      from += some.length;
      room -= some.length;
    }
  }
  return pieces;
}

const TASK_TABLE = /^task-(\d+)$/;

/** Whether the table is a task's: every value in it carries a checksum. */
export function isTaskTable(name: string): boolean {
  return TASK_TABLE.test(name);
}

/** Tasks that have a store in this environment, with their checkpoints. */
export function storedTasks(environment: StateEnvironment): Map<number, Checkpoint> {
  const stored = new Map<number, Checkpoint>();
  for (const name of environment.tables()) {
    const task = TASK_TABLE.exec(name)?.[1];
    if (task === undefined) continue;
    const checkpoint = readCheckpoint(environment.table(name), Number(task), environment);
    if (checkpoint) stored.set(Number(task), checkpoint);
  }
  return stored;
}

function tableName(task: number): string {
  return `task-${task}`;
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

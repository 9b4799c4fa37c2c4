/**
 * One task's dedup entries and positions, on disk.
 *
 * Keys: [0] the checkpoint; [2]... the digests that were seen, in segments (segments.ts). Each value carries a checksum.
 * Holds nothing that Kafka has not committed; every write is one atomic step with the checkpoint.
 */
import type { Digest } from '../topology/context.js';
import { crashPoint } from '../topology/crash-point.js';
import { FatalError } from '../topology/errors.js';
import type { BucketEntries, ChangelogEntry, SourcePosition } from './changelog-entry.js';
import { writeAtomically, type StateEnvironment } from './environment.js';
import { seal, unseal } from './sealed.js';
import { Segments, sourceNumber } from './segments.js';
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

const FORMAT = 4;
const CHECKPOINT_KEY = Buffer.from([0]);
/** Digests added in one write, at most: some 10 ms of the event loop. */
const ADDED_PER_WRITE = 20_000;
/** Digests that expire in one write, about, beside twice as many as it adds: a restore does not pile them up. */
const EXPIRED_PER_WRITE = 5_000;

export class TaskStore {
  readonly #task: number;
  readonly #table: Table;
  readonly #shape: WindowShape;
  readonly #segments: Segments;
  #loading: Promise<void> | undefined;
  #isLoaded = false;
  #checkpoint: Checkpoint | undefined;
  #changelogId: string | undefined;

  /** Reads the checkpoint; the digests are read by `load`. */
  constructor(environment: StateEnvironment, task: number, shape: WindowShape) {
    this.#task = task;
    this.#table = environment.table(tableName(task));
    this.#shape = shape;
    this.#segments = new Segments(this.#table, (why) => environment.damaged(`of task ${task}, ${why}`));
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

  /** Reads what is on the disk, so that `bucketOf` can answer; a second call waits for the first. */
  load(): Promise<void> {
    this.#loading ??= this.#segments.load().then(() => {
      this.#isLoaded = true;
    });
    return this.#loading;
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
   * Applies committed entries and moves the checkpoint to `nextOffset`, in one write; many entries (a restore, a
   * standby) in several, so that the event loop goes on. Entries that are there, or expired, change nothing.
   * `areNew`: the caller has looked for each, and found none that lives.
   */
  async apply(entries: readonly CommittedEntry[], nextOffset: number, areNew = false): Promise<void> {
    await this.load();
    const positions = new Map(this.#checkpoint?.positions);
    for (const { entry } of entries) for (const [source, position] of entry.positions) positions.set(source, position);
    const checkpoint: Checkpoint = { changelogId: this.#changelogId, changelogOffset: nextOffset, positions };
    const pieces = inPieces(entries.flatMap(({ entry }) => entry.buckets));
    const last = pieces.pop() ?? [];
    // Ahead of the checkpoint: a crash leaves facts without it, which are applied again.
    for (const piece of pieces) await this.#write(positions, piece, areNew);
    await this.#write(positions, last, areNew, (batch) => {
      batch.put(CHECKPOINT_KEY, encodeCheckpoint(this.#task, checkpoint));
      batch.halfway = () => crashPoint('store-writing');
    });
    this.#checkpoint = checkpoint;
  }

  /**
   * A restore is under way, and will have left about so many entries; 0: it is over. What is in memory is laid out for
   * that at once, instead of in ten steps, each of which moves everything.
   */
  expect(entries: number): void {
    this.#segments.expect(entries);
  }

  /** Everything that the store holds, piece by piece, as changelog entries would say it. */
  buckets(): Generator<BucketEntries> {
    return this.#segments.entries();
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
    this.#segments.cleared();
    this.#checkpoint = undefined;
  }

  async #write(
    positions: ReadonlyMap<string, SourcePosition>,
    added: readonly BucketEntries[],
    areNew: boolean,
    also?: (batch: Batch) => void,
  ): Promise<void> {
    const count = added.reduce((sum, { digests }) => sum + digests.length, 0);
    const firstLive = new Map(
      [...positions].map(([source, { streamTime }]) => [
        sourceNumber(source),
        firstLiveBucket(streamTime, this.#shape),
      ]),
    );
    const change = this.#segments.change(added, firstLive, EXPIRED_PER_WRITE + 2 * count, areNew);
    await writeAtomically(this.#table, (batch) => {
      this.#segments.write(change, batch);
      also?.(batch);
    });
    this.#segments.changed(change);
  }
}

/** What each write is to add. */
function inPieces(lists: readonly BucketEntries[]): BucketEntries[][] {
  const pieces: BucketEntries[][] = [[]];
  let room = ADDED_PER_WRITE;
  for (const { source, bucket, digests } of lists) {
    for (let from = 0; from < digests.length;) {
      if (room === 0) {
        pieces.push([]);
        room = ADDED_PER_WRITE;
      }
      const some = digests.slice(from, from + room);
      pieces.at(-1)!.push({ source, bucket, digests: some });
      from += some.length;
      room -= some.length;
    }
  }
  return pieces;
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

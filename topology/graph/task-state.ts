/**
 * What a task remembers: the seam between the engine, which commits, restores and follows, and a topology's stores. The
 * engine does not know what is in them. It knows that each commit adds something to them, that the changelog says what,
 * and that a store is the fold of its changelog.
 */
import type { SourcePosition, Checkpoint } from '../../common/source-position.js';
import type { Metrics } from '../../common/metrics.js';
import type { SourceName, SourceRecord } from '../../common/record.js';

/** What one commit changes in the stores: in memory until Kafka has committed it, and dropped whole if it does not. */
export interface StateChanges<Value = unknown> {
  /** Takes what it remembers of a record. `value`: what the sinks were given of it; `streamTime`: its source's, the record included. */
  add(record: SourceRecord, value: Value, streamTime: number): void;
  /** Counts what only the stores know of the commit, which holds since `now`, ms since the epoch. */
  count(metrics: Metrics, now: number): void;
  /** Empty again, with its buffers. */
  clear(): void;
}

/** A commit that the stores do not hold yet. */
export interface Layer<Changes> {
  readonly changes: Changes;
  /** The clock of every record in it, ms since the epoch. */
  readonly now: number;
  streamTime(source: SourceName): number;
}

export type Positions = ReadonlyMap<SourceName, SourcePosition>;

/** An entry of the changelog, decoded, with the offset of its record. */
export interface ChangelogRecord<Entry = unknown> {
  readonly offset: number;
  readonly entry: Entry;
}

/**
 * The stores of one task. Everything that is written moves the checkpoint in the same atomic write. The writes of a task
 * that is taken over, and of its last and its next owner on one worker, may overlap: they must be made one after another,
 * and `load` waits for those that are under way (Table.mutex).
 */
export interface TaskState<Stores = unknown, Changes extends StateChanges = StateChanges, Entry = unknown> {
  /** Undefined for stores that never held anything. */
  readonly checkpoint: Checkpoint | undefined;
  /** How many entries it holds, as far as it is loaded. */
  readonly entries: number;
  /** Reads what is on the disk; a second call waits for the first. */
  load(): Promise<void>;
  /** What processors look at: what is stored, with these layers on top, newest first. */
  view(layers: () => readonly Layer<Changes>[]): Stores;
  /** Empty changes, for the next commit. */
  stage(): Changes;
  /** How far a source's stream time has come with this record. */
  advance(streamTime: number, timestamp: number, now: number): number;

  /** The changelog's records for a commit; several when it is large, each with the positions. At least one. */
  encode(changes: Changes, positions: Positions): Buffer[];
  /** `where`: topic, partition and offset, for messages. Throws FatalError for what is not ours, or of a newer format. */
  decode(value: Buffer | null, where: string): Entry;
  /** Writes a commit that Kafka holds. `nextOffset`: of the changelog, behind its records. */
  apply(changes: Changes, positions: Positions, changelogOffset: number, nextOffset: number): Promise<void>;
  /** The commit is in the stores: they answer for it from now on. */
  applied(layer: Layer<Changes>): void;
  /** What was staged is dropped: what holds is read from the changelog. */
  forget(): void;

  /** Writes what was read of the changelog. To apply an entry again changes nothing. */
  replay(records: readonly ChangelogRecord<Entry>[], nextOffset: number): Promise<void>;
  /** So many times what these records hold is about to be replayed. */
  expect(records: readonly ChangelogRecord<Entry>[], toCome: number): void;
  /** The replay is over. */
  settle(): Promise<void>;
  /** The changelog topic whose offsets the checkpoints carry from the next write on. */
  follow(changelogId: string | undefined): void;
  /** Forgets everything: the stores are not of this changelog. */
  wipe(): Promise<void>;
}

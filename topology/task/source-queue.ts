/** Records of one source partition that were fetched and not yet processed, in order. */
import type { FetchedPartition, FetchedRecord, PartitionConsumer } from '../kafka/index.js';
import type { RecordDefect, SourceName, SourcePartition, SourceRecord } from '../../common/record.js';
import type { RecordHeaders } from '../../common/record-headers.js';
import { LagWatch } from './lag-watch.js';
import { StableOffsetWatch } from './stable-offset-watch.js';

export interface QueueListener {
  /** Something to process, or a new end of the log. */
  arrived(): void;
  outOfRange(source: SourcePartition, position: number): void;
  recreated(source: SourcePartition): void;
  unreadable(source: SourcePartition, position: number, error: unknown): void;
  /** An open transaction of a producer has held the records after this offset back for long. */
  heldUp(source: SourcePartition, lastStableOffset: number, highWatermark: number): void;
  /** There is buffer space again after there had been none. */
  spaceFreed(): void;
}

export class SourceQueue implements PartitionConsumer {
  readonly source: SourcePartition;
  readonly #listener: QueueListener;
  readonly #maxBytes: number;
  #pieces: { readonly records: FetchedPartition['records']; readonly arrivedAt: number }[] = [];
  /** In the first piece: the next record's index, and the record once it was peeked at. */
  #head = 0;
  #next: FetchedRecord | undefined;
  #size = 0;
  #bytes = 0;
  /** Where the fetched records end: control records and aborted ones lie between the last record and it. */
  #fetchedTo = 0;
  /** The record that a retry or a schema look-up is waiting for holds the ones behind it. */
  #blockedBy: symbol | undefined;
  #end: number | undefined;
  /** What the broker has at the position to be fetched cannot be read. */
  isDamaged = false;
  readonly #stable = new StableOffsetWatch();
  /** Looked at by each scrape. */
  readonly lagWatch = new LagWatch();

  constructor(source: SourcePartition, maxBytes: number, listener: QueueListener) {
    this.source = source;
    this.#maxBytes = maxBytes;
    this.#listener = listener;
  }

  /** Records waiting. */
  get size(): number {
    return this.#size;
  }

  /** For how long an open transaction of a producer has held records back, ms; 0 when none does. */
  get heldUpMs(): number {
    return this.#stable.heldUpMs;
  }

  /** The last stable offset as the broker said last; undefined before it said any. */
  get end(): number | undefined {
    return this.#end;
  }

  /** Asked for otherwise than by a fetch: while the queue is full or held, there is none. */
  sawEnd(lastStableOffset: number): void {
    this.#watchEnd(lastStableOffset, undefined);
  }

  get ready(): boolean {
    return this.#blockedBy === undefined && this.size > 0;
  }

  /** The offset up to which everything fetched was taken, control records included; undefined while records wait. */
  get drainedTo(): number | undefined {
    return this.size === 0 ? this.#fetchedTo : undefined;
  }

  /** When the next record came to us (monotonic clock, ms). */
  get arrivedAt(): number {
    return this.#pieces[0]?.arrivedAt ?? performance.now();
  }

  /** The next record, not taken. */
  peek(): SourceRecord | undefined {
    const next = this.#first();
    return next && new QueuedRecord(this.source, next);
  }

  /** The values of the records that come after the next one, up to so many. */
  *ahead(limit: number): Generator<Buffer | null> {
    let [left, at] = [limit, this.#head + 1];
    for (const { records } of this.#pieces) {
      for (; at < records.length; at += 1) {
        if (left === 0) return;
        left -= 1;
        yield records.at(at)!.value;
      }
      at = 0;
    }
  }

  /** Takes the record that was peeked at. */
  take(): void {
    const wasFull = !this.hasRoom();
    this.#bytes -= RECORD_OVERHEAD + this.#first()!.bytes;
    this.#size -= 1;
    this.#next = undefined;
    this.#head += 1;
    if (this.#head === this.#pieces[0]!.records.length) {
      this.#pieces.shift();
      this.#head = 0;
    }
    if (wasFull && this.hasRoom()) this.#listener.spaceFreed();
  }

  /** Holds the records back; the answer lets them go again, unless the queue was reset meanwhile. */
  block(): () => void {
    const mine = Symbol('block');
    this.#blockedBy = mine;
    return () => {
      if (this.#blockedBy !== mine) return;
      this.#blockedBy = undefined;
      this.#listener.arrived();
    };
  }

  /** Forgets what was fetched; fetching goes on from this offset. */
  reset(position: number): void {
    this.#pieces = [];
    this.#head = 0;
    this.#next = undefined;
    this.#size = 0;
    this.#bytes = 0;
    this.#blockedBy = undefined;
    this.#fetchedTo = position;
    this.isDamaged = false;
  }

  hasRoom(): boolean {
    return this.#bytes < this.#maxBytes;
  }

  isPaused(): boolean {
    return this.#blockedBy !== undefined;
  }

  deliver(fetched: FetchedPartition, lastStableOffset: number, highWatermark = lastStableOffset): void {
    this.#watchEnd(lastStableOffset, highWatermark);
    this.#fetchedTo = fetched.nextOffset;
    this.isDamaged = false;
    if (fetched.records.length > 0) {
      this.#pieces.push({ records: fetched.records, arrivedAt: performance.now() });
      this.#size += fetched.records.length;
      this.#bytes += RECORD_OVERHEAD * fetched.records.length + fetched.bytes;
    }
    this.#listener.arrived();
  }

  outOfRange(position: number): void {
    this.#listener.outOfRange(this.source, position);
  }

  recreated(): void {
    this.#listener.recreated(this.source);
  }

  unreadable(position: number, error: unknown): void {
    this.isDamaged = true;
    this.#listener.unreadable(this.source, position, error);
  }

  #watchEnd(lastStableOffset: number, highWatermark: number | undefined): void {
    this.#end = lastStableOffset;
    if (this.#stable.observe(lastStableOffset, highWatermark, performance.now()))
      this.#listener.heldUp(this.source, lastStableOffset, this.#stable.highWatermark);
  }

  #first(): FetchedRecord | undefined {
    return (this.#next ??= this.#pieces[0]?.records.at(this.#head));
  }
}

/** What a record costs in memory beside its bytes while it is processed, roughly. */
const RECORD_OVERHEAD = 200;

/** A fetched record under its logical topic. */
class QueuedRecord implements SourceRecord {
  readonly topic: string;
  readonly partition: number;
  readonly source: SourceName;
  readonly offset: number;
  readonly timestamp: number;
  readonly value: Buffer | null;
  readonly defect: RecordDefect | undefined;
  readonly #record: FetchedRecord;

  constructor({ topic, partition, name }: SourcePartition, record: FetchedRecord) {
    this.topic = topic;
    this.partition = partition;
    this.source = name;
    this.offset = record.offset;
    this.timestamp = record.timestamp;
    this.value = record.value;
    this.defect = record.defect;
    this.#record = record;
  }

  get key(): Buffer | null {
    return this.#record.key;
  }

  get headers(): RecordHeaders {
    return this.#record.headers;
  }
}

/**
 * Records on their way out, each written at once into the batch of its partition. What waits for its transaction is a
 * few buffers, not five objects a record that the collector would copy again and again.
 */
import { ByteWriter } from '../../../common/bytes.js';
import type { RecordHeaders } from '../../../common/record-headers.js';
import { BATCH_OVERHEAD, RecordBatch, sizeOf, type OutboundRecord } from '../records/record-batch.js';
import type { RecordKey } from '../records/record-key.js';

const FIRST_BYTES = 4 * 1024;
/** Buffers are kept for the next transaction unless they are more than this together: an event may have had thousands of recipients. */
const KEPT_BYTES = 16 * 1024 * 1024;

/** Writes an event into a buffer from a position on: gives the position behind it, or minus the bytes that the buffer lacks. */
export interface ValueEncoder {
  encodeInto(event: unknown, buffer: Buffer, at: number): number;
}

/** A topic's place among the batches, to be asked for once and written to often. */
export interface TopicBatches {
  readonly topic: string;
  /** A batch is kept below this, unless a single record is larger. */
  readonly maxBatchBytes: number;
  /** The batch that each partition's next record goes to. */
  readonly current: (RecordBatch | undefined)[];
}

interface Mark {
  batch: RecordBatch;
  length: number;
  count: number;
}

export class OutboundBatches {
  readonly #maxBatchBytes: number;
  readonly #topics = new Map<string, TopicBatches>();
  #batches: RecordBatch[] = [];
  #spare: ByteWriter[] = [];
  #bytes = 0;
  /** What each batch was before the records that came since `mark`, in their order; behind `#marked` old ones, used again. */
  #marks: Mark[] = [];
  #marked = 0;
  #markedBytes = 0;

  /** The records of a batch are kept below this, bytes, unless a single one is larger. */
  constructor(maxBatchBytes: number) {
    this.#maxBatchBytes = maxBatchBytes;
  }

  static from(records: readonly OutboundRecord[], maxBatchBytes: number): OutboundBatches {
    const batches = new OutboundBatches(maxBatchBytes);
    for (const record of records) {
      const { topic, partition, key, value, headers, timestamp } = record;
      batches.add(topic, partition, key, value, headers, timestamp);
    }
    return batches;
  }

  /** In the order in which they were begun: those of one partition in the order of their records. */
  get batches(): readonly RecordBatch[] {
    return this.#batches;
  }

  /** Bytes of all records. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Copies the record. `topic`: its physical name; `timestamp`: as OutboundRecord has it. */
  add(
    topic: string,
    partition: number,
    key: Buffer | null,
    value: Buffer | null,
    headers?: RecordHeaders,
    timestamp?: number,
  ): void {
    const size = sizeOf(key, value, headers);
    const ofTopic = this.forTopic(topic);
    const current = ofTopic.current[partition];
    const hasRoom = current && current.length - BATCH_OVERHEAD + size <= ofTopic.maxBatchBytes;
    const batch = hasRoom ? current : this.#begin(ofTopic, partition);
    this.#remember(batch);
    batch.append(key, value, headers, timestamp);
    this.#bytes += size;
  }

  /**
   * Copies the record into a batch of its own, compressed. False, with nothing added, when that still takes more than
   * `maxBytes`, its overhead included.
   */
  addPacked(
    topic: string,
    partition: number,
    record: Omit<OutboundRecord, 'topic' | 'partition'>,
    maxBytes: number,
  ): boolean {
    const ofTopic = this.forTopic(topic);
    const before = ofTopic.current[partition];
    const batch = this.#begin(ofTopic, partition);
    batch.append(record.key, record.value, record.headers, record.timestamp);
    if (!batch.pack(maxBytes)) {
      this.#spare.push(this.#batches.pop()!.writer);
      ofTopic.current[partition] = before;
      return false;
    }
    ofTopic.current[partition] = undefined;
    this.#marks[this.#marked] = { batch, length: BATCH_OVERHEAD, count: 0 };
    this.#marked += 1;
    this.#bytes += batch.length;
    return true;
  }

  /** A topic's place, by its physical name. It stays what it is when the batches are cleared. */
  forTopic(topic: string, maxBatchBytes = Infinity): TopicBatches {
    let ofTopic = this.#topics.get(topic);
    if (!ofTopic || ofTopic.maxBatchBytes > maxBatchBytes) {
      ofTopic = { topic, maxBatchBytes: Math.min(maxBatchBytes, this.#maxBatchBytes), current: ofTopic?.current ?? [] };
      this.#topics.set(topic, ofTopic);
    }
    return ofTopic;
  }

  /**
   * Hot path: an encoder and what it encodes, not a function of both, which would be made for each output.
   * Has the event written in place; gives its length. What the encoder throws is thrown on: `rollBack` then.
   */
  write(
    to: TopicBatches,
    partition: number,
    key: RecordKey,
    encoder: ValueEncoder,
    event: unknown,
    headers: RecordHeaders | undefined,
  ): number {
    const current = to.current[partition] ?? this.#begin(to, partition);
    const { length, count } = current;
    this.#remember(current);
    let size = writeInto(current, key, encoder, event, headers);
    if (count > 0 && current.length - BATCH_OVERHEAD > to.maxBatchBytes) {
      current.truncate(length, count);
      const next = this.#begin(to, partition);
      this.#remember(next);
      size = writeInto(next, key, encoder, event, headers);
    }
    this.#bytes += key.length + size;
    if (headers !== undefined) this.#bytes += headers.bytes.length;
    return size;
  }

  /** What comes from here on can be rolled back. */
  mark(): void {
    this.#marked = 0;
    this.#markedBytes = this.#bytes;
  }

  /** Drops all that came since `mark`. */
  rollBack(): void {
    for (const { batch, length, count } of this.#marks.slice(0, this.#marked).reverse()) {
      batch.truncate(length, count);
      if (count === 0) this.#drop(batch);
    }
    this.#marked = 0;
    this.#bytes = this.#markedBytes;
  }

  /**
   * Empty again, with its buffers: nobody may read the old batches any more. Requests send them from where they lie, so
   * not after one that went unanswered, which a connection may send yet.
   */
  clear(): void {
    // Taken from the end: a partition that comes in the same order gets the buffer that it had.
    for (const { writer } of this.#batches.toReversed()) this.#spare.push(writer);
    if (this.#spare.reduce((sum, { capacity }) => sum + capacity, 0) > KEPT_BYTES) this.#spare = [];
    this.#batches = [];
    for (const { current } of this.#topics.values()) current.length = 0;
    this.#marks = [];
    this.#bytes = 0;
    this.mark();
  }

  #begin({ topic, current }: TopicBatches, partition: number): RecordBatch {
    const batch = new RecordBatch(topic, partition, this.#spare.pop() ?? new ByteWriter(FIRST_BYTES));
    this.#batches.push(batch);
    current[partition] = batch;
    return batch;
  }

  #remember(batch: RecordBatch): void {
    const mark = (this.#marks[this.#marked] ??= { batch, length: 0, count: 0 });
    mark.batch = batch;
    mark.length = batch.length;
    mark.count = batch.count;
    this.#marked += 1;
  }

  /** The partition goes on with the batch before it, if there is one. */
  #drop(batch: RecordBatch): void {
    const at = this.#batches.lastIndexOf(batch);
    if (at < 0) return;
    this.#batches.splice(at, 1);
    this.#spare.push(batch.writer);
    const { topic, partition } = batch;
    const last = this.#batches.findLast((one) => one.topic === topic && one.partition === partition);
    this.forTopic(topic).current[partition] = last?.isPacked ? undefined : last;
  }
}

function writeInto(
  batch: RecordBatch,
  key: RecordKey,
  encoder: ValueEncoder,
  event: unknown,
  headers: RecordHeaders | undefined,
): number {
  for (;;) {
    const at = batch.begin(key);
    const end = encoder.encodeInto(event, batch.writer.buffer, at);
    if (end >= 0) return batch.end(end, headers);
    batch.writer.reserve(batch.writer.capacity - batch.length - end);
  }
}

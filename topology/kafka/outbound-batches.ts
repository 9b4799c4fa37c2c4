/**
 * Records on their way out, each written at once into the batch of its partition. What waits for its transaction is a
 * few buffers, not five objects a record that the collector would copy again and again.
 */
import { ByteWriter } from '../bytes.js';
import type { RecordHeaders } from '../record.js';
import { BATCH_OVERHEAD, RecordBatch, sizeOf, type OutboundRecord } from './record-batch.js';

const FIRST_BYTES = 4 * 1024;
/** Buffers are kept for the next transaction unless they are more than this together: an event may have had thousands of recipients. */
const KEPT_BYTES = 4 * 1024 * 1024;

export class OutboundBatches {
  readonly #maxBatchBytes: number;
  /** The batch that each partition's next record goes to, by topic. */
  readonly #current = new Map<string, RecordBatch[]>();
  #batches: RecordBatch[] = [];
  #spare: ByteWriter[] = [];

  /** The records of a batch are kept below this, bytes, unless a single one is larger. */
  constructor(maxBatchBytes: number) {
    this.#maxBatchBytes = maxBatchBytes;
  }

  static of(records: readonly OutboundRecord[], maxBatchBytes: number): OutboundBatches {
    const batches = new OutboundBatches(maxBatchBytes);
    for (const { topic, partition, key, value, headers } of records) batches.add(topic, partition, key, value, headers);
    return batches;
  }

  /** In the order in which they were begun: those of one partition in the order of their records. */
  get batches(): readonly RecordBatch[] {
    return this.#batches;
  }

  /** Copies the record. `topic`: its physical name. */
  add(topic: string, partition: number, key: Buffer | null, value: Buffer | null, headers?: RecordHeaders): void {
    let ofTopic = this.#current.get(topic);
    if (!ofTopic) this.#current.set(topic, (ofTopic = []));
    let batch = ofTopic[partition];
    if (!batch || batch.length - BATCH_OVERHEAD + sizeOf(key, value, headers) > this.#maxBatchBytes) {
      batch = new RecordBatch(topic, partition, this.#spare.pop() ?? new ByteWriter(FIRST_BYTES));
      ofTopic[partition] = batch;
      this.#batches.push(batch);
    }
    batch.append(key, value, headers);
  }

  /** Empty again, with its buffers: nobody may read the old batches any more. */
  clear(): void {
    // Taken from the end: a partition that comes in the same order gets the buffer that it had.
    for (const { writer } of this.#batches.toReversed()) this.#spare.push(writer);
    if (this.#spare.reduce((sum, { capacity }) => sum + capacity, 0) > KEPT_BYTES) this.#spare = [];
    this.#batches = [];
    this.#current.clear();
  }
}

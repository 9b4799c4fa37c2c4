/** One partition: its batches, what is stable of them, and which transactions in it were aborted. */
import { markerAt } from '../../unit/topology/kafka/records/log-segment.js';
import { placedAt, readHeader, recordsOf, type Outcome, type StoredBatch, type StoredRecord } from './batch.js';
import { CORRUPT_MESSAGE, MESSAGE_TOO_LARGE, NONE } from './codes.js';
import { ProducerState } from './producer-state.js';

export interface AbortedRange {
  readonly producerId: bigint;
  readonly firstOffset: number;
  readonly lastOffset: number;
}

export interface Appended {
  readonly errorCode: number;
  /** -1 when nothing was appended. */
  readonly baseOffset: number;
}

/** Asks the transaction's coordinator whether this partition is, or may come, in the producer's transaction (KIP-890). */
export type Verify = (producerId: bigint, epoch: number) => number;

const REFUSED = (errorCode: number): Appended => ({ errorCode, baseOffset: -1 });

export class PartitionLog {
  readonly batches: StoredBatch[] = [];
  readonly #producers = new ProducerState();
  readonly #maxBatchBytes: number;
  /** In the order in which they were completed, as the broker's transaction index has them. */
  readonly #aborted: AbortedRange[] = [];
  startOffset = 0;
  endOffset = 0;

  constructor(maxBatchBytes: number) {
    this.#maxBatchBytes = maxBatchBytes;
  }

  get lastStableOffset(): number {
    return this.#producers.firstOpenOffset ?? this.endOffset;
  }

  append(batch: Buffer, verify: Verify): Appended {
    const header = readHeader(batch);
    const { producerId, producerEpoch, transactional } = header;
    // Before it is looked into: what is refused for itself has joined its transaction.
    if (transactional && !this.#producers.hasOpen(producerId, producerEpoch)) {
      const errorCode = verify(producerId, producerEpoch);
      if (errorCode !== NONE) return REFUSED(errorCode);
    }
    if (!header.isIntact) return REFUSED(CORRUPT_MESSAGE);
    if (batch.length > this.#maxBatchBytes) return REFUSED(MESSAGE_TOO_LARGE);
    if (producerId >= 0n) {
      const repeatOf = this.#producers.repeatOf(header);
      if (repeatOf !== undefined) return { errorCode: NONE, baseOffset: repeatOf };
      const errorCode = this.#producers.check(header);
      if (errorCode !== NONE) return REFUSED(errorCode);
      this.#producers.appended(header, this.endOffset);
    }
    return { errorCode: NONE, baseOffset: this.#store(batch) };
  }

  /** The control record that ends the producer's transaction here. */
  appendMarker(producerId: bigint, epoch: number, isCommit: boolean): void {
    const firstOffset = this.#producers.ended(producerId, epoch);
    if (firstOffset !== undefined) {
      for (const batch of this.batches) {
        if (batch.producerId === producerId && batch.outcome === 'open')
          batch.outcome = isCommit ? 'committed' : 'aborted';
      }
      if (!isCommit) this.#aborted.push({ producerId, firstOffset, lastOffset: this.endOffset });
    }
    this.#store(markerAt(0, producerId, isCommit ? 1 : 0));
  }

  /** Whole batches from the one that holds the offset on, up to the last stable offset; at least one, then as fit. */
  read(offset: number, upTo: number, maxBytes: number): { readonly data: Buffer; readonly aborted: AbortedRange[] } {
    const taken: Buffer[] = [];
    let size = 0;
    let end = offset;
    for (const { bytes, baseOffset, lastOffset } of this.batches) {
      if (lastOffset < offset) continue;
      if (baseOffset >= upTo || (taken.length > 0 && size + bytes.length > maxBytes)) break;
      taken.push(bytes);
      size += bytes.length;
      end = lastOffset + 1;
    }
    const aborted = this.#aborted.filter((range) => range.lastOffset >= offset && range.firstOffset < end);
    return { data: Buffer.concat(taken), aborted: taken.length === 0 ? [] : aborted };
  }

  /** The first offset whose batch is of that time or later; -1 when there is none. */
  offsetAt(timestamp: number): number {
    return this.batches.find((batch) => !batch.control && batch.timestamp >= timestamp)?.baseOffset ?? -1;
  }

  /** Retention, or an operator: everything before the offset goes. */
  deleteBefore(offset: number): void {
    this.startOffset = Math.max(this.startOffset, Math.min(offset, this.endOffset));
    while (this.batches[0] && this.batches[0].lastOffset < this.startOffset) this.batches.shift();
  }

  /** What a transaction's outcome makes of the log, read without the code under test. */
  records(outcome: Outcome, which: (batch: StoredBatch) => boolean = () => true): StoredRecord[] {
    return this.batches
      .filter((batch) => !batch.control && batch.outcome === outcome && which(batch))
      .flatMap(recordsOf);
  }

  #store(batch: Buffer): number {
    const { records, timestamp, producerId, transactional, control } = readHeader(batch);
    const baseOffset = this.endOffset;
    this.batches.push({
      bytes: placedAt(batch, baseOffset),
      baseOffset,
      lastOffset: baseOffset + records - 1,
      timestamp,
      producerId,
      control,
      outcome: transactional && !control ? 'open' : 'committed',
    });
    this.endOffset += records;
    return baseOffset;
  }
}

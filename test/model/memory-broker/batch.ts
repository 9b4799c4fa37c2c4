/** Record batches (message format 2) as a log keeps them: the broker sets the offset and reads the header, no more. */
import { crc32c } from '@node-rs/crc32';
import { ByteReader } from '../../../common/bytes.js';

/** What becomes of the transaction that a batch belongs to. */
export type Outcome = 'open' | 'committed' | 'aborted';

export interface StoredBatch {
  readonly bytes: Buffer;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly timestamp: number;
  readonly producerId: bigint;
  readonly control: boolean;
  /** A batch outside of any transaction is committed from the start. */
  outcome: Outcome;
}

export interface BatchHeader {
  readonly records: number;
  readonly timestamp: number;
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly firstSequence: number;
  readonly transactional: boolean;
  readonly control: boolean;
  readonly isIntact: boolean;
}

const CRC_AT = 17;
const CHECKED_FROM = 21;
const RECORDS_FROM = 61;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

export function readHeader(batch: Buffer): BatchHeader {
  const attributes = batch.readInt16BE(CHECKED_FROM);
  return {
    records: batch.readInt32BE(23) + 1,
    timestamp: Number(batch.readBigInt64BE(35)),
    producerId: batch.readBigInt64BE(43),
    producerEpoch: batch.readInt16BE(51),
    firstSequence: batch.readInt32BE(53),
    transactional: (attributes & TRANSACTIONAL) !== 0,
    control: (attributes & CONTROL) !== 0,
    isIntact: crc32c(batch.subarray(CHECKED_FROM)) === batch.readUInt32BE(CRC_AT),
  };
}

/** The batch under another base offset; its checksum does not cover the offset. */
export function placedAt(batch: Buffer, baseOffset: number): Buffer {
  const placed = Buffer.from(batch);
  placed.writeBigInt64BE(BigInt(baseOffset), 0);
  return placed;
}

export interface StoredRecord {
  readonly offset: number;
  readonly key: string | null;
  readonly value: Buffer | null;
}

/** The records of an uncompressed batch, read without the code under test. */
export function recordsOf({ bytes, baseOffset }: Pick<StoredBatch, 'bytes' | 'baseOffset'>): StoredRecord[] {
  const reader = new ByteReader(bytes, RECORDS_FROM);
  const records: StoredRecord[] = [];
  while (reader.remaining > 0) {
    const end = reader.varint() + reader.position;
    reader.int8(); // attributes
    reader.varint(); // timestamp delta
    const offset = baseOffset + reader.varint();
    const key = bytesOf(reader);
    const value = bytesOf(reader);
    reader.raw(end - reader.position); // headers
    records.push({ offset, key: key?.toString() ?? null, value });
  }
  return records;
}

function bytesOf(reader: ByteReader): Buffer | null {
  const size = reader.varint();
  return size < 0 ? null : reader.raw(size);
}

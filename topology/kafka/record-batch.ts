/** Writes record batches (message format v2) straight into one buffer. */
import { crc32c } from '@node-rs/crc32';
import type { RecordHeaders } from '../record.js';
import type { ByteWriter } from '../bytes.js';

/** A record with its place, ready to be produced. */
export interface OutboundRecord {
  /** Physical topic name. */
  readonly topic: string;
  readonly partition: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: RecordHeaders | undefined;
}

/** Who writes the batch: what the broker checks to refuse a repeat or a zombie. */
export interface BatchOwner {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly firstSequence: number;
}

const MAGIC = 2;
const TRANSACTIONAL = 0x10;
/** Bytes of a batch before its records. */
export const BATCH_OVERHEAD = 61;

/** About what a record takes in a batch, in bytes; never less than what it takes. */
export function sizeOf(record: OutboundRecord): number {
  let size = 32 + (record.key?.length ?? 0) + (record.value?.length ?? 0);
  if (record.headers) {
    for (const [name, value] of headerPairs(record.headers)) size += 10 + name.length * 3 + value.length;
  }
  return size;
}

/** Appends one transactional batch, preceded by its length as the produce request wants it. */
export function writeBatch(out: ByteWriter, records: readonly OutboundRecord[], owner: BatchOwner, now: number): void {
  const size = out.reserveInt32();
  const start = out.length;
  out.int64(0); // base offset: the broker sets it
  const batchLength = out.reserveInt32();
  out.int32(-1).int8(MAGIC);
  const crc = out.reserveInt32();
  const checked = out.length;
  out.int16(TRANSACTIONAL).int32(records.length - 1);
  out.int64(now).int64(now);
  out.bigint64(owner.producerId).int16(owner.producerEpoch).int32(owner.firstSequence).int32(records.length);
  for (let index = 0; index < records.length; index += 1) writeRecord(out, records[index]!, index);
  out.putUint32(crc, crc32c(out.since(checked)));
  out.putInt32(batchLength, out.length - start - 12);
  out.putInt32(size, out.length - start);
}

function writeRecord(out: ByteWriter, record: OutboundRecord, offsetDelta: number): void {
  const keySize = record.key?.length ?? 0;
  const valueSize = record.value?.length ?? 0;
  const headers = record.headers ? headerPairs(record.headers) : NO_HEADERS;
  let size = 1 + 1 + varintSize(offsetDelta) + varintSize(record.key ? keySize : -1) + keySize;
  size += varintSize(record.value ? valueSize : -1) + valueSize + varintSize(headers.length);
  for (const [name, value] of headers) {
    const nameSize = Buffer.byteLength(name);
    size += varintSize(nameSize) + nameSize + varintSize(value.length) + value.length;
  }
  out.varint(size).int8(0).varint(0).varint(offsetDelta);
  writeBytes(out, record.key);
  writeBytes(out, record.value);
  out.varint(headers.length);
  for (const [name, value] of headers) {
    out.varint(Buffer.byteLength(name)).utf8(name);
    writeBytes(out, value);
  }
}

function writeBytes(out: ByteWriter, bytes: Buffer | null): void {
  if (bytes === null) out.varint(-1);
  else out.varint(bytes.length).raw(bytes);
}

/** Bytes of the zigzag varint of an int32. */
function varintSize(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  if (zigzag < 0x80) return 1;
  if (zigzag < 0x4000) return 2;
  if (zigzag < 0x20_0000) return 3;
  return zigzag < 0x1000_0000 ? 4 : 5;
}

type HeaderPair = readonly [name: string, value: Buffer];
const NO_HEADERS: readonly HeaderPair[] = [];

function headerPairs(headers: RecordHeaders): HeaderPair[] {
  const pairs: HeaderPair[] = [];
  for (const [name, values] of Object.entries(headers)) {
    if (values === undefined) continue;
    for (const value of Array.isArray(values) ? values : [values]) {
      pairs.push([name, typeof value === 'string' ? Buffer.from(value) : value]);
    }
  }
  return pairs;
}

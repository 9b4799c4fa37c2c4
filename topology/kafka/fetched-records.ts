/**
 * Reads the record batches of one fetched partition, and keeps what was committed.
 *
 * kafkajs's own filter lets aborted records through in three ways (docs/kafkajs.md); this one follows the Java client:
 * aborted transactions sorted by their first offset, all that begin before the batch's end taken in, and only a
 * control record ends one.
 */
import { crc32c } from '@node-rs/crc32';
import type { RecordHeaders } from '../record.js';
import { ByteReader } from '../bytes.js';
import { decompress } from './compression.js';

export interface FetchedRecord {
  readonly offset: number;
  /** ms since the epoch: the producer's, or the broker's on a LogAppendTime topic; -1 when there is none. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: RecordHeaders;
  /** Bytes of key and value. */
  readonly bytes: number;
}

export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

export interface FetchedPartition {
  readonly records: FetchedRecord[];
  /** Where to fetch next: past the last batch, also when all of it was control records or aborted. */
  readonly nextOffset: number;
  /** Bytes of keys and values in `records`. */
  readonly bytes: number;
}

const BATCH_HEADER = 12;
const CODEC_MASK = 0x07;
const LOG_APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;
const ABORT_MARKER = 0;

/** Throws when a batch is corrupt. A batch cut off at the end of the data is left for the next fetch. */
export function readCommitted(
  data: Buffer,
  fetchOffset: number,
  aborted: readonly AbortedTransaction[],
): FetchedPartition {
  const pending = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  const open = new Set<bigint>();
  const records: FetchedRecord[] = [];
  let nextPending = 0;
  let nextOffset = fetchOffset;
  let at = 0;
  while (data.length - at >= BATCH_HEADER) {
    const end = at + BATCH_HEADER + data.readInt32BE(at + 8);
    if (end > data.length) break;
    const batch = readBatchHeader(data.subarray(at, end));
    const lastOffset = batch.baseOffset + batch.lastOffsetDelta;
    while (nextPending < pending.length && pending[nextPending]!.firstOffset <= lastOffset) {
      open.add(pending[nextPending]!.producerId);
      nextPending += 1;
    }
    if (batch.control) {
      if (controlType(batch) === ABORT_MARKER) open.delete(batch.producerId);
    } else if (!(batch.transactional && open.has(batch.producerId))) {
      readRecords(batch, fetchOffset, records);
    }
    nextOffset = Math.max(nextOffset, lastOffset + 1);
    at = end;
  }
  return { records, nextOffset, bytes: records.reduce((sum, record) => sum + record.bytes, 0) };
}

interface BatchView {
  readonly baseOffset: number;
  readonly lastOffsetDelta: number;
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  readonly appendTime: boolean;
  readonly transactional: boolean;
  readonly control: boolean;
  readonly producerId: bigint;
  readonly count: number;
  readonly codec: number;
  readonly body: Buffer;
}

function readBatchHeader(batch: Buffer): BatchView {
  const reader = new ByteReader(batch);
  const baseOffset = reader.int64();
  reader.int32(); // length
  reader.int32(); // partition leader epoch
  const magic = reader.int8();
  if (magic !== 2) throw new RangeError(`record batch at offset ${baseOffset} has message format ${magic}, expected 2`);
  const crc = reader.uint32();
  if (crc32c(batch.subarray(reader.position)) !== crc) {
    throw new RangeError(`record batch at offset ${baseOffset} is corrupt: its CRC32C does not match`);
  }
  const attributes = reader.int16();
  const lastOffsetDelta = reader.int32();
  const baseTimestamp = reader.int64();
  const maxTimestamp = reader.int64();
  const producerId = reader.bigint64();
  reader.int16(); // producer epoch
  reader.int32(); // first sequence
  const count = reader.int32();
  return {
    baseOffset,
    lastOffsetDelta,
    baseTimestamp,
    maxTimestamp,
    appendTime: (attributes & LOG_APPEND_TIME) !== 0,
    transactional: (attributes & TRANSACTIONAL) !== 0,
    control: (attributes & CONTROL) !== 0,
    producerId,
    count,
    codec: attributes & CODEC_MASK,
    body: batch.subarray(reader.position),
  };
}

/** A control record's key is (version, type). */
function controlType(batch: BatchView): number {
  const found: FetchedRecord[] = [];
  readRecords(batch, 0, found);
  return found[0]?.key?.readInt16BE(2) ?? -1;
}

const NO_HEADERS: RecordHeaders = Object.freeze({});

/**
 * A record that waits is a few numbers: its key and its value are cut out of the batch each time that they are asked
 * for. Records wait for longer than the garbage collector's youngest generation lasts, and a key is hardly ever needed.
 */
class BatchRecord implements FetchedRecord {
  readonly offset: number;
  readonly timestamp: number;
  readonly headers: RecordHeaders;
  readonly #body: Buffer;
  readonly #keyAt: number;
  readonly #keySize: number;
  readonly #valueAt: number;
  readonly #valueSize: number;

  /** Reads one record up to its end. */
  constructor(reader: ByteReader, body: Buffer, batch: BatchView) {
    reader.int8(); // attributes: unused
    const timestampDelta = reader.varint();
    this.timestamp = batch.appendTime ? batch.maxTimestamp : batch.baseTimestamp + timestampDelta;
    this.offset = batch.baseOffset + reader.varint();
    this.#body = body;
    this.#keySize = reader.varint();
    this.#keyAt = reader.position;
    reader.skip(Math.max(0, this.#keySize));
    this.#valueSize = reader.varint();
    this.#valueAt = reader.position;
    reader.skip(Math.max(0, this.#valueSize));
    this.headers = readHeaders(reader);
  }

  get key(): Buffer | null {
    return this.#keySize < 0 ? null : this.#body.subarray(this.#keyAt, this.#keyAt + this.#keySize);
  }

  get value(): Buffer | null {
    return this.#valueSize < 0 ? null : this.#body.subarray(this.#valueAt, this.#valueAt + this.#valueSize);
  }

  get bytes(): number {
    return Math.max(0, this.#keySize) + Math.max(0, this.#valueSize);
  }
}

function readRecords(batch: BatchView, fromOffset: number, into: FetchedRecord[]): void {
  const body = decompress(batch.codec, batch.body);
  const reader = new ByteReader(body);
  for (let index = 0; index < batch.count; index += 1) {
    const size = reader.varint();
    const end = reader.position + size;
    const record = new BatchRecord(reader, body, batch);
    if (reader.position !== end)
      throw new RangeError(`record at offset ${record.offset} does not have the length that it states`);
    // A compressed batch starts before the offset asked for when that lies in its middle.
    if (record.offset >= fromOffset) into.push(record);
  }
}

function readBytes(reader: ByteReader): Buffer | null {
  const size = reader.varint();
  return size < 0 ? null : reader.raw(size);
}

function readHeaders(reader: ByteReader): RecordHeaders {
  const count = reader.varint();
  if (count <= 0) return NO_HEADERS;
  const headers: Record<string, Buffer | Buffer[] | undefined> = Object.create(null) as Record<string, undefined>;
  for (let index = 0; index < count; index += 1) {
    const name = reader.raw(reader.varint()).toString('utf8');
    const value = readBytes(reader) ?? Buffer.alloc(0);
    const earlier = headers[name];
    headers[name] = earlier === undefined ? value : Array.isArray(earlier) ? [...earlier, value] : [earlier, value];
  }
  return headers;
}

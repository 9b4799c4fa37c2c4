/** Writes record batches (message format v2) straight into one buffer. */
import { constants, gzipSync } from 'node:zlib';
import { crc32c } from '@node-rs/crc32';
import { RecordHeaders } from '../../../common/record-headers.js';
import type { ByteWriter } from '../../../common/bytes.js';
import type { RecordKey } from './record-key.js';

/** A record with its place, ready to be produced. */
export interface OutboundRecord {
  /** Physical topic name. */
  readonly topic: string;
  readonly partition: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: RecordHeaders | undefined;
  /** Its own, ms since the epoch, -1 for none. Default: when it is sent. All records of a partition have one, or none has. */
  readonly timestamp?: number | undefined;
}

/** Who writes the batch: what the broker checks to refuse a repeat or a zombie. */
export interface BatchOwner {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly firstSequence: number;
}

const MAGIC = 2;
const TRANSACTIONAL = 0x10;
const GZIP = 1;
/** Where the checksummed part begins. */
const CHECKED_FROM = 21;
/** Bytes of a batch before its records. */
export const BATCH_OVERHEAD = 61;

/** What a record states of the lengths of itself and of its value takes nearly always: 64 to 8191 bytes. */
const USUAL_VARINT = 2;
/** What a record takes beside its key and its value, at most. */
const RECORD_OVERHEAD = 32;

/** About what a record takes in a batch, in bytes; never less than what it takes. */
export function sizeOf(key: Buffer | null, value: Buffer | null, headers = RecordHeaders.NONE): number {
  return RECORD_OVERHEAD + (key?.length ?? 0) + (value?.length ?? 0) + headers.bytes.length;
}

/** A transactional batch of one partition, written record by record. */
export class RecordBatch {
  readonly topic: string;
  readonly partition: number;
  readonly #out: ByteWriter;
  #count = 0;
  #codec = 0;
  /** The first record's and the latest; undefined: all have the time at which the batch is sent. */
  #times: { readonly base: number; max: number } | undefined;
  /** Where the record that is written in place begins, and where its value does. */
  #recordAt = 0;
  #valueAt = 0;

  /** `out` becomes the batch's own until it is given to another one. */
  constructor(topic: string, partition: number, out: ByteWriter) {
    this.topic = topic;
    this.partition = partition;
    this.#out = out;
    out.moveTo(0);
    out.skip(BATCH_OVERHEAD);
  }

  /** Records. */
  get count(): number {
    return this.#count;
  }

  /** Bytes written, the overhead among them. */
  get length(): number {
    return this.#out.length;
  }

  /** What it is written into. */
  get writer(): ByteWriter {
    return this.#out;
  }

  /** Its records are compressed: none can be appended. */
  get isPacked(): boolean {
    return this.#codec !== 0;
  }

  append(key: Buffer | null, value: Buffer | null, headers = RecordHeaders.NONE, timestamp?: number): void {
    writeRecord(this.#out, this.#count, this.#timeDelta(timestamp), key, value, headers);
    this.#count += 1;
  }

  #timeDelta(timestamp: number | undefined): number {
    if (timestamp === undefined) return 0;
    this.#times ??= { base: timestamp, max: timestamp };
    if (timestamp > this.#times.max) this.#times.max = timestamp;
    return timestamp - this.#times.base;
  }

  /**
   * Begins a record whose value is then written in place, without a copy: into `writer.buffer`, from the position that
   * is given on. It counts once `end` was called; `begin` may be called again, when there was no room for the value.
   */
  begin(key: RecordKey): number {
    const out = this.#out;
    out.reserve(RECORD_OVERHEAD + key.length);
    const { buffer } = out;
    let at = (this.#recordAt = out.length) + USUAL_VARINT;
    buffer[at++] = 0; // attributes
    buffer[at++] = 0; // timestamp delta
    at = writeVarint(buffer, at, this.#count);
    at = writeVarint(buffer, at, key.length);
    this.#valueAt = key.writeTo(buffer, at) + USUAL_VARINT;
    return this.#valueAt;
  }

  /** The value ends there: gives its length. */
  end(valueEnd: number, headers: RecordHeaders | undefined): number {
    const out = this.#out;
    const size = valueEnd - this.#valueAt;
    // Room for lengths that take more than they usually do, and for the count of headers.
    out.moveTo(valueEnd);
    out.reserve(RECORD_OVERHEAD);
    const rest = this.#valueAt - USUAL_VARINT - (this.#recordAt + USUAL_VARINT);
    const afterIt = headers === undefined ? 1 : varintSize(headers.count) + headers.bytes.length;
    const stated = rest + varintSize(size) + size + afterIt;
    putVarint(out, this.#valueAt - USUAL_VARINT, size);
    putVarint(out, this.#recordAt, stated);
    if (headers === undefined) out.varint(0);
    else out.varint(headers.count).raw(headers.bytes);
    this.#count += 1;
    return size;
  }

  /**
   * Compresses the records by gzip, which every client reads. False, with nothing changed, when the batch then still
   * takes more than `maxBytes`; what does not shrink costs no more work than so many bytes of output.
   */
  pack(maxBytes: number): boolean {
    const records = this.#out.bytes().subarray(BATCH_OVERHEAD);
    let packed: Buffer;
    try {
      const level = constants.Z_BEST_SPEED;
      packed = gzipSync(records, { level, maxOutputLength: Math.max(1, maxBytes - BATCH_OVERHEAD) });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return false;
      throw error;
    }
    this.#out.moveTo(BATCH_OVERHEAD);
    this.#out.raw(packed);
    this.#codec = GZIP;
    return true;
  }

  /** Drops the records behind the first `count`, which end at `length`. */
  truncate(length: number, count: number): void {
    this.#out.moveTo(length);
    this.#count = count;
  }

  /** The bytes as they are sent, valid until the next record. `now`: ms since the epoch. May be asked for again. */
  seal({ producerId, producerEpoch, firstSequence }: BatchOwner, now: number): Buffer {
    const bytes = this.#out.bytes();
    const { base, max } = this.#times ?? { base: now, max: now };
    bytes.writeBigInt64BE(0n, 0); // base offset: the broker sets it
    bytes.writeInt32BE(bytes.length - 12, 8);
    bytes.writeInt32BE(-1, 12); // leader epoch: unknown
    bytes[16] = MAGIC;
    bytes.writeInt16BE(TRANSACTIONAL | this.#codec, CHECKED_FROM);
    bytes.writeInt32BE(this.#count - 1, 23);
    bytes.writeBigInt64BE(BigInt(base), 27);
    bytes.writeBigInt64BE(BigInt(max), 35);
    bytes.writeBigInt64BE(producerId, 43);
    bytes.writeInt16BE(producerEpoch, 51);
    bytes.writeInt32BE(firstSequence, 53);
    bytes.writeInt32BE(this.#count, 57);
    bytes.writeUInt32BE(crc32c(bytes.subarray(CHECKED_FROM)), 17);
    return bytes;
  }
}

function writeRecord(
  out: ByteWriter,
  offsetDelta: number,
  timeDelta: number,
  key: Buffer | null,
  value: Buffer | null,
  headers: RecordHeaders,
): void {
  const keySize = key?.length ?? 0;
  const valueSize = value?.length ?? 0;
  let size = 1 + varlongSize(timeDelta) + varintSize(offsetDelta) + varintSize(key ? keySize : -1) + keySize;
  size += varintSize(value ? valueSize : -1) + valueSize + varintSize(headers.count) + headers.bytes.length;
  out.varint(size).int8(0).varint(timeDelta).varint(offsetDelta);
  writeBytes(out, key);
  writeBytes(out, value);
  out.varint(headers.count).raw(headers.bytes);
}

function writeBytes(out: ByteWriter, bytes: Buffer | null): void {
  if (bytes === null) out.varint(-1);
  else out.varint(bytes.length).raw(bytes);
}

/** Writes the zigzag varint of a count or a length, none of which is negative; gives the position behind it. */
function writeVarint(buffer: Buffer, at: number, value: number): number {
  let rest = (value << 1) >>> 0;
  while (rest > 0x7f) {
    buffer[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  buffer[at++] = rest;
  return at;
}

/** The same where the usual room for it was left; what stands behind it makes way if it takes more or less. */
function putVarint(out: ByteWriter, at: number, value: number): void {
  const end = out.length;
  const size = varintSize(value);
  if (size !== USUAL_VARINT) out.buffer.copyWithin(at + size, at + USUAL_VARINT, end);
  writeVarint(out.buffer, at, value);
  out.moveTo(end + size - USUAL_VARINT);
}

/** Bytes of the zigzag varint of a safe integer. */
function varlongSize(value: number): number {
  let size = 1;
  for (let rest = value < 0 ? -value - 1 : value; rest >= 0x40; rest = Math.floor(rest / 0x80)) size += 1;
  return size;
}

/** Bytes of the zigzag varint of an int32. */
function varintSize(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  if (zigzag < 0x80) return 1;
  if (zigzag < 0x4000) return 2;
  if (zigzag < 0x20_0000) return 3;
  return zigzag < 0x1000_0000 ? 4 : 5;
}

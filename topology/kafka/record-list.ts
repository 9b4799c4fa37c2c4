/** The records of fetched batches: checked when they come, and read one by one when somebody asks. */
import type { RecordHeaders } from '../record.js';
import { ByteReader } from '../bytes.js';

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

/** As an array of records would, without one: a record is made anew each time that it is asked for. */
export interface FetchedRecords extends Iterable<FetchedRecord> {
  readonly length: number;
  at(index: number): FetchedRecord | undefined;
}

/** What a batch's records have in common. */
export interface RecordBase {
  readonly baseOffset: number;
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  readonly appendTime: boolean;
  readonly count: number;
}

/**
 * Records wait to be processed for longer than the garbage collector's youngest generation lasts, and would be copied
 * by it twice each: one that waits here is four bytes of a number.
 */
export class RecordList implements FetchedRecords {
  readonly #bases: RecordBase[] = [];
  /** Of each batch, decompressed. */
  readonly #bodies: Buffer[] = [];
  /** The index of each batch's first record. */
  readonly #firsts: number[] = [];
  /** Where each record begins in its batch's body, behind its length. */
  #places = new Int32Array(0);
  #length = 0;
  #bytes = 0;
  /** The batch of the record that was asked for last. */
  #batch = 0;

  get length(): number {
    return this.#length;
  }

  /** Bytes of keys and values. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Takes a batch's records from an offset on: a compressed batch starts before the offset asked for when that lies in
   * its middle. @throws RangeError when a record is not as long as it says; the list is of no use then.
   */
  add(base: RecordBase, body: Buffer, fromOffset: number): void {
    const first = this.#length;
    // No record has no bytes: whatever the count says, no more memory is taken than that.
    this.#reserve(Math.min(base.count, body.length));
    const reader = new ByteReader(body);
    for (let index = 0; index < base.count; index += 1) {
      const size = reader.varint();
      const place = reader.position;
      reader.int8(); // attributes: unused
      reader.varint(); // timestamp
      const offset = base.baseOffset + reader.varint();
      const content = skipBytes(reader) + skipBytes(reader);
      for (let headers = reader.varint(); headers > 0; headers -= 1) {
        reader.skip(reader.varint());
        skipBytes(reader);
      }
      if (reader.position !== place + size)
        throw new RangeError(`record at offset ${offset} does not have the length that it states`);
      if (offset < fromOffset) continue;
      this.#places[this.#length] = place;
      this.#length += 1;
      this.#bytes += content;
    }
    if (this.#length === first) return;
    this.#bases.push(base);
    this.#bodies.push(body);
    this.#firsts.push(first);
  }

  at(index: number): FetchedRecord | undefined {
    if (index < 0 || index >= this.#length) return undefined;
    const batch = this.#batchOf(index);
    const body = this.#bodies[batch]!;
    return new BatchRecord(new ByteReader(body, this.#places[index]), body, this.#bases[batch]!);
  }

  *[Symbol.iterator](): Generator<FetchedRecord> {
    for (let index = 0; index < this.#length; index += 1) yield this.at(index)!;
  }

  /** Nearly always the one that was asked last, or the next. */
  #batchOf(index: number): number {
    if (index < this.#firsts[this.#batch]!) this.#batch = 0;
    while (index >= (this.#firsts[this.#batch + 1] ?? this.#length)) this.#batch += 1;
    return this.#batch;
  }

  #reserve(records: number): void {
    const needed = this.#length + records;
    if (needed <= this.#places.length) return;
    const larger = new Int32Array(Math.max(needed, 2 * this.#places.length));
    larger.set(this.#places);
    this.#places = larger;
  }
}

const NO_HEADERS: RecordHeaders = Object.freeze({});

/** Its key and its value are cut out of the batch each time that they are asked for: a key is hardly ever needed. */
class BatchRecord implements FetchedRecord {
  readonly offset: number;
  readonly timestamp: number;
  readonly headers: RecordHeaders;
  readonly #body: Buffer;
  readonly #keyAt: number;
  readonly #keySize: number;
  readonly #valueAt: number;
  readonly #valueSize: number;

  /** Reads one record up to its end, as RecordList.add has passed over it. */
  constructor(reader: ByteReader, body: Buffer, base: RecordBase) {
    reader.int8(); // attributes: unused
    const timestampDelta = reader.varint();
    this.timestamp = base.appendTime ? base.maxTimestamp : base.baseTimestamp + timestampDelta;
    this.offset = base.baseOffset + reader.varint();
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

/** Passes over bytes behind their length, of which there may be none (-1). */
function skipBytes(reader: ByteReader): number {
  const size = Math.max(0, reader.varint());
  reader.skip(size);
  return size;
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

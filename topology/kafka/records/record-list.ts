/** The records of fetched batches: checked when they come, and read one by one when somebody asks. */
import { createHash } from 'node:crypto';
import { ByteReader } from '../../../common/bytes.js';
import { cutRecord } from '../../../common/cut-record.js';
import type { RecordDefect } from '../../../common/record.js';
import { RecordHeaders } from '../../../common/record-headers.js';

export interface FetchedRecord {
  readonly offset: number;
  /** ms since the epoch: the producer's, or the broker's on a LogAppendTime topic; -1 when there is none. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: RecordHeaders;
  /** Bytes of the whole record, headers included. */
  readonly bytes: number;
  /** Set when the record is not there whole. */
  readonly defect?: RecordDefect | undefined;
}

/** As an array of records would, without one: a record is made each time that it is asked for. */
export interface FetchedRecords extends Iterable<FetchedRecord> {
  readonly length: number;
  at(index: number): FetchedRecord | undefined;
}

/** What a batch's records have in common. */
export interface RecordBase {
  readonly baseOffset: number;
  readonly lastOffsetDelta: number;
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  readonly appendTime: boolean;
  readonly count: number;
}

/** What is kept of a record that is larger than it may be, in bytes: more than a dead letter usually has room for. */
const KEPT_BYTES = 1024 * 1024;

/**
 * Records wait to be processed for longer than the garbage collector's youngest generation lasts, and would be copied
 * by it twice each: one that waits here is eight bytes of two numbers.
 */
export class RecordList implements FetchedRecords {
  readonly #maxRecordBytes: number;
  readonly #bases: RecordBase[] = [];
  /** Each batch's, decompressed. */
  readonly #bodies: Buffer[] = [];
  /** The index of each batch's first record. */
  readonly #firsts: number[] = [];
  /** Where each record begins in its batch's body, behind its length; below 0 for those that are not there whole. */
  #places = new Int32Array(0);
  #sizes = new Int32Array(0);
  #length = 0;
  #bytes = 0;
  readonly #defective: FetchedRecord[] = [];
  /** The batch of the record that was asked for last. */
  #batch = 0;

  /** Only the beginning is kept of a record with more bytes. */
  constructor(maxRecordBytes = Infinity) {
    this.#maxRecordBytes = maxRecordBytes;
  }

  get length(): number {
    return this.#length;
  }

  /** Bytes of all records that are held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many of the records are not there whole. */
  get defects(): number {
    return this.#defective.length;
  }

  /**
   * Takes a batch's records from an offset on: a compressed batch starts before the offset asked for when that lies in
   * its middle. @throws RangeError when they are not what the batch says; none of them was taken then.
   */
  add(base: RecordBase, body: Buffer, fromOffset: number): void {
    const [length, bytes, defects] = [this.#length, this.#bytes, this.#defective.length];
    // No record has no bytes: whatever the count says, no more memory is taken than that.
    this.#reserve(Math.max(0, Math.min(base.count, body.length)));
    try {
      this.#addAll(base, body, fromOffset);
    } catch (error) {
      [this.#length, this.#bytes, this.#defective.length] = [length, bytes, defects];
      throw error;
    }
    if (this.#length === length) return;
    const isHeld = this.#length - length > this.#defective.length - defects;
    this.#begin(base, isHeld ? body : EMPTY, length);
  }

  /** Takes one record in the place of a batch that cannot be read, from an offset on. */
  addUnreadable(
    base: RecordBase,
    defect: Omit<RecordDefect & { kind: 'unreadable-batch' }, 'kind'>,
    fromOffset: number,
  ): void {
    const first = this.#length;
    this.#reserve(1);
    this.#addDefective({
      offset: Math.max(base.baseOffset, fromOffset),
      timestamp: base.maxTimestamp,
      key: null,
      value: null,
      headers: RecordHeaders.NONE,
      bytes: 0,
      defect: { kind: 'unreadable-batch', ...defect },
    });
    this.#begin(base, EMPTY, first);
  }

  at(index: number): FetchedRecord | undefined {
    if (index < 0 || index >= this.#length) return undefined;
    const place = this.#places[index]!;
    if (place < 0) return this.#defective[-1 - place];
    const batch = this.#batchOf(index);
    return new BatchRecord(this.#bodies[batch]!, place, this.#sizes[index]!, this.#bases[batch]!);
  }

  *[Symbol.iterator](): Generator<FetchedRecord> {
    for (let index = 0; index < this.#length; index += 1) yield this.at(index)!;
  }

  #addAll(base: RecordBase, body: Buffer, fromOffset: number): void {
    if (base.count < 0) throw new RangeError(`a batch states ${base.count} records`);
    const reader = new ByteReader(body);
    let least = 0;
    for (let index = 0; index < base.count; index += 1) {
      const size = reader.varint();
      const place = reader.position;
      reader.int8(); // attributes: unused
      reader.varint(); // timestamp
      const delta = reader.varint();
      const offset = base.baseOffset + delta;
      if (delta < least || delta > base.lastOffsetDelta)
        throw new RangeError(`a record at offset ${offset} is out of its turn, or not of its batch`);
      least = delta + 1;
      if (size > this.#maxRecordBytes) {
        reader.moveTo(place + size);
        if (offset >= fromOffset) this.#addDefective(tooLarge(base, body, place, size, this.#maxRecordBytes));
        continue;
      }
      skipBytes(reader);
      skipBytes(reader);
      passHeaders(reader);
      if (reader.position !== place + size)
        throw new RangeError(`the record at offset ${offset} does not have the length that it states`);
      if (offset < fromOffset) continue;
      this.#places[this.#length] = place;
      this.#sizes[this.#length] = size;
      this.#length += 1;
      this.#bytes += size;
    }
    if (reader.remaining > 0) throw new RangeError(`${reader.remaining} bytes stand behind the last record`);
  }

  #addDefective(record: FetchedRecord): void {
    this.#defective.push(record);
    this.#places[this.#length] = -this.#defective.length;
    this.#length += 1;
    this.#bytes += record.bytes;
  }

  #begin(base: RecordBase, body: Buffer, first: number): void {
    this.#bases.push(base);
    this.#bodies.push(body);
    this.#firsts.push(first);
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
    const capacity = Math.max(needed, 2 * this.#places.length);
    this.#places = enlarged(this.#places, capacity);
    this.#sizes = enlarged(this.#sizes, capacity);
  }
}

const EMPTY = Buffer.alloc(0);

function enlarged(numbers: Int32Array, capacity: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(capacity);
  larger.set(numbers);
  return larger;
}

/** Key, value and headers are cut out of the batch when they are asked for: a key is hardly ever needed, headers nearly never. */
class BatchRecord implements FetchedRecord {
  readonly offset: number;
  readonly timestamp: number;
  readonly bytes: number;
  readonly #body: Buffer;
  readonly #end: number;
  readonly #keyAt: number;
  readonly #keySize: number;
  readonly #valueAt: number;
  readonly #valueSize: number;

  constructor(body: Buffer, place: number, size: number, base: RecordBase) {
    const reader = new ByteReader(body, place);
    reader.int8(); // attributes: unused
    const timestampDelta = reader.varint();
    this.timestamp = base.appendTime ? base.maxTimestamp : base.baseTimestamp + timestampDelta;
    this.offset = base.baseOffset + reader.varint();
    this.bytes = size;
    this.#body = body;
    this.#end = place + size;
    this.#keySize = reader.varint();
    this.#keyAt = reader.position;
    reader.skip(Math.max(0, this.#keySize));
    this.#valueSize = reader.varint();
    this.#valueAt = reader.position;
    reader.skip(Math.max(0, this.#valueSize));
  }

  get key(): Buffer | null {
    return this.#keySize < 0 ? null : this.#body.subarray(this.#keyAt, this.#keyAt + this.#keySize);
  }

  get value(): Buffer | null {
    return this.#valueSize < 0 ? null : this.#body.subarray(this.#valueAt, this.#valueAt + this.#valueSize);
  }

  get headers(): RecordHeaders {
    const reader = new ByteReader(this.#body, this.#valueAt + Math.max(0, this.#valueSize));
    const count = reader.varint();
    return count === 0 ? RecordHeaders.NONE : new RecordHeaders(count, this.#body.subarray(reader.position, this.#end));
  }
}

/** What is kept of a record over the bound: copies, so that its batch, which may be a hundred times as large, can go. */
function tooLarge(base: RecordBase, body: Buffer, place: number, size: number, maxBytes: number): FetchedRecord {
  // Alone, so that nothing in it reaches beyond it.
  const record = new BatchRecord(body.subarray(0, place + size), place, size, base);
  const { key, value, headers } = cutRecord(record, KEPT_BYTES);
  checkHeaders(headers);
  const whole = record.value ?? EMPTY;
  return {
    offset: record.offset,
    timestamp: record.timestamp,
    key: key && Buffer.from(key),
    value: value && Buffer.from(value),
    headers: new RecordHeaders(headers.count, Buffer.from(headers.bytes)),
    bytes: (key?.length ?? 0) + (value?.length ?? 0) + headers.bytes.length,
    defect: {
      kind: 'too-large',
      bytes: size,
      maxBytes,
      value: { bytes: whole.length, sha256: createHash('sha256').update(whole).digest('hex') },
    },
  };
}

/** Passes over bytes behind their length, of which there may be none (-1). */
function skipBytes(reader: ByteReader): void {
  const size = reader.varint();
  if (size !== -1) reader.skip(size);
}

function passHeaders(reader: ByteReader, count = reader.varint()): void {
  if (count < 0) throw new RangeError(`a record states ${count} headers`);
  for (let left = count; left > 0; left -= 1) {
    reader.skip(reader.varint());
    skipBytes(reader);
  }
}

function checkHeaders({ count, bytes }: RecordHeaders): void {
  const reader = new ByteReader(bytes);
  passHeaders(reader, count);
  if (reader.remaining > 0) throw new RangeError(`${reader.remaining} bytes stand behind the last header of a record`);
}

/**
 * A record's headers, kept as the bytes that they came in: order, repeated names, null values and odd names survive,
 * and a record of 300,000 headers costs nothing until somebody reads one.
 */
import { ByteReader, ByteWriter } from './bytes.js';

/** A header of our own: its value is text, bytes, or null. */
export type Header = readonly [name: string, value: Buffer | string | null];

export class RecordHeaders implements Iterable<readonly [name: string, value: Buffer | null]> {
  static readonly NONE = new RecordHeaders(0, Buffer.alloc(0));

  readonly count: number;
  /** Name and value of each behind its length, as a record of message format 2 has them behind their count. */
  readonly bytes: Buffer;

  constructor(count: number, bytes: Buffer) {
    this.count = count;
    this.bytes = bytes;
  }

  // eslint-disable-next-line id-denylist -- as in Array.of
  static of(headers: Iterable<Header>): RecordHeaders {
    const out = new ByteWriter(256);
    let count = 0;
    for (const [name, value] of headers) {
      out.varint(Buffer.byteLength(name)).utf8(name);
      if (value === null) out.varint(-1);
      else if (typeof value === 'string') out.varint(Buffer.byteLength(value)).utf8(value);
      else out.varint(value.length).raw(value);
      count += 1;
    }
    return count === 0 ? RecordHeaders.NONE : new RecordHeaders(count, out.bytes());
  }

  /** These, and others behind them. */
  and(others: RecordHeaders): RecordHeaders {
    if (this.count === 0) return others;
    if (others.count === 0) return this;
    return new RecordHeaders(this.count + others.count, Buffer.concat([this.bytes, others.bytes]));
  }

  /** The value of the last header of this name, which is the one that counts; undefined when there is none. Reads through all of them. */
  last(name: string): Buffer | null | undefined {
    const wanted = Buffer.from(name);
    const reader = new ByteReader(this.bytes);
    let foundAt = -1;
    for (let left = this.count; left > 0; left -= 1) {
      const size = reader.varint();
      const at = reader.position;
      reader.skip(size);
      // No object for each: there may be hundreds of thousands.
      if (wanted.compare(this.bytes, at, at + size) === 0) foundAt = reader.position;
      reader.skip(Math.max(0, reader.varint()));
    }
    return foundAt < 0 ? undefined : readValue(new ByteReader(this.bytes, foundAt));
  }

  /** So many of them, from the first on. */
  first(count: number): RecordHeaders {
    const reader = new ByteReader(this.bytes);
    for (let left = count; left > 0; left -= 1) passHeader(reader);
    return count === 0 ? RecordHeaders.NONE : new RecordHeaders(count, this.bytes.subarray(0, reader.position));
  }

  /** Those of none of the names, byte for byte. */
  without(...names: readonly string[]): RecordHeaders {
    const unwanted = names.map((name) => Buffer.from(name));
    const reader = new ByteReader(this.bytes);
    const kept: Buffer[] = [];
    for (let left = this.count; left > 0; left -= 1) {
      const at = reader.position;
      const size = reader.varint();
      const nameAt = reader.position;
      reader.skip(size);
      reader.skip(Math.max(0, reader.varint()));
      if (unwanted.every((name) => name.compare(this.bytes, nameAt, nameAt + size) !== 0))
        kept.push(this.bytes.subarray(at, reader.position));
    }
    if (kept.length === this.count) return this;
    return kept.length === 0 ? RecordHeaders.NONE : new RecordHeaders(kept.length, Buffer.concat(kept));
  }

  /** In their order. A name that is no valid UTF-8 is shown with replacement characters; `bytes` has it as it came. */
  *[Symbol.iterator](): Generator<readonly [name: string, value: Buffer | null]> {
    const reader = new ByteReader(this.bytes);
    for (let left = this.count; left > 0; left -= 1) {
      yield [reader.raw(reader.varint()).toString(), readValue(reader)];
    }
  }
}

function passHeader(reader: ByteReader): void {
  reader.skip(reader.varint());
  reader.skip(Math.max(0, reader.varint()));
}

function readValue(reader: ByteReader): Buffer | null {
  const size = reader.varint();
  return size < 0 ? null : reader.raw(size);
}

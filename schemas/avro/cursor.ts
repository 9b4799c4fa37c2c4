/** A checked position in an Avro body: what the reader of another writer's schema, and the scan of our own, move along. */
import type { Tap } from './long-type.js';

/** Why a body cannot be read; the message never holds a part of the body. */
export class MalformedBodyError extends Error {
  override readonly name = 'MalformedBodyError';
}

export interface Cursor extends Tap {
  /** Items of arrays and maps seen so far. */
  items: number;
  /** Records, arrays and maps that the position is inside of. */
  depth: number;
}

/** Items of all arrays and maps of one value. A record of 1 MB, the brokers' usual limit, cannot hold more. */
export const MAX_ITEMS = 1_000_000;
/** Records, arrays and maps inside one another. */
export const MAX_DEPTH = 32;
/** The longest varint of 64 bits, in bytes. */
const LONG_BYTES = 10;
/** The longest varint of 32 bits, in bytes. */
const INT_BYTES = 5;

export function cursorAt(buf: Buffer, pos: number): Cursor {
  return { buf, pos, items: 0, depth: 0 };
}

/** Throws unless `count` more bytes stand after the position; negative counts are refused as well. */
export function assertBytesLeft({ buf, pos }: Tap, count: number): void {
  // Written so that NaN is refused.
  if (!(count >= 0 && count <= buf.length - pos)) {
    throw new MalformedBodyError(`a length or count of ${count} where ${buf.length - pos} bytes are left`);
  }
}

/** Throws unless all of the buffer was read. */
export function assertAtEnd({ buf, pos }: Tap): void {
  if (pos > buf.length) throw new MalformedBodyError('the value ends inside the record');
  if (pos < buf.length) throw new MalformedBodyError(`${buf.length - pos} bytes are left after the record`);
}

/** Steps over a long. */
export function skipLong(tap: Tap): void {
  skipVarint(tap, LONG_BYTES);
}

/** Steps over an int; as in Java nobody looks at the number itself. */
export function skipInt(tap: Tap): void {
  skipVarint(tap, INT_BYTES);
}

/** Reads an int, or the number of a branch. */
export function readInt(tap: Tap): number {
  const value = readVarint(tap, INT_BYTES);
  if (value !== (value | 0)) throw new MalformedBodyError('an int takes more than 32 bits');
  return value;
}

/** Reads a length or a count; rounded beyond 2^53, where every one of them is refused anyway. */
function readCount(tap: Tap): number {
  return readVarint(tap, LONG_BYTES);
}

/** Steps over a length and gives it; throws when the buffer does not hold so much behind it. */
export function readLength(tap: Tap): number {
  const length = readVarint(tap, LONG_BYTES);
  assertBytesLeft(tap, length);
  return length;
}

/** Calls `item` for each item of an array or a map: (count, item...)..., 0; behind a negative count stands the block's size in bytes. */
export function readBlocks(cursor: Cursor, bytesPerItem: number, item: (cursor: Cursor) => void): void {
  enter(cursor);
  for (let count = readCount(cursor); count !== 0; count = readCount(cursor)) {
    let end: number | undefined;
    if (count < 0) {
      count = -count;
      end = readCount(cursor) + cursor.pos;
    }
    assertBytesLeft(cursor, count * bytesPerItem);
    cursor.items += count;
    if (cursor.items > MAX_ITEMS) throw new MalformedBodyError(`more than ${MAX_ITEMS} items of arrays and maps`);
    // Items of no bytes are all the same: nobody counts to what a producer says.
    for (let left = bytesPerItem === 0 ? 1 : count; left > 0; left--) item(cursor);
    // A reader that skips a block goes by its size, one that reads it by its items: both must lead to the same place.
    if (end !== undefined && end !== cursor.pos) throw new MalformedBodyError('a block is not as long as it says');
  }
  cursor.depth--;
}

/** Goes one level deeper; whoever comes out again takes one off the depth. */
export function enter(cursor: Cursor): void {
  if (++cursor.depth > MAX_DEPTH) throw new MalformedBodyError(`nested deeper than ${MAX_DEPTH} levels`);
}

function skipVarint(tap: Tap, most: number): void {
  const { buf } = tap;
  const last = Math.min(buf.length, tap.pos + most);
  let pos = tap.pos;
  while (pos < last) {
    if (buf[pos++]! < 0x80) {
      tap.pos = pos;
      return;
    }
  }
  throw new MalformedBodyError('a number that does not end');
}

function readVarint(tap: Tap, most: number): number {
  const first = tap.buf[tap.pos];
  if (first !== undefined && first < 0x80) {
    tap.pos++;
    return (first >>> 1) ^ -(first & 1);
  }
  const start = tap.pos;
  skipVarint(tap, most);
  let zigzag = 0;
  for (let pos = tap.pos - 1; pos >= start; pos--) zigzag = zigzag * 128 + (tap.buf[pos]! & 0x7f);
  return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
}

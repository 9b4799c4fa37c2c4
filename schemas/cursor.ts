/** A checked position in an Avro body. */

/** Why a body can not be read; the message never holds a part of the body. */
export class MalformedBodyError extends Error {}

export interface Cursor {
  readonly value: Buffer;
  position: number;
  /** Items of arrays and maps seen so far. */
  items: number;
  /** Records, arrays and maps that the position is inside of. */
  depth: number;
}

/** The longest varint of 64 bits, in bytes. */
const MAX_VARINT_BYTES = 10;

/** Throws unless `count` more bytes stand after the position; negative counts are refused as well. */
export function assertBytesLeft(cursor: Cursor, count: number): void {
  // Written so that NaN is refused.
  if (!(count >= 0 && count <= cursor.value.length - cursor.position)) {
    throw new MalformedBodyError(
      `a length or count of ${count} where ${cursor.value.length - cursor.position} bytes are left`,
    );
  }
}

/** Steps over an int or a long. */
export function skipVarint(cursor: Cursor): void {
  const { value } = cursor;
  const last = Math.min(value.length, cursor.position + MAX_VARINT_BYTES);
  let position = cursor.position;
  while (position < last) {
    if (value[position++]! < 0x80) {
      cursor.position = position;
      return;
    }
  }
  throw new MalformedBodyError('a number that does not end');
}

/** Reads a length, count or branch; rounded beyond 2^53, where every one of them is refused anyway. */
export function readCount(cursor: Cursor): number {
  const first = cursor.value[cursor.position];
  if (first !== undefined && first < 0x80) {
    cursor.position++;
    return (first >>> 1) ^ -(first & 1);
  }
  const start = cursor.position;
  skipVarint(cursor);
  let zigzag = 0;
  for (let position = cursor.position - 1; position >= start; position--) {
    zigzag = zigzag * 128 + (cursor.value[position]! & 0x7f);
  }
  return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
}

/**
 * Avro's string, written faster: of what an event costs, most was avsc asking for the length of each string and writing
 * it byte by byte. Short ASCII is written in one pass, its length put in front of it afterwards; any other text by one call.
 */
import avsc from 'avsc';
import type { Tap } from './long-type.js';

interface WritableTap extends Tap {
  /** avsc's own: right for every string, and says past the end of the buffer how much is missing. */
  writeString(text: string): void;
}

/** Bytes whose length is a varint of one byte. */
const ONE_BYTE_LENGTH = 63;
/** Bytes whose length is a varint of two bytes. */
const TWO_BYTE_LENGTH = 8191;
/** Bytes of UTF-8 for a UTF-16 unit, at most. */
const BYTES_A_UNIT = 3;

/** Throws a TypeError for what is no string; the message holds no value. */
function writeString(tap: WritableTap, value: unknown): void {
  if (typeof value !== 'string') throw new TypeError(`expected a string, not a ${typeof value}`);
  const isShortAscii = value.length <= ONE_BYTE_LENGTH && writeShortAscii(tap, value);
  if (!isShortAscii && !writeByCall(tap, value)) tap.writeString(value);
}

/** False, with the tap where it was, for what is not ASCII or has no room. */
function writeShortAscii(tap: Tap, text: string): boolean {
  const { buf, pos } = tap;
  const { length } = text;
  let end = pos + 1;
  if (end + length > buf.length) return false;
  for (let index = 0; index < length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) return false;
    buf[end++] = unit;
  }
  buf[pos] = length << 1;
  tap.pos = end;
  return true;
}

/** False, with the tap where it was, for what might need more than a length of two bytes, or has no room. */
function writeByCall(tap: Tap, text: string): boolean {
  const { buf, pos } = tap;
  const most = text.length * BYTES_A_UNIT;
  if (most > TWO_BYTE_LENGTH || pos + 2 + most > buf.length) return false;
  const bytes = buf.write(text, pos + 2, 'utf8');
  if (bytes <= ONE_BYTE_LENGTH) {
    buf[pos] = bytes << 1;
    buf.copyWithin(pos + 1, pos + 2, pos + 2 + bytes);
    tap.pos = pos + 1 + bytes;
  } else {
    buf[pos] = ((bytes << 1) & 0x7f) | 0x80;
    buf[pos + 1] = bytes >> 6;
    tap.pos = pos + 2 + bytes;
  }
  return true;
}

/** The string that our types use. */
export const stringType = Object.create(new avsc.types.StringType(), {
  _write: { value: writeString },
}) as avsc.Type;

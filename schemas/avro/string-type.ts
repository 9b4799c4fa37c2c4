// Uses private parts of avsc (_read, _write, its tap); package.json pins it exactly.
/**
 * Avro's string, read strictly and written faster: of what an event costs, most was avsc asking for the length of each string and writing
 * it byte by byte. Short ASCII is written in one pass, its length put in front of it afterwards; any other text by one call.
 */
import avsc from 'avsc';
import { writeAscii } from '../../common/bytes.js';
import { readLength } from './cursor.js';
import type { Tap } from './long-type.js';

/** What `Buffer.write` and `toString` call in the end. For short texts the way to there takes as long as the work; avsc calls it as well. */
interface Utf8Buffer extends Buffer {
  /** Gives the bytes written. */
  utf8Write(text: string, at: number): number;
  utf8Slice(from: number, to: number): string;
}

/** Reads a text; bytes that are no UTF-8 become U+FFFD. Unlike avsc it looks at the length: Avro has none of more than ten bytes. */
export function readString(tap: Tap): string {
  const { buf, pos } = tap;
  const first = buf[pos] ?? 0xff;
  const to = pos + 1 + (first >>> 1);
  // Hot path: a length of one byte that is not below 0, as nearly all are. By calls alone it took 5 to 10 % longer.
  if ((first & 0x81) !== 0 || to > buf.length) return readAnyString(tap);
  tap.pos = to;
  return (buf as Utf8Buffer).utf8Slice(pos + 1, to);
}

function readAnyString(tap: Tap): string {
  const length = readLength(tap);
  const from = tap.pos;
  tap.pos += length;
  return (tap.buf as Utf8Buffer).utf8Slice(from, tap.pos);
}

interface WritableTap extends Tap {
  readonly buf: Utf8Buffer;
  /** avsc's own: right for every string, and says past the end of the buffer how much is missing. */
  writeString(text: string): void;
}

/** For longer texts a call is faster than a loop. */
const LOOP_LENGTH = 28;
/** Bytes whose length is a varint of one byte. */
const ONE_BYTE_LENGTH = 63;
/** Bytes whose length is a varint of two bytes. */
const TWO_BYTE_LENGTH = 8191;
/** Bytes of UTF-8 for a UTF-16 unit, at most. */
const BYTES_A_UNIT = 3;

/** Throws a TypeError for what is no string; the message holds no value. */
function writeString(tap: WritableTap, value: unknown): void {
  if (typeof value !== 'string') throw new TypeError(`expected a string, not a ${typeof value}`);
  const isWritten = (value.length <= LOOP_LENGTH && writeByLoop(tap, value)) || writeByCall(tap, value);
  if (!isWritten) tap.writeString(value);
}

/** False, with the tap where it was, for what is not ASCII or has no space. */
function writeByLoop(tap: Tap, text: string): boolean {
  const { buf, pos } = tap;
  const { length } = text;
  if (pos + 1 + length > buf.length || !writeAscii(text, buf, pos + 1)) return false;
  buf[pos] = length << 1;
  tap.pos = pos + 1 + length;
  return true;
}

/** False, with the tap where it was, for what might need more than a length of two bytes, or has no space. */
function writeByCall(tap: WritableTap, text: string): boolean {
  const { buf, pos } = tap;
  const most = text.length * BYTES_A_UNIT;
  if (most > TWO_BYTE_LENGTH || pos + 2 + most > buf.length) return false;
  // Where ASCII would begin, which nearly all texts are.
  const at = pos + lengthBytes(text.length);
  const bytes = buf.utf8Write(text, at);
  const from = pos + lengthBytes(bytes);
  if (from !== at) buf.copyWithin(from, at, at + bytes);
  buf[pos] = bytes << 1;
  if (bytes > ONE_BYTE_LENGTH) {
    buf[pos] |= 0x80;
    buf[pos + 1] = bytes >> 6;
  }
  tap.pos = from + bytes;
  return true;
}

function lengthBytes(bytes: number): number {
  return bytes <= ONE_BYTE_LENGTH ? 1 : 2;
}

/** The string that our types use. */
export const stringType = Object.create(new avsc.types.StringType(), {
  _read: { value: readString },
  _write: { value: writeString },
}) as avsc.Type;

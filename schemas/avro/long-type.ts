// Uses private parts of avsc (_read, _write, its tap); package.json pins it exactly.
/**
 * Avro's long as bigint, lossless over int64, on the hot path of every record.
 *
 * avsc's own way (`LongType.__with`) makes a Buffer for each long and costs about half of the decoding time of a task
 * event; so the public type is made that way, and its two hot methods are overridden to read and write the varint in
 * place. test/unit/schemas/avro/long-type.test.ts holds both ways against each other.
 */
import avsc from 'avsc';
import { HIGH, LOW } from '../../common/int64.js';

/** The position in a buffer that avsc hands to each type's methods. */
export interface Tap {
  readonly buf: Buffer;
  pos: number;
}

export const INT64_MIN = -(2n ** 63n);
export const INT64_MAX = 2n ** 63n - 1n;

/** Two views on the same eight bytes: the cheapest way from 32-bit halves to a bigint and back. */
const whole = new BigInt64Array(1);
const halves = new Int32Array(whole.buffer);

/** The longest varint of 64 bits, in bytes. */
const MAX_VARINT_BYTES = 10;

/** Reads a zigzag varint at the tap. Past the buffer's end it reads 0, as avsc does; the caller checks the position. */
export function readLong(tap: Tap): bigint {
  const { buf } = tap;
  const start = tap.pos;
  let pos = start;
  let byte = buf[pos++] ?? 0;
  let low = byte & 0x7f;
  let shift = 7;
  while (byte >= 0x80 && shift < 28) {
    byte = buf[pos++] ?? 0;
    low |= (byte & 0x7f) << shift;
    shift += 7;
  }
  if (byte < 0x80) {
    tap.pos = pos;
    return BigInt((low >>> 1) ^ -(low & 1));
  }
  byte = buf[pos++] ?? 0;
  low |= (byte & 0x7f) << 28;
  let high = (byte & 0x7f) >>> 4;
  shift = 3;
  while (byte >= 0x80) {
    byte = buf[pos++] ?? 0;
    high |= (byte & 0x7f) << shift;
    shift += 7;
    if (pos - start === MAX_VARINT_BYTES && byte > 1) throw new RangeError('a long takes more than 64 bits');
  }
  tap.pos = pos;
  const sign = -(low & 1);
  halves[LOW] = ((low >>> 1) | (high << 31)) ^ sign;
  halves[HIGH] = (high >>> 1) ^ sign;
  return whole[0] ?? 0n;
}

/** Writes a zigzag varint at the tap. Throws a RangeError when the value is no int64; the message holds no value. */
export function writeLong(tap: Tap, value: unknown): void {
  if (!isInt64(value)) throw new RangeError(`expected an int64 as bigint, not ${describe(value)}`);
  whole[0] = value;
  const sign = (halves[HIGH] ?? 0) >> 31;
  let low = ((halves[LOW] ?? 0) << 1) ^ sign;
  let high = (((halves[HIGH] ?? 0) << 1) | ((halves[LOW] ?? 0) >>> 31)) ^ sign;
  const { buf } = tap;
  let pos = tap.pos;
  while (high !== 0 || low >>> 0 > 0x7f) {
    buf[pos++] = (low & 0x7f) | 0x80;
    low = (low >>> 7) | (high << 25);
    high >>>= 7;
  }
  buf[pos++] = low;
  tap.pos = pos;
}

function isInt64(value: unknown): value is bigint {
  return typeof value === 'bigint' && value >= INT64_MIN && value <= INT64_MAX;
}

function describe(value: unknown): string {
  return typeof value === 'bigint' ? 'a bigint out of range' : `a ${typeof value}`;
}

/** The long as avsc knows it by its public interface: correct and slow. Exported for the test that compares. */
export const publicLongType = avsc.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(value);
    return bytes;
  },
  fromJSON: (value: number | string) => BigInt(value),
  toJSON: String,
  isValid: isInt64,
  compare: (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0),
});

/** The long that our types use. */
export const longType = Object.create(publicLongType, {
  _read: { value: readLong },
  _write: { value: writeLong },
}) as avsc.Type;

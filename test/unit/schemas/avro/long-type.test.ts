import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { INT64_MAX, INT64_MIN, publicLongType, readLong, writeLong } from '../../../../schemas/avro/long-type.js';

const int64 = fc.bigInt({ min: INT64_MIN, max: INT64_MAX });
// Varints change length at powers of 128: look around all powers of two as well.
const edge = fc
  .tuple(fc.integer({ min: 0, max: 63 }), fc.integer({ min: -2, max: 2 }), fc.boolean())
  .map(([power, delta, negative]) => (2n ** BigInt(power) + BigInt(delta)) * (negative ? -1n : 1n))
  .filter((value) => value >= INT64_MIN && value <= INT64_MAX);

function write(value: unknown): Buffer {
  const tap = { buf: Buffer.alloc(16), pos: 0 };
  writeLong(tap, value);
  return tap.buf.subarray(0, tap.pos);
}

describe('the long type', () => {
  it('reads back every int64 that it writes, to the byte', () => {
    fc.assert(
      fc.property(fc.oneof(int64, edge), (value) => {
        const bytes = write(value);
        const tap = { buf: bytes, pos: 0 };
        expect(readLong(tap)).toBe(value);
        expect(tap.pos).toBe(bytes.length);
      }),
      { numRuns: 2000 },
    );
  });

  it('writes the same bytes as the public type of avsc, and reads its bytes', () => {
    fc.assert(
      fc.property(fc.oneof(int64, edge), (value) => {
        expect(write(value)).toEqual(publicLongType.toBuffer(value));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([INT64_MAX + 1n, INT64_MIN - 1n, 1, '1', null, undefined])('refuses to write %s', (value) => {
    expect(() => write(value)).toThrow(RangeError);
  });

  it('refuses a varint of more than 64 bits', () => {
    const tooLong = Buffer.alloc(11, 0xff);
    expect(() => readLong({ buf: tooLong, pos: 0 })).toThrow('more than 64 bits');
    const tooGreat = Buffer.from([255, 255, 255, 255, 255, 255, 255, 255, 255, 2]);
    expect(() => readLong({ buf: tooGreat, pos: 0 })).toThrow('more than 64 bits');
  });
});

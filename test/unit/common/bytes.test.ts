import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../../../common/bytes.js';
import { Encoder, Long } from '../topology/kafka/cluster/kafkajs-internals.js';

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

const readBack = <T>(write: (out: ByteWriter) => unknown, read: (from: ByteReader) => T): T => {
  const out = new ByteWriter(1);
  write(out);
  const reader = new ByteReader(Buffer.from(out.bytes()));
  const value = read(reader);
  expect(reader.remaining).toBe(0);
  return value;
};

describe('a value that was written', () => {
  const law = <T>(
    name: string,
    values: fc.Arbitrary<T>,
    write: (out: ByteWriter, value: T) => unknown,
    read: (from: ByteReader) => unknown,
  ): void =>
    it(`is read back: ${name}`, () => {
      fc.assert(
        fc.property(values, (value) => {
          expect(readBack((out) => write(out, value), read)).toEqual(value);
        }),
      );
    });

  law(
    'int8',
    fc.integer({ min: -128, max: 127 }),
    (out, v) => out.int8(v),
    (from) => from.int8(),
  );
  law(
    'int16',
    fc.integer({ min: -32768, max: 32767 }),
    (out, v) => out.int16(v),
    (from) => from.int16(),
  );
  law(
    'int32',
    fc.integer(),
    (out, v) => out.int32(v),
    (from) => from.int32(),
  );
  law(
    'uint32',
    fc.nat({ max: 0xffff_ffff }),
    (out, v) => out.uint32(v),
    (from) => from.uint32(),
  );
  law(
    'int64, as a safe integer',
    fc.maxSafeInteger(),
    (out, v) => out.int64(v),
    (from) => from.int64(),
  );
  law(
    'int64, as a bigint',
    int64,
    (out, v) => out.bigint64(v),
    (from) => from.bigint64(),
  );
  law(
    'varint',
    fc.maxSafeInteger(),
    (out, v) => out.varint(v),
    (from) => from.varint(),
  );
  law(
    'uvarint',
    fc.nat({ max: 0xffff_ffff }),
    (out, v) => out.uvarint(v),
    (from) => from.uvarint(),
  );
  law(
    'string',
    fc.string({ unit: 'grapheme' }),
    (out, v) => out.string(v),
    (from) => from.string(),
  );
  law(
    'compact string',
    fc.string({ unit: 'grapheme' }),
    (out, v) => out.compactString(v),
    (from) => from.compactString(),
  );
});

describe('int64', () => {
  it('has the same bytes as a number and as a bigint', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(
          new ByteWriter()
            .int64(value)
            .bytes()
            .equals(new ByteWriter().bigint64(BigInt(value)).bytes()),
        ).toBe(true);
      }),
    );
  });
});

describe('varint', () => {
  const boundaries = [
    0,
    1,
    63,
    64,
    8191,
    8192,
    2 ** 20 - 1,
    2 ** 20,
    2 ** 27 - 1,
    2 ** 27,
    2 ** 30 - 1,
    2 ** 30,
    2 ** 31 - 1,
  ];

  it.each(boundaries.flatMap((value) => [value, -value - 1]))('of %i is what kafkajs writes', (value) => {
    expect(Buffer.from(new ByteWriter().varint(value).bytes()).toString('hex')).toBe(
      new Encoder().writeVarInt(value).buffer.toString('hex'),
    );
  });

  it.each([2 ** 31, 2 ** 34, 2 ** 41 - 1, 2 ** 53 - 1, -(2 ** 31) - 1, -(2 ** 53) + 1])(
    'of %i is what kafkajs writes as a varlong',
    (value) => {
      const theirs = new Encoder().writeVarLong(Long.fromValue(BigInt(value))).buffer;
      expect(Buffer.from(new ByteWriter().varint(value).bytes()).toString('hex')).toBe(theirs.toString('hex'));
    },
  );

  it('of more than ten bytes is refused', () => {
    expect(() => new ByteReader(Buffer.alloc(11, 0xff)).varint()).toThrow(RangeError);
  });
});

describe('a reader', () => {
  it.each<[string, (from: ByteReader) => unknown]>([
    ['int8', (from) => from.int8()],
    ['int32', (from) => from.int32()],
    ['int64', (from) => from.int64()],
    ['varint', (from) => from.varint()],
    ['a string', (from) => from.string()],
    ['raw bytes', (from) => from.raw(1)],
  ])('throws RangeError past the end: %s', (_, read) => {
    expect(() => read(new ByteReader(Buffer.alloc(0)))).toThrow(RangeError);
  });

  it('refuses a string that says it is longer than what is there, or of negative length', () => {
    expect(() => new ByteReader(Buffer.from([0, 9, 65])).string()).toThrow('wanted 9 bytes at 2 of 3');
    expect(() => new ByteReader(Buffer.from([0xff, 0xff])).string()).toThrow(RangeError);
  });

  it('tells null from empty strings', () => {
    expect(new ByteReader(Buffer.from([0xff, 0xff])).nullableString()).toBeNull();
    expect(new ByteReader(Buffer.from([0, 0])).nullableString()).toBe('');
    expect(new ByteReader(Buffer.from([0])).compactNullableString()).toBeNull();
    expect(new ByteReader(Buffer.from([1])).compactNullableString()).toBe('');
  });

  it('skips tagged fields that it does not know', () => {
    const out = new ByteWriter()
      .uvarint(2)
      .uvarint(0)
      .uvarint(3)
      .raw(Buffer.from('abc'))
      .uvarint(7)
      .uvarint(0)
      .int8(42);
    const reader = new ByteReader(Buffer.from(out.bytes()));
    reader.tags();
    expect(reader.int8()).toBe(42);
  });
});

describe('a writer', () => {
  it('grows, leaves space for what is written later, and begins again in the same buffer', () => {
    const out = new ByteWriter(1);
    out.skip(4).utf8('grüße').raw(Buffer.alloc(5000, 1));
    expect(out.length).toBe(5011);
    expect(out.bytes().subarray(4, 11).toString()).toBe('grüße');
    expect(out.capacity).toBeGreaterThanOrEqual(5011);
    out.moveTo(0);
    expect(out.length).toBe(0);
  });
});

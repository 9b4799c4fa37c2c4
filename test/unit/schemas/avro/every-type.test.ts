import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AvroSchema } from '../../../../schemas/avro/avro-schema.js';
import { assertAtEnd, cursorAt } from '../../../../schemas/avro/cursor.js';
import { atScale, decimalBytes, decimalText } from '../../../../schemas/avro/decimal.js';
import { parseType } from '../../../../schemas/avro/parse-type.js';
import { isSameEncoding, Resolution } from '../../../../schemas/avro/resolution.js';
import { Skips } from '../../../../schemas/avro/skip.js';
import { parseWriter } from '../../../../schemas/avro/writer-type.js';
import { EveryType, valuesOf } from '../every-type.js';
import { bytes, double, enumOf, fixed, float, long, raw, record, text } from './resolutions/row.js';

const money = (scale: number, type: object | 'bytes' = 'bytes'): object => ({
  ...(typeof type === 'string' ? { type } : type),
  logicalType: 'decimal',
  precision: 20,
  scale,
});
const recordOf = (type: unknown, more: object = {}): AvroSchema => ({
  type: 'record',
  name: 'R',
  fields: [{ name: 'x', type: type as AvroSchema, ...more }],
});

/** What is read of a body that was written with another schema. */
function resolve(writer: unknown, own: unknown, body: Buffer): unknown {
  const read = new Resolution(new Skips()).compile(parseWriter(writer), parseWriter(own));
  const cursor = cursorAt(body, 0);
  const value = read(cursor);
  assertAtEnd(cursor);
  return value;
}

const field = (writer: unknown, own: unknown, written: Buffer): unknown =>
  (resolve(recordOf(writer), recordOf(own), written) as { x: unknown }).x;

it('an event of every type fits its schema', () => {
  const avro = parseType(EveryType);
  fc.assert(
    fc.property(valuesOf(parseWriter(EveryType)), (event) => {
      expect(avro.isValid(event)).toBe(true);
    }),
  );
});

describe('a field of ours is read from a writer of another schema:', () => {
  const cents = fixed(4);
  it.each([
    ['an int', 'int', 'int', long(-5), -5],
    ['a float from an int', 'int', 'float', long(16_777_217), 16_777_216],
    ['a float from a long', 'long', 'float', long(3), 3],
    ['a float', 'float', 'float', float(0.1), Math.fround(0.1)],
    ['a double from a float', 'float', 'double', float(0.5), 0.5],
    ['bytes', 'bytes', 'bytes', raw(bytes(1, 2)), bytes(1, 2)],
    ['bytes from a string', 'string', 'bytes', text('é'), Buffer.from('é')],
    ['a fixed', cents, cents, bytes(1, 2, 3, 4), bytes(1, 2, 3, 4)],
    ['an enum of other symbols', enumOf('E', 'B', 'A'), enumOf('E', 'A', 'B', 'C'), long(1), 'A'],
    ['a symbol of the writer alone', enumOf('E', 'Z'), { ...enumOf('E', 'A'), default: 'A' }, long(0), 'A'],
    ['a decimal', money(2), money(2), raw(bytes(0x04, 0xe2)), '12.50'],
    ['a decimal of fewer digits', money(1), money(2), raw(bytes(125)), '12.50'],
    ['a decimal of more digits', money(4), money(2), raw(bytes(0x01, 0xe8, 0x48)), '12.50'],
    ['a decimal that does not say so', 'bytes', money(2), raw(bytes(0xff)), '-0.01'],
    ['a decimal in a fixed', money(2, cents), money(2, cents), bytes(0xff, 0xff, 0xff, 0x9c), '-1.00'],
    ['a decimal that is none', 'bytes', { type: 'bytes', logicalType: 'decimal' }, raw(bytes(5)), bytes(5)],
    ['a decimal where ours may be null', money(2), ['null', money(2)], raw(bytes(5)), '0.05'],
    ['a union, by name', fixed(2), ['null', fixed(4), fixed(2)], bytes(1, 2), bytes(1, 2)],
    ['a union, by what can be read', 'int', ['null', 'string', 'long'], long(5), 5n],
  ] as const)('%s', (_, writer, own, written, expected) => {
    expect(field(writer, own, written)).toEqual(expected);
  });

  it.each([
    ['an int from a long', 'long', 'int', long(5)],
    ['an int from a double', 'double', 'int', double(5)],
    ['an int that takes more than 32 bits', 'int', 'int', long(2n ** 31n)],
    ['a fixed of another size', fixed(2), fixed(4), bytes(1, 2)],
    ['a symbol that ours has not', enumOf('E', 'Z'), enumOf('E', 'A'), long(0)],
    ['a symbol that the writer has not', enumOf('E', 'A'), enumOf('E', 'A'), long(1)],
    ['a decimal that would lose digits', money(4), money(2), raw(bytes(1))],
    ['a decimal of no bytes', money(2), money(2), raw(bytes())],
    ['a decimal without end', money(2), money(2), raw(Buffer.alloc(2000, 1))],
    ['bytes that are not all there', 'bytes', 'bytes', bytes(4, 1)],
    ['a fixed that is not all there', fixed(4), fixed(4), bytes(1)],
  ] as const)('not %s', (_, writer, own, written) => {
    expect(() => field(writer, own, written)).toThrow();
  });

  it.each([
    ['an int64', 'long', 7, 7n],
    ['an int', 'int', 7, 7],
    ['bytes', 'bytes', '\u00ff', bytes(0xff)],
    ['a decimal', money(2), '\u0004\u00e2', '12.50'],
    ['an enum', enumOf('E', 'A'), 'A', 'A'],
    ['a list of int64', { type: 'array', items: 'long' }, [1], [1n]],
    ['a map of int64', { type: 'map', values: 'long' }, { a: 1 }, { a: 1n }],
    ['a union', ['long', 'null'], 7, 7n],
    ['a record', { ...record('Inner', { name: 'x', type: 'long', default: 3 }) }, {}, { x: 3n }],
  ])('a default for a field that the writer does not have: %s', (_, type, byDefault, expected) => {
    const empty = { type: 'record', name: 'R', fields: [] };
    const own = { ...empty, fields: [{ name: 'y', type, default: byDefault }] };
    expect(resolve(empty, own, bytes())).toEqual({ y: expected });
    expect(parseType(own as AvroSchema).isValid({ y: expected })).toBe(true);
  });
});

describe('the writer’s bytes mean the same as ours', () => {
  it.each([
    [enumOf('E', 'A', 'B'), enumOf('E', 'A', 'B'), true],
    [enumOf('E', 'B', 'A'), enumOf('E', 'A', 'B'), false],
    [fixed(4), fixed(4), true],
    [fixed(2), fixed(4), false],
    [money(2), money(2), true],
    [money(3), money(2), false],
    ['bytes', money(2), true],
    [money(2), 'bytes', true],
  ])('of %j and %j: %s', (writer, own, expected) => {
    expect(isSameEncoding(parseWriter(writer), parseWriter(own))).toBe(expected);
  });
});

describe('a record in itself', () => {
  const chain = { type: 'record', name: 'C', fields: [{ name: 'next', type: ['null', 'C'] }] };
  const renamed = { ...chain, fields: [{ name: 'next', type: ['C', 'null'] }] };

  it('is compared and read', () => {
    expect(isSameEncoding(parseWriter(chain), parseWriter(chain))).toBe(true);
    expect(isSameEncoding(parseWriter(renamed), parseWriter(chain))).toBe(false);
    expect(resolve(renamed, chain, bytes(0, 0, 2))).toEqual({ next: { next: { next: null } } });
  });

  it('is not read deeper than 32 levels', () => {
    expect(() => resolve(chain, chain, Buffer.concat([Buffer.alloc(100, 2), bytes(0)]))).toThrow('deeper than 32');
  });
});

describe('a decimal', () => {
  it('is the same after it was written, as few bytes as it takes', () => {
    fc.assert(
      fc.property(fc.bigInt(-(10n ** 40n), 10n ** 40n), fc.nat(20), (digits, scale) => {
        const amount = atScale(`${digits}e-${scale}`, scale)!;
        const written = decimalBytes(amount, scale)!;
        expect(decimalText(written, scale)).toBe(amount);
        expect(decimalText(decimalBytes(amount, scale, 20)!, scale)).toBe(amount);
        expect(written.length === 1 || decimalBytes(amount, scale, written.length - 1) === undefined).toBe(true);
      }),
    );
  });

  it.each([
    ['12.5', 2, '12.50'],
    ['-0', 2, '0.00'],
    ['5', 0, '5'],
    ['1e3', 0, '1000'],
    ['1.5E-3', 4, '0.0015'],
    ['0.000', 1, '0.0'],
    ['0e-999', 2, '0.00'],
    ['12.505', 2, undefined],
    ['1e-9', 2, undefined],
    ['1e9999', 2, undefined],
    ['+5', 2, undefined],
    ['.5', 2, undefined],
    ['', 2, undefined],
    ['NaN', 2, undefined],
    ['1'.repeat(5000), 2, undefined],
  ])('that is written %s is, with %d digits behind the point, %s', (written, scale, expected) => {
    expect(atScale(written, scale)).toBe(expected);
  });
});

it('a text that could be of two branches is written as the first that it fits', () => {
  const type = parseType(['null', 'int', 'long', 'string', enumOf('E', 'A') as AvroSchema]);
  for (const value of [null, 5, 5n, 'A']) expect(type.fromBuffer(type.toBuffer(value))).toBe(value);
  expect(type.toBuffer(5n)).toEqual(Buffer.concat([long(2), long(5)]));
  expect(() => type.toBuffer(true)).toThrow('none of the union');
  expect(() => void type.fromBuffer(long(7))).toThrow();
});

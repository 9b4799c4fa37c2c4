import avsc from 'avsc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { longType, publicLongType } from '../../../../schemas/avro/long-type.js';
import { isNullable, nullableType } from '../../../../schemas/avro/nullable-type.js';

const registry = (long: avsc.Type): object => ({ registry: { long } });
const ours = {
  string: nullableType(['null', 'string'], {}),
  long: nullableType(['null', 'long'], registry(longType)),
};
const theirs = {
  string: avsc.Type.forSchema(['null', 'string']),
  long: avsc.Type.forSchema(['null', 'long'], registry(publicLongType)),
};

describe('the nullable types', () => {
  it('write the same bytes as avsc, and read them back', () => {
    const value = fc.oneof(
      fc.constant(null),
      fc.string({ unit: 'grapheme', maxLength: 100 }),
      fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
    );
    fc.assert(
      fc.property(value, (one) => {
        for (const kind of typeof one === 'string' ? (['string'] as const) : (['long'] as const)) {
          const bytes = ours[kind].toBuffer(one);
          expect(bytes.equals(theirs[kind].toBuffer(one))).toBe(true);
          expect(ours[kind].fromBuffer(bytes)).toBe(one);
        }
      }),
    );
  });

  it('say how much is missing in a buffer that is too short', () => {
    for (const value of [null, '', 'short', 'x'.repeat(100)]) {
      const { length } = theirs.string.toBuffer(value);
      for (let space = 0; space < length; space += 1) {
        expect(ours.string.encode(value, Buffer.alloc(space), 0)).toBeLessThan(0);
      }
    }
  });

  it.each([1, undefined, {}, 7n])('refuse to write %s as a text', (value) => {
    expect(() => ours.string.toBuffer(value)).toThrow();
  });

  it.each([1, undefined, {}, '7', 2n ** 63n])('refuse to write %s as a long', (value) => {
    expect(() => ours.long.toBuffer(value)).toThrow();
  });

  it.each([
    [['null', 'string'], true],
    [['null', { type: 'long', logicalType: 'timestamp-millis' }], true],
    [['string', 'null'], false],
    [['null', 'long', 'string'], false],
    [['null', { type: 'map', values: 'string' }], false],
    ['string', false],
  ])('stand for %j: %s', (schema, expected) => {
    expect(isNullable(schema)).toBe(expected);
  });
});

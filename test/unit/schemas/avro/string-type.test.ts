import avsc from 'avsc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { stringType } from '../../../../schemas/avro/string-type.js';

const theirs = new avsc.types.StringType();
const ascii = fc.string({ unit: 'grapheme-ascii', maxLength: 200 });
const any = fc.string({ unit: 'binary', maxLength: 200 });
// Around the lengths at which the way of writing changes.
const edge = fc
  .tuple(
    fc.constantFrom('a', 'é', '€', '🎉', '\ud800'),
    fc.constantFrom(0, 1, 21, 22, 27, 28, 29, 62, 63, 64, 2730, 2731, 8191, 8192),
  )
  .map(([unit, count]) => unit.repeat(count));

describe('the string type', () => {
  it('writes the same bytes as that of avsc, and reads them back', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          ascii,
          any,
          edge,
          fc.tuple(ascii, edge).map(([a, b]) => a + b),
        ),
        (text) => {
          const bytes = stringType.toBuffer(text);
          // Half a surrogate pair is no text: avsc writes bytes that are no UTF-8, we write what Buffer does.
          const isText = Buffer.from(text).toString() === text;
          expect(bytes.equals(theirs.toBuffer(isText ? text : Buffer.from(text).toString()))).toBe(true);
          if (isText) expect(stringType.fromBuffer(bytes)).toBe(text);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('says how much is missing in a buffer that is too short, whatever its size', () => {
    for (const text of ['', 'short', 'é'.repeat(20), 'x'.repeat(64), '€'.repeat(300), 'y'.repeat(9000)]) {
      const { length } = theirs.toBuffer(text);
      const needed = [...Array(4).keys()].map((less) => length - less).filter((space) => space >= 0);
      for (const space of needed) {
        expect(stringType.encode(text, Buffer.alloc(space), 0)).toBe(theirs.encode(text, Buffer.alloc(space), 0));
      }
    }
  });

  it.each([1, null, undefined, {}, 7n])('refuses to write %s', (value) => {
    expect(() => stringType.toBuffer(value)).toThrow(/^expected a string, not a /);
  });
});

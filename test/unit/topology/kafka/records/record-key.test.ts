import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyHash, RecordKey } from '../../../../../topology/kafka/index.js';

describe('a record key', () => {
  it('has the bytes and the hash of the text that it was given last', () => {
    const key = new RecordKey();
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), (text) => {
        key.set(text);
        const bytes = Buffer.from(text);
        const out = Buffer.alloc(1 + bytes.length);
        expect(key.writeTo(out, 1)).toBe(out.length);
        expect(out.subarray(1)).toEqual(bytes);
        expect([key.length, key.hash]).toEqual([bytes.length, keyHash(bytes)]);
      }),
    );
  });

  it('is that of an empty text before it was given one', () => {
    const key = new RecordKey();
    expect([key.length, key.hash]).toEqual([0, keyHash(Buffer.alloc(0))]);
    key.set('');
    expect([key.length, key.hash]).toEqual([0, keyHash(Buffer.alloc(0))]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../../topology/bytes.js';
import { keyHash, RecordKey } from '../../../topology/kafka/index.js';

describe('a record key', () => {
  it('has the bytes and the hash of the text that it was given last', () => {
    const key = new RecordKey();
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), (text) => {
        key.set(text);
        const out = new ByteWriter(1);
        key.writeTo(out);
        const bytes = Buffer.from(text);
        expect(out.bytes()).toEqual(bytes);
        expect([key.length, key.hash]).toEqual([bytes.length, keyHash(bytes)]);
      }),
    );
  });
});

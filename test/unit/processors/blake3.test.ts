import { blake3 as reference } from '@noble/hashes/blake3.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blake3, CHUNK_BYTES, HASH_WORDS } from '../../../processors/blake3.js';

/** As it is used: one input, one hash, again and again. */
const bytes = new Uint8Array(CHUNK_BYTES);
const input = new DataView(bytes.buffer);
const words = new Int32Array(HASH_WORDS);

function hashOf(content: Uint8Array): string {
  bytes.set(content);
  blake3(input, content.length, words);
  const hash = Buffer.alloc(4 * HASH_WORDS);
  words.forEach((word, index) => hash.writeInt32LE(word, 4 * index));
  return hash.toString('hex');
}

const hex = (content: Uint8Array): string => Buffer.from(content).toString('hex');

describe('BLAKE3', () => {
  it.each([
    ['', 'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262'],
    ['abc', '6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85'],
  ])("of '%s' is what its authors say", (text, hash) => {
    expect(hashOf(Buffer.from(text))).toBe(hash);
  });

  it('is the same as of another implementation, at every length up to a chunk', () => {
    for (let length = 0; length <= CHUNK_BYTES; length += 1) {
      const content = Uint8Array.from({ length }, (_, index) => index % 251);
      expect(hashOf(content)).toBe(hex(reference(content)));
    }
  });

  it('is the same as of another implementation, whatever is hashed and was hashed before', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: CHUNK_BYTES, size: 'max' }), (content) => {
        expect(hashOf(content)).toBe(hex(reference(content)));
      }),
    );
  });

  it('is refused for more than a chunk', () => {
    const more = new DataView(new ArrayBuffer(2 * CHUNK_BYTES));
    expect(() => blake3(more, CHUNK_BYTES + 1, words)).toThrow('cannot hash 1025 bytes: expected at most 1024');
  });
});

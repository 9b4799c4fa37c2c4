import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PackedBlocks } from '../../../../state/dedup/packed-blocks.js';

/** What a block holds, its number first; undefined when it is not there. */
function wordsOf(blocks: PackedBlocks, number: number, length: number): number[] | undefined {
  const address = blocks.addressOf(number);
  if (address === 0) return undefined;
  const offset = blocks.offsetOf(address);
  return [...blocks.chunkOf(address).words.subarray(offset - 1, offset - 1 + length)];
}

describe('PackedBlocks', () => {
  it('keeps what each block holds, whichever are made longer, shorter or removed', () => {
    const step = fc.record({ number: fc.nat({ max: 60 }), length: fc.constantFrom(0, 2, 3, 7, 40, 500, 1000) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
        const blocks = new PackedBlocks();
        const held = new Map<number, number[]>();
        for (const [index, { number, length }] of steps.entries()) {
          const before = held.get(number) ?? [];
          blocks.resize(number, before.length, length);
          held.delete(number);
          if (length === 0) continue;
          const address = blocks.addressOf(number);
          const { words } = blocks.chunkOf(address);
          const kept = [number, ...before.slice(1, length)];
          // New words hold anything.
          for (let at = kept.length; at < length; at += 1) {
            words[blocks.offsetOf(address) + at - 1] = index;
            kept.push(index);
          }
          held.set(number, kept);
        }
        for (let number = 0; number <= 60; number += 1)
          expect(wordsOf(blocks, number, held.get(number)?.length ?? 0)).toEqual(held.get(number));
      }),
      { numRuns: 100 },
    );
  });

  it('takes no more memory for many blocks that got longer than for as many that were made so', () => {
    const grown = new PackedBlocks();
    for (let length = 10; length < 100; length += 10)
      for (let number = 0; number < 5000; number += 1) grown.resize(number, length === 10 ? 0 : length - 10, length);
    const made = new PackedBlocks();
    for (let number = 0; number < 5000; number += 1) made.resize(number, 0, 90);
    expect(grown.bytes).toBeLessThan(1.05 * made.bytes);
  });
});

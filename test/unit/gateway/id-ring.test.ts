import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { halvesOf, IdRing } from '../../../gateway/id-ring.js';

describe('a ring of ids', () => {
  it('finds the last ids that it was given and no other, as a list would, whatever their hashes have in common', () => {
    // A few values of each half: many ids share one, and the table has long runs.
    const half = fc.constantFrom(0, 1, 2, -1, 0x7fff_ffff, -0x8000_0000, 1 << 15, 1 << 16);
    const ids = fc.array(fc.tuple(half, half), { maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), ids, (capacity, pushed) => {
        const ring = new IdRing(capacity);
        const list: (readonly [number, number])[] = [];
        for (const id of pushed) {
          if (list.some(([low, high]) => low === id[0] && high === id[1])) continue;
          const index = ring.push(...id);
          list.push(id);
          if (list.length > capacity) list.shift();
          expect(ring.find(...id)).toBe(index);
        }
        expect(ring.size).toBe(list.length);
        for (const [age, id] of list.entries()) {
          expect(ring.find(...id)).toBe(ring.indexAt(age));
          expect(ring.idAt(ring.indexAt(age))).toEqual(id);
        }
        for (const id of pushed) {
          const isThere = list.some(([low, high]) => low === id[0] && high === id[1]);
          expect(ring.find(...id) >= 0).toBe(isThere);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('tells any two 64-bit ids apart by their halves', () => {
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), (id) => {
        const { low, high } = halvesOf(id);
        expect((BigInt(high) << 32n) | BigInt(low >>> 0)).toBe(id);
      }),
    );
  });
});

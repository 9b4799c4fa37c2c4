import fc from 'fast-check';
import { expect, it } from 'vitest';

import { Generations } from '../../../state/generations.js';

it('never holds more than it may, never an old value, and always what was used among the last half', () => {
  const step = fc.record({ key: fc.nat(20), set: fc.boolean() });
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 12 }), fc.array(step, { maxLength: 200 }), (max, steps) => {
      const cache = new Generations<number, number>(max);
      const truth = new Map<number, number>();
      const used: number[] = [];
      for (const [at, { key, set }] of steps.entries()) {
        if (set) {
          cache.set(key, at);
          truth.set(key, at);
        }
        const found = cache.get(key);
        if (found !== undefined) expect(found).toBe(truth.get(key));
        if (found !== undefined) used.push(key);
        expect(cache.size).toBeLessThanOrEqual(max);
        const recent = new Set<number>();
        for (let back = used.length - 1; back >= 0 && recent.size < Math.floor(max / 2); back -= 1)
          recent.add(used[back]!);
        for (const one of recent) expect(cache.get(one)).toBe(truth.get(one));
        used.push(...[...recent].reverse());
      }
    }),
  );
});

it('is empty when it is cleared', () => {
  const cache = new Generations<string, number>(4);
  for (const key of ['a', 'b', 'c']) cache.set(key, 1);
  cache.clear();
  expect([cache.get('a'), cache.get('c'), cache.size]).toEqual([undefined, undefined, 0]);
});

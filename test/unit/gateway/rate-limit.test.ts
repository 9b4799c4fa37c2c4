import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RateLimit } from '../../../gateway/rate-limit.js';

describe('the inbound rate', () => {
  it('lets through the burst and the rate, and never more, whatever the clock does', () => {
    const steps = fc.array(fc.integer({ min: -5000, max: 5000 }), { maxLength: 200 });
    fc.assert(
      fc.property(steps, (deltas) => {
        const rate = new RateLimit(5, 10, 0);
        let now = 0;
        let forward = 0;
        let taken = 0;
        for (const delta of deltas) {
          now += delta;
          forward += Math.max(0, delta);
          if (rate.take(now)) taken += 1;
          expect(taken).toBeLessThanOrEqual(5 + forward / 100 + 1e-6);
        }
      }),
    );
  });

  it('is full again after a pause, and no fuller', () => {
    const rate = new RateLimit(3, 10, 0);
    const takeAll = (now: number): number => [1, 2, 3, 4, 5].filter(() => rate.take(now)).length;
    expect([takeAll(0), takeAll(100), takeAll(1_000_000)]).toEqual([3, 1, 3]);
  });

  it('gives back what is refunded', () => {
    const rate = new RateLimit(1, 10, 0);
    expect(rate.take(0)).toBe(true);
    rate.refund();
    expect([rate.take(0), rate.take(0)]).toEqual([true, false]);
  });
});

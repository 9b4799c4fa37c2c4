import { describe, expect, it } from 'vitest';
import { inTurn, turnOf } from '../../../gateway/spread.js';

describe('turns', () => {
  it('come evenly over the time, the first at once', () => {
    expect([0, 1, 500, 999].map((index) => turnOf(index, 1000, 3000))).toEqual([0, 3, 1500, 2997]);
  });

  it('of a few come a hundred in a second', () => {
    expect([0, 1, 9].map((index) => turnOf(index, 10, 3000))).toEqual([0, 10, 90]);
  });

  it('come at once where there is no time', () => {
    expect(turnOf(9, 10, 0)).toBe(0);
  });

  it('end what they end, in order, not all at once, and wait for the ends', async () => {
    const began = performance.now();
    const ended: number[] = [];
    const at: number[] = [];
    await inTurn(
      Array.from({ length: 100 }, (_, index) => index),
      1000,
      async (index) => {
        at.push(performance.now() - began);
        await Promise.resolve();
        ended.push(index);
      },
      new AbortController().signal,
    );
    expect(ended).toEqual(Array.from({ length: 100 }, (_, index) => index));
    expect(at[0]).toBeLessThan(150);
    expect(at.at(-1)).toBeGreaterThan(980);
    // Turns that are close together are taken together: a timer for each of 20,000 would be late.
    expect(new Set(at.map((ms) => Math.floor(ms / 10))).size).toBeGreaterThan(5);
  });

  it('are over once somebody has waited long enough', async () => {
    const late = new AbortController();
    const ended: number[] = [];
    const turns = inTurn([1, 2, 3], 30_000, (one) => Promise.resolve(void ended.push(one)), late.signal);
    late.abort();
    await turns;
    expect(ended).toEqual([1]);
  });
});

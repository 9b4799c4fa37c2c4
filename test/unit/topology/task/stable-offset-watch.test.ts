import { describe, expect, it } from 'vitest';
import { StableOffsetWatch } from '../../../../topology/task/stable-offset-watch.js';

describe('a last stable offset', () => {
  it('is held up from when it was first seen behind the high watermark, as long as it does not move', () => {
    const watch = new StableOffsetWatch();
    watch.observe(5, 5, 1000);
    expect(watch.heldUpMs).toBe(0);
    watch.observe(5, 9, 3000);
    expect(watch.heldUpMs).toBe(0);
    watch.observe(5, 40, 8000); // others write on behind it
    expect(watch.heldUpMs).toBe(5000);
  });

  it('is not held up while it moves, though it never reaches the high watermark', () => {
    const watch = new StableOffsetWatch();
    for (let i = 0; i < 100; i += 1) expect(watch.observe(i, i + 3, i * 5000)).toBe(false);
    expect(watch.heldUpMs).toBe(0);
  });

  it('is no longer held up when the transaction ends', () => {
    const watch = new StableOffsetWatch();
    watch.observe(5, 9, 0);
    watch.observe(5, 9, 4000);
    watch.observe(9, 9, 4001);
    expect(watch.heldUpMs).toBe(0);
  });

  it('is warned about once, after a minute, and again when another transaction hangs', () => {
    const watch = new StableOffsetWatch();
    const warned = (offset: number, now: number): boolean => watch.observe(offset, 99, now);
    expect([warned(5, 0), warned(5, 59_000), warned(5, 60_000), warned(5, 120_000)]).toEqual([
      false,
      false,
      true,
      false,
    ]);
    expect([warned(7, 130_000), warned(7, 190_000)]).toEqual([false, true]);
  });

  it('that is asked for while nothing is fetched moves when the transaction ends, and is held up on while it lasts', () => {
    const watch = new StableOffsetWatch();
    watch.observe(5, 9, 0);
    watch.observe(5, 9, 4000);
    watch.observe(5, undefined, 20_000);
    expect(watch.heldUpMs).toBe(20_000);
    watch.observe(7, undefined, 30_000); // the next transaction begins before the end that is known
    watch.observe(7, undefined, 31_000);
    expect(watch.heldUpMs).toBe(1000);
    watch.observe(9, undefined, 40_000);
    expect(watch.heldUpMs).toBe(0);
  });

  it('that is asked for before anything is fetched is not held up', () => {
    const watch = new StableOffsetWatch();
    for (const now of [0, 5000]) watch.observe(5, undefined, now);
    expect(watch.heldUpMs).toBe(0);
  });
});

import { describe, expect, it, vi } from 'vitest';
import { CommitPace } from '../../../../topology/task/commit-pace.js';

describe('the pace of commits', () => {
  it('lets the first commit begin at once, and the next one 20 ms after it began', () => {
    const pace = new CommitPace(100, () => undefined);
    expect(pace.allows(1000)).toBe(true);
    pace.began(1000);
    expect(pace.allows(1019)).toBe(false);
    expect(pace.allows(1020)).toBe(true);
  });

  it('never holds a commit back for longer than the commit interval', () => {
    const pace = new CommitPace(5, () => undefined);
    pace.began(1000);
    expect(pace.allows(1004)).toBe(false);
    expect(pace.allows(1005)).toBe(true);
  });

  it('wakes once for each wait, however often it was asked', async () => {
    const wake = vi.fn();
    const pace = new CommitPace(100, wake);
    for (const times of [1, 2]) {
      const began = performance.now();
      pace.began(began);
      expect([pace.allows(began + 1), pace.allows(began + 2)]).toEqual([false, false]);
      await vi.waitFor(() => expect(wake).toHaveBeenCalledTimes(times));
      expect(performance.now() - began).toBeGreaterThanOrEqual(18);
    }
  });
});

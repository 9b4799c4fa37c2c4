import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CommitPace } from '../../../topology/task/commit-pace.js';

describe('the pace of commits', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('lets the first commit begin at once, and the next one 20 ms after it began', () => {
    const wake = vi.fn();
    const pace = new CommitPace(100, wake);
    expect(pace.allows(1000)).toBe(true);
    pace.began(1000);
    expect(pace.allows(1012)).toBe(false);
    expect(pace.allows(1019)).toBe(false);
    vi.advanceTimersByTime(7);
    expect(wake).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(wake).toHaveBeenCalledTimes(1);
    expect(pace.allows(1020)).toBe(true);
  });

  it('never holds a commit back for longer than the commit interval', () => {
    const pace = new CommitPace(5, () => undefined);
    pace.began(1000);
    expect(pace.allows(1004)).toBe(false);
    expect(pace.allows(1005)).toBe(true);
  });

  it('wakes again after each wait', () => {
    const wake = vi.fn();
    const pace = new CommitPace(100, wake);
    for (const at of [1000, 2000]) {
      pace.began(at);
      expect(pace.allows(at + 1)).toBe(false);
      vi.advanceTimersByTime(19);
    }
    expect(wake).toHaveBeenCalledTimes(2);
  });
});

import { describe, expect, it } from 'vitest';
import { UserRateLimit } from '../../../gateway/user-rate-limit.js';

describe('a rate limit for each user', () => {
  it('gives each its own, so many at once and one by one after that', () => {
    let now = 0;
    const limit = new UserRateLimit({ burst: 3, perSecond: 1 }, () => now);
    const takes = (user: string, times: number): number =>
      Array.from({ length: times }, () => limit.take(user)).filter(Boolean).length;
    expect([takes('greedy', 100), takes('other', 3)]).toEqual([3, 3]);
    now = 2000;
    expect([takes('greedy', 100), takes('other', 100)]).toEqual([2, 2]);
  });

  it('lets a user spend more than is left, once, and nothing until that is paid off', () => {
    let now = 0;
    const limit = new UserRateLimit({ burst: 100, perSecond: 10 }, () => now);
    limit.charge('7', 90);
    expect(limit.hasLeft('7')).toBe(true);
    limit.charge('7', 60);
    expect([limit.hasLeft('7'), limit.hasLeft('8')]).toEqual([false, true]);
    now = 5000;
    expect(limit.hasLeft('7')).toBe(false);
    now = 5100;
    expect(limit.hasLeft('7')).toBe(true);
  });

  it('keeps no bucket that is full again, and no more than there may be', () => {
    let now = 0;
    const limit = new UserRateLimit({ burst: 2, perSecond: 1 }, () => now, 100);
    for (let user = 0; user < 1000; user += 1) limit.take(`user ${user}`);
    expect(limit.users).toBe(100);
    // The latest are the ones that are kept.
    expect([limit.take('user 999'), limit.take('user 999'), limit.take('user 0')]).toEqual([true, false, true]);
    now = 60_000;
    limit.take('another');
    expect(limit.users).toBe(1);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserCache } from '../../../../state/directory/user-cache.js';

/** Few, so that they meet, and some that are the same when they are made a number. */
const id = fc.oneof(
  fc.bigInt(1n, 12n),
  fc.bigInt(2n ** 62n, 2n ** 62n + 3n),
  fc.constantFrom(2n ** 53n, 2n ** 53n + 1n),
);
const step = fc.record({ tenantId: id, userId: id, isSet: fc.boolean() });

describe('the cache of users', () => {
  it('never tells an old value, nor another user’s, and always the one that was set last', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const cache = new UserCache<number>(8);
        const truth = new Map<string, number>();
        for (const [at, { tenantId, userId, isSet }] of steps.entries()) {
          if (isSet) {
            cache.set(tenantId, userId, at);
            truth.set(`${tenantId}|${userId}`, at);
            expect(cache.get(tenantId, userId)).toBe(at);
          }
          const found = cache.get(tenantId, userId);
          if (found !== undefined) expect(found).toBe(truth.get(`${tenantId}|${userId}`));
        }
      }),
    );
  });

  it('keeps as many users as it has room for, the last ones', () => {
    const cache = new UserCache<string>(8);
    for (let index = 0n; index < 100n; index += 1n) cache.set(1n, index, `user ${index}`);
    const kept = Array.from({ length: 100 }, (_, index) => index).filter(
      (index) => cache.get(1n, BigInt(index)) !== undefined,
    );
    expect(kept).toHaveLength(8);
    expect(kept.every((index) => index > 80)).toBe(true);
  });

  it.each([
    ['follow one another', 1n, 1n],
    ['are multiples of a power of two', 0n, 2n ** 14n],
    ['are made of the time, with more bits than a number has', 2n ** 60n, 2n ** 40n + 4096n],
  ])('keeps its users whose ids %s, of twenty tenants by turns', (_, first, step) => {
    const cache = new UserCache<bigint>(1024);
    const users = Array.from(
      { length: 1024 },
      (__, index) => [1n + BigInt(index % 20), first + step * BigInt(index)] as const,
    );
    for (const [tenant, user] of users) cache.set(tenant, user, user);
    expect(users.filter(([tenant, user]) => cache.get(tenant, user) === user)).toHaveLength(1024);
  });

  it('is empty when it is cleared', () => {
    const cache = new UserCache<string>(8);
    cache.set(1n, 2n, 'a');
    cache.clear();
    expect(cache.get(1n, 2n)).toBeUndefined();
  });
});

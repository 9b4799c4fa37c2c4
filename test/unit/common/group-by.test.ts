import { describe, expect, it } from 'vitest';
import { groupBy } from '../../../common/group-by.js';

describe('groupBy', () => {
  it('keeps the order of the groups and within them', () => {
    expect([...groupBy([3, 1, 4, 1, 5, 9, 2, 6], (n) => n % 2)]).toEqual([
      [1, [3, 1, 1, 5, 9]],
      [0, [4, 2, 6]],
    ]);
    expect(groupBy([], String).size).toBe(0);
  });
});

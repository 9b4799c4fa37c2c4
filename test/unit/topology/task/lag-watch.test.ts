import { describe, expect, it } from 'vitest';
import { LagWatch } from '../../../../topology/task/lag-watch.js';

/** A scrape every 15 s, which finds the partition so. */
const looks = (
  ...found: readonly (readonly [committed: number, end: number, age?: number | undefined])[]
): number[] => {
  const watch = new LagWatch();
  return found.map(([committed, end, age], at) => watch.look({ now: at * 15_000, committed, end, age }));
};
const DAY = 86_400_000;

describe('the lag in time', () => {
  it('is 0 while nothing waits, whatever was there before', () => {
    expect(looks([10, 10], [10, 10], [15, 12, 1000])).toEqual([0, 0, 0]);
  });

  it('is what the oldest record says of itself, within what was seen', () => {
    expect(looks([10, 10], [10, 20, 700], [20, 30, 200])).toEqual([0, 700, 200]);
  });

  it('of a backlog that is found at a takeover is what its records say', () => {
    expect(looks([10, 500, 2 * DAY], [100, 500, 2 * DAY])).toEqual([2 * DAY, 2 * DAY]);
  });

  it('rises by the clock while the partition stands still, whether its oldest record is stamped right, ahead, or not at all', () => {
    for (const age of [undefined, -DAY, 5])
      expect(looks([10, 10], [10, 11, age], [10, 12, age], [10, 90, age])).toEqual([
        0,
        age === 5 ? 5 : 0,
        15_000,
        30_000,
      ]);
  });

  it('of records stamped years back is no longer than since the last end that is committed', () => {
    const years = 3650 * DAY;
    // Under load: never all is committed.
    expect(looks([10, 20, years], [25, 40, years], [50, 60, years])).toEqual([years, 15_000, 15_000]);
    expect(looks([10, 10], [10, 20, years])).toEqual([0, 15_000]);
  });

  it('begins again when a source was recreated, or all of it is committed after a long wait', () => {
    expect(looks([10, 20, 5], [10, 30, 5], [0, 0], [0, 3, 4], [0, 3, 4])).toEqual([5, 15_000, 0, 4, 15_000]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeadLetterBudget, SLICES, type Counts } from '../../../../topology/task/dead-letter-budget.js';

const LIMITS = { percent: 50, leastRecords: 1000, windowMs: 60_000 };

/** Commits: after how many seconds, records, dead letters among them. */
type Commit = readonly [second: number, records: number, deadLetters: number];

const after = (commits: readonly Commit[], limits = LIMITS): DeadLetterBudget => {
  const budget = new DeadLetterBudget(limits);
  for (const [second, records, deadLetters] of commits) budget.note(second * 1000, { records, deadLetters });
  return budget;
};

describe('a dead-letter budget of 50% of at least 1000 records in a minute', () => {
  it.each<[what: string, commits: readonly Commit[], isSpent: boolean]>([
    ['not with nothing', [], false],
    ['not by few records, all of them dead', [[0, 999, 999]], false],
    ['by the least number of records, a half of them dead', [[0, 1000, 500]], true],
    ['not by less than a half of them', [[0, 1000, 499]], false],
    [
      'not by a half of them before good ones came',
      [
        [0, 1000, 500],
        [1, 1, 0],
      ],
      false,
    ],
    [
      'by several commits together',
      [
        [0, 600, 300],
        [20, 400, 200],
      ],
      true,
    ],
    [
      'not by what was a minute ago',
      [
        [0, 2000, 2000],
        [61, 999, 999],
      ],
      false,
    ],
    [
      'by what is of this minute, whatever was good before',
      [
        [0, 1_000_000, 0],
        [61, 1000, 500],
      ],
      true,
    ],
    ['not by what is dead of many', [[0, 1_000_000, 400_000]], false],
  ])('is spent %s', (_, commits, isSpent) => {
    const [second] = commits.at(-1) ?? [0];
    expect(after(commits).isSpent(second * 1000)).toBe(isSpent);
  });

  it('counts what is staged and not committed yet as well', () => {
    const budget = after([[0, 600, 600]]);
    expect(budget.isSpent(0, { records: 399, deadLetters: 399 })).toBe(false);
    expect(budget.isSpent(0, { records: 400, deadLetters: 400 })).toBe(true);
    expect(budget.counts(0)).toEqual({ records: 600, deadLetters: 600 });
  });

  it('of 100% is spent only while nothing else comes', () => {
    const limits = { ...LIMITS, percent: 100 };
    expect(after([[0, 1000, 1000]], limits).isSpent(0)).toBe(true);
    expect(after([[0, 5000, 4999]], limits).isSpent(0)).toBe(false);
  });
});

it('counts all of the window but its last sixtieth, nothing that is older than it, and forgets nothing within', () => {
  const counts = fc.integer({ min: 0, max: 1000 }).chain((records) =>
    fc.record({
      afterMs: fc.integer({ min: 0, max: 20_000 }),
      records: fc.constant(records),
      deadLetters: fc.integer({ min: 0, max: records }),
    }),
  );
  const limits = fc.record({
    percent: fc.integer({ min: 1, max: 100 }),
    leastRecords: fc.integer({ min: 1, max: 3000 }),
    windowMs: fc.integer({ min: 1000, max: 100_000 }),
  });
  fc.assert(
    fc.property(limits, fc.array(counts, { minLength: 1, maxLength: 60 }), (given, commits) => {
      const budget = new DeadLetterBudget(given);
      const noted: (Counts & { at: number })[] = [];
      let now = 0;
      for (const { afterMs, records, deadLetters } of commits) {
        now += afterMs;
        budget.note(now, { records, deadLetters });
        noted.push({ at: now, records, deadLetters });
        const since = (ms: number): Counts =>
          noted
            .filter(({ at }) => at > now - ms)
            .reduce(
              (sum, one) => ({ records: sum.records + one.records, deadLetters: sum.deadLetters + one.deadLetters }),
              { records: 0, deadLetters: 0 },
            );
        const counted = budget.counts(now);
        const [least, most] = [since(given.windowMs * (1 - 1 / SLICES)), since(given.windowMs)];
        for (const key of ['records', 'deadLetters'] as const) {
          expect(counted[key]).toBeGreaterThanOrEqual(least[key]);
          expect(counted[key]).toBeLessThanOrEqual(most[key]);
        }
        const share = (100 * counted.deadLetters) / counted.records;
        expect(budget.isSpent(now)).toBe(counted.records >= given.leastRecords && share >= given.percent);
      }
    }),
  );
});

import { describe, expect, it } from 'vitest';
import { ratio, rotated, spread, spreadOf } from '../../../bench/suite/statistics.js';

describe('the spread of several rounds', () => {
  it('is their median and range, of an even number too, and nothing of none', () => {
    expect(spreadOf([30, 10, 20])).toEqual({ median: 20, min: 10, max: 30 });
    expect(spreadOf([40, 10, 20, 30])).toEqual({ median: 25, min: 10, max: 40 });
    expect(spreadOf([])).toBeUndefined();
  });

  it('is said as the median, with the range in brackets where there is one', () => {
    expect(spread({ median: 1234.56, min: 9, max: 2000 }, 1)).toBe('1,234.6 (9.0–2,000.0)');
    expect(spread({ median: 20, min: 20, max: 20 })).toBe('20');
    expect(spread(undefined)).toBe('-');
  });

  it('is of rounds that each begin with another one', () => {
    expect([0, 1, 2, 3].map((round) => rotated(['a', 'b', 'c'], round).join(''))).toEqual(['abc', 'bca', 'cab', 'abc']);
  });

  it('compares by medians only where the ranges do not touch', () => {
    const slow = { median: 20, min: 10, max: 30 };
    expect(ratio({ median: 40, min: 31, max: 50 }, slow)).toBe(2);
    expect(ratio({ median: 5, min: 4, max: 9 }, slow)).toBe(0.25);
    expect(ratio({ median: 40, min: 30, max: 50 }, slow)).toBe('inconclusive');
    expect(ratio({ median: 21, min: 11, max: 25 }, slow)).toBe('inconclusive');
  });
});

import { describe, expect, it } from 'vitest';
import { ascending, runsOf, runText } from '../../../common/runs.js';

describe('runs of neighbours', () => {
  it('have the first and the last of each', () => {
    expect(runsOf([0, 1, 2, 5, 7, 8])).toEqual([
      [0, 2],
      [5, 5],
      [7, 8],
    ]);
  });

  it('keep the order in which numbers are given, and one that is given twice', () => {
    expect(runText([3, 1, 2, 2])).toBe('3,1-2,2');
    expect(runText(ascending([3, 1, 2, 2]))).toBe('1-3');
  });

  it('are no text where there is no number', () => {
    expect(runText([])).toBe('');
  });
});

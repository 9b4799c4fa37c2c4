import { describe, expect, it } from 'vitest';
import { isDue, isFull, waitMs, type CommitLimits, type OpenCommit } from '../../../../topology/task/commit-policy.js';

const LIMITS: CommitLimits = { intervalMs: 100, records: 10, bytes: 1000 };
const NOW = 50_000;
/** It has just ceased to be empty, more can be had, and none was committed before. */
const YOUNG: OpenCommit = { now: NOW, openedAt: NOW, records: 1, bytes: 100, drained: false, lastBegan: -Infinity };

interface Row {
  readonly what: string;
  readonly open: Partial<OpenCommit>;
  readonly limits?: Partial<CommitLimits>;
  readonly due: boolean;
}

const SHORT = { intervalMs: 5 };
const ROWS: readonly Row[] = [
  { what: 'more can be had at once', open: {}, due: false },
  { what: 'it lacks one record to be full', open: { records: 9 }, due: false },
  { what: 'it has all the records that it may have', open: { records: 10 }, due: true },
  { what: 'it lacks one byte to be full', open: { bytes: 999 }, due: false },
  { what: 'it has all the bytes that it may have', open: { bytes: 1000 }, due: true },
  { what: 'it is full as soon as the one before has begun', open: { records: 10, lastBegan: NOW }, due: true },
  { what: 'its first record has not waited for the interval', open: { openedAt: NOW - 99 }, due: false },
  { what: 'its first record has waited for the interval', open: { openedAt: NOW - 100 }, due: true },
  { what: 'its source is drained, and it is the first', open: { drained: true }, due: true },
  { what: 'it is drained 19 ms after the one before', open: { drained: true, lastBegan: NOW - 19 }, due: false },
  { what: 'it is drained 20 ms after the one before', open: { drained: true, lastBegan: NOW - 20 }, due: true },
  { what: 'it is not drained 20 ms after the one before', open: { lastBegan: NOW - 20 }, due: false },
  {
    what: 'it is drained, and a short interval has not passed',
    open: { drained: true, lastBegan: NOW - 4 },
    limits: SHORT,
    due: false,
  },
  {
    what: 'it is drained, and a short interval has passed',
    open: { drained: true, lastBegan: NOW - 5 },
    limits: SHORT,
    due: true,
  },
];

describe('a commit', () => {
  it.each(ROWS)('is due ($due) when $what', ({ open, limits, due }) => {
    expect(isDue({ ...YOUNG, ...open }, { ...LIMITS, ...limits })).toBe(due);
  });

  it.each([
    [9, 999, false],
    [10, 0, true],
    [0, 1000, true],
  ])('of %d records and %d bytes is full: %s', (records, bytes, full) => {
    expect(isFull({ records, bytes }, LIMITS)).toBe(full);
  });

  it.each([
    ['not at all when it is the first', -Infinity, 100, -Infinity],
    ['20 ms when the one before begins now', NOW, 100, 20],
    ['for what is left of the 20 ms', NOW - 19, 100, 1],
    ['no longer when they are over', NOW - 20, 100, 0],
    ['never longer than the commit interval', NOW - 4, 5, 1],
  ])('that is drained waits %s', (_, lastBegan, intervalMs, ms) => {
    expect(waitMs({ ...YOUNG, lastBegan }, { ...LIMITS, intervalMs })).toBe(ms);
  });
});

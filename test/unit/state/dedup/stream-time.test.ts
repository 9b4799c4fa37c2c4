import { NO_STREAM_TIME } from '../../../../common/source-position.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advance, bucketOf, firstLiveBucket, MAX_AHEAD_MS, windowShape } from '../../../../state/dedup/stream-time.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 0, 15);
const times = fc.integer({ min: -1, max: NOW + 10 * DAY });
const WEEK = windowShape(7 * DAY);
const windows = fc.integer({ min: 1000, max: 400 * DAY });

describe('stream time', () => {
  it('never goes back', () => {
    fc.assert(
      fc.property(
        times,
        times,
        times,
        (streamTime, timestamp, now) => advance(streamTime, timestamp, now, WEEK) >= streamTime,
      ),
    );
  });

  it('never runs more than an hour ahead of the clock because of one record', () => {
    fc.assert(
      fc.property(
        times,
        times,
        (timestamp, now) =>
          advance(NO_STREAM_TIME, timestamp, now, WEEK) <= Math.max(NO_STREAM_TIME, now + MAX_AHEAD_MS),
      ),
    );
  });

  it('is not moved by a record without a timestamp', () => {
    expect(advance(NOW, -1, NOW, WEEK)).toBe(NOW);
    expect(advance(NO_STREAM_TIME, -1, NOW, WEEK)).toBe(NO_STREAM_TIME);
  });

  it('costs a window of whatever length a quarter at most, for a clock that is wrong by whatever much', () => {
    fc.assert(
      fc.property(windows, fc.nat({ max: 900 * DAY }), (windowMs, ahead) => {
        const shape = windowShape(windowMs);
        const after = advance(NOW, NOW + ahead, NOW, shape);
        const young = bucketOf(NOW - Math.floor(windowMs * 0.74), shape);
        expect(young).toBeGreaterThanOrEqual(firstLiveBucket(after, shape));
      }),
    );
  });

  it('does not depend on the order of records', () => {
    fc.assert(
      fc.property(fc.array(times), (timestamps) => {
        const fold = (list: readonly number[]): number =>
          list.reduce((time, timestamp) => advance(time, timestamp, NOW, WEEK), NO_STREAM_TIME);
        expect(fold([...timestamps].reverse())).toBe(fold(timestamps));
      }),
    );
  });
});

describe('the dedup window', () => {
  it('keeps an entry for its length, and at most one bucket longer', () => {
    fc.assert(
      fc.property(windows, fc.nat({ max: NOW }), fc.nat({ max: 500 * DAY }), (windowMs, seen, later) => {
        const shape = windowShape(windowMs);
        const isLive = bucketOf(seen, shape) >= firstLiveBucket(seen + later, shape);
        if (later <= windowMs) expect(isLive).toBe(true);
        if (later >= windowMs + shape.bucketMs + 1000) expect(isLive).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  it('forgets nothing early when its window is another one: an entry keeps its age', () => {
    fc.assert(
      fc.property(windows, windows, fc.nat({ max: NOW }), fc.nat({ max: 500 * DAY }), (before, after, seen, later) => {
        const bucket = bucketOf(seen, windowShape(before));
        const isLive = bucket >= firstLiveBucket(seen + later, windowShape(after));
        if (later <= after) expect(isLive).toBe(true);
        if (later >= after + windowShape(before).bucketMs + 1000) expect(isLive).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  it('holds what was seen before any time was known', () => {
    const shape = windowShape(7 * DAY);
    expect(bucketOf(NO_STREAM_TIME, shape)).toBeGreaterThanOrEqual(firstLiveBucket(NO_STREAM_TIME, shape));
    expect(firstLiveBucket(NO_STREAM_TIME, shape)).toBe(0);
  });

  it('names buckets by numbers that the store can hold until the year 2106', () => {
    expect(bucketOf(Date.UTC(2105, 0, 1), windowShape(7 * DAY))).toBeLessThan(2 ** 32);
  });
});

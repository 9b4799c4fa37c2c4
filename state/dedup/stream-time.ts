/** Stream time of one source partition: the largest record timestamp seen, in ms since the epoch. */

/** How far a record's timestamp may be ahead of our clock, at most: a producer's wrong clock must not empty the dedup window. */
export const MAX_AHEAD_MS = 3_600_000;

/** The part of a short window that a wrong clock may cost. */
const AHEAD_SHARE = 1 / 4;

/** Never goes back, never far past the clock (an hour, less with a short window), not moved by -1 (a record without a timestamp). */
export function advance(streamTime: number, timestamp: number, now: number, { aheadMs }: WindowShape): number {
  return Math.max(streamTime, Math.min(timestamp, now + aheadMs));
}

/** How the window is cut: entries live and expire by whole buckets of stream time. */
export interface WindowShape {
  readonly windowMs: number;
  /** Whole seconds. */
  readonly bucketMs: number;
  /** How far stream time may be ahead of the clock. */
  readonly aheadMs: number;
}

/** An entry is kept for the window and up to one bucket more. */
const BUCKETS = 32;

export function windowShape(windowMs: number): WindowShape {
  return {
    windowMs,
    bucketMs: Math.max(1, Math.ceil(windowMs / BUCKETS / 1000)) * 1000,
    aheadMs: Math.min(MAX_AHEAD_MS, Math.floor(windowMs * AHEAD_SHARE)),
  };
}

/**
 * The bucket in which an entry first seen at this stream time lives, named by its last second since the epoch: a time,
 * not a count of buckets, so that entries keep their age when the window is configured again.
 */
export function bucketOf(streamTime: number, { bucketMs }: WindowShape): number {
  return ((Math.floor(Math.max(0, streamTime) / bucketMs) + 1) * bucketMs) / 1000 - 1;
}

/** Buckets before this one are expired at this stream time: their last second is more than the window ago. */
export function firstLiveBucket(streamTime: number, { windowMs }: WindowShape): number {
  return Math.max(0, Math.floor((streamTime - windowMs) / 1000));
}

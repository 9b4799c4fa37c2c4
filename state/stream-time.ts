/** Stream time of one source partition: the largest record timestamp seen, in ms since the epoch. */

/** How far a record's timestamp may be ahead of our clock: a producer's wrong clock must not empty the dedup window. */
export const MAX_AHEAD_MS = 3_600_000;

/** Stream time before the first record. */
export const NO_STREAM_TIME = -1;

/** Never goes back, never past the clock + 1 h, not moved by -1 (a record without a timestamp). */
export function advance(streamTime: number, timestamp: number, now: number): number {
  return Math.max(streamTime, Math.min(timestamp, now + MAX_AHEAD_MS));
}

/** How the window is cut: entries live and expire by whole buckets of stream time. */
export interface WindowShape {
  readonly windowMs: number;
  /** Whole seconds. */
  readonly bucketMs: number;
}

/** An entry is kept for the window and up to one bucket more. */
const BUCKETS = 32;

export function windowShape(windowMs: number): WindowShape {
  return { windowMs, bucketMs: Math.max(1, Math.ceil(windowMs / BUCKETS / 1000)) * 1000 };
}

/**
 * The bucket in which an entry first seen at this stream time lives, named by its last second since the epoch: a time,
 * not a count of buckets, so that entries keep their age when the window is configured anew.
 */
export function bucketOf(streamTime: number, { bucketMs }: WindowShape): number {
  return ((Math.floor(Math.max(0, streamTime) / bucketMs) + 1) * bucketMs) / 1000 - 1;
}

/** Buckets before this one are expired at this stream time: their last second is more than the window ago. */
export function firstLiveBucket(streamTime: number, { windowMs }: WindowShape): number {
  return Math.max(0, Math.floor((streamTime - windowMs) / 1000));
}

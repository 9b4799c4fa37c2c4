/**
 * When to commit: pure, so that a table can test it.
 *
 * A commit is due when it is full, when its first record has waited for the commit interval, and when its source is
 * drained, for its notifications to be seen at once. But each transaction costs the brokers the same, however little is
 * in it, and all readers of a partition wait for every transaction that is open in it. A task that committed as often as
 * it could made the slowest of a hundred notifications three times as slow as one that leaves these few milliseconds.
 */

/** From the begin of a commit to that of the next, when it is only drained, ms; less when the commit interval is. */
const LEAST_BETWEEN_MS = 20;

/** What a commit may have now. */
export interface CommitLimits {
  readonly intervalMs: number;
  readonly records: number;
  readonly bytes: number;
}

/** A commit that is being put together. Times: monotonic, ms. */
export interface OpenCommit {
  readonly now: number;
  /** When it ceased to be empty. */
  readonly openedAt: number;
  readonly records: number;
  /** Bytes of its outputs. */
  readonly bytes: number;
  /** Nothing is left that could be processed now. */
  readonly drained: boolean;
  /** When the commit before it began; -Infinity before the first. */
  readonly lastBegan: number;
}

/** No more records may be added. */
export function isFull({ records, bytes }: Pick<OpenCommit, 'records' | 'bytes'>, limits: CommitLimits): boolean {
  return records >= limits.records || bytes >= limits.bytes;
}

export function isDue(open: OpenCommit, limits: CommitLimits): boolean {
  if (isFull(open, limits) || open.now - open.openedAt >= limits.intervalMs) return true;
  return open.drained && waitMs(open, limits) <= 0;
}

/** How long after the commit before it a drained one must still wait, ms; 0 or less when it may begin. */
export function waitMs({ now, lastBegan }: OpenCommit, { intervalMs }: CommitLimits): number {
  return lastBegan + Math.min(LEAST_BETWEEN_MS, intervalMs) - now;
}

/**
 * The gaps of the commit protocol by name, so that a test can make a worker die in one. In production nothing is
 * installed and nothing can be by configuration: it takes a module that is imported before the worker.
 */

export type CrashPoint =
  /** 1-2: processed, nothing sent. */
  | 'staged'
  /** 2-3: a produce request was answered. */
  | 'produced'
  /** 3-4: the offsets are in the transaction, which is still open. */
  | 'offsets-sent'
  /** 4-5: Kafka has committed, the store is behind. */
  | 'ended'
  /** In the middle of 5. */
  | 'store-writing'
  /** 5-6: the store holds it. */
  | 'stored'
  /** In a takeover: InitProducerId was answered. */
  | 'fenced'
  /** In a restore: a piece of the changelog was read and is not applied yet. */
  | 'restore'
  /** In a rebalance: the task is to stand still. */
  | 'suspending';

let reached: ((point: CrashPoint) => void) | undefined;

/**
 * For tests alone: called each time that a worker passes a point.
 * @public used by modules that are imported into a built worker
 */
export function onCrashPoint(listener: (point: CrashPoint) => void): void {
  reached = listener;
}

export function crashPoint(point: CrashPoint): void {
  reached?.(point);
}

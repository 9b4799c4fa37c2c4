/** Many things to end, and those at the other end not all at once: their clients connect elsewhere within the same moment. */
import { setTimeout as delay } from 'node:timers/promises';

/** A few are not drawn out: at least this many get their turn in a second. */
const LEAST_PER_SECOND = 100;
/** Turns that come closer together than this are taken together. */
const TICK_MS = 20;

/** When each has its turn, ms from the beginning: evenly over `spreadMs`, or less where there are few. */
export function turnOf(index: number, count: number, spreadMs: number): number {
  return (index / count) * Math.min(spreadMs, (count * 1000) / LEAST_PER_SECOND);
}

/** Ends each in its turn; resolves when all have ended. No further turns once `signal` is aborted. */
export async function inTurn<T>(
  all: readonly T[],
  spreadMs: number,
  end: (one: T) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const began = performance.now();
  const ends: Promise<void>[] = [];
  for (const [index, one] of all.entries()) {
    const wait = turnOf(index, all.length, spreadMs) - (performance.now() - began);
    if (wait > 0) await delay(Math.max(wait, TICK_MS));
    if (signal.aborted) break;
    ends.push(end(one));
  }
  await Promise.all(ends);
}

import { setTimeout as delay } from 'node:timers/promises';

/** Waits for the work, but no longer than this; true when it was done in time. Its rejection is passed on. */
export async function atMost(work: Promise<unknown>, ms: number): Promise<boolean> {
  const timer = new AbortController();
  const isLate = delay(ms, false, { signal: timer.signal, ref: false }).catch(() => false); // the work was done first
  try {
    return await Promise.race([work.then(() => true), isLate]);
  } finally {
    timer.abort();
  }
}

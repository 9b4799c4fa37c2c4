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

/** What was asked for. Rejects with `late` when it takes longer: how it then ends does not count. The process lives until then. */
export async function answerWithin<T>(asked: Promise<T>, ms: number, late: Error): Promise<T> {
  const timer = new AbortController();
  const isLate = delay(ms, undefined, timer).then(() => Promise.reject(late));
  try {
    return await Promise.race([asked, isLate]);
  } finally {
    timer.abort();
  }
}

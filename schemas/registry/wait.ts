/** Waiting that a signal ends. */
import { setTimeout } from 'node:timers/promises';

/** Resolves after `ms`; rejects with the signal's reason once it aborts. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<void>;

export const realWait: Wait = async (ms, signal) => {
  try {
    await setTimeout(ms, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
};

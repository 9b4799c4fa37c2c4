import { setTimeout as delay } from 'node:timers/promises';

/** Asks every 10 ms until the answer is true; an error is thrown at the deadline. */
export async function until(deadlineMs: number, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${deadlineMs} ms: ${condition.toString()}`);
    await delay(10);
  }
}

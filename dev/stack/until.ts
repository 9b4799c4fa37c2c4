import { setTimeout as pause } from 'node:timers/promises';

/**
 * Asks again and again, every 50 ms, until the condition holds or the deadline (a `Date.now()`) has passed.
 * @returns whether it held.
 */
export async function until(condition: () => boolean | Promise<boolean>, deadline: number): Promise<boolean> {
  for (;;) {
    if (await condition()) return true;
    if (Date.now() >= deadline) return false;
    await pause(50);
  }
}

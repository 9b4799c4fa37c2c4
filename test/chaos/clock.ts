/** Moves the clock that a worker sees. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Member } from './round.js';

/** To be imported by the worker's node, with CLOCK_FILE in its environment. */
export const CLOCK_PRELOAD = join(import.meta.dirname, 'preload', 'clock.mjs');

/** From now on the worker's clock is off by so many ms. */
export function moveClock({ process }: Member, file: string, offsetMs: number): void {
  writeFileSync(file, String(offsetMs));
  process.kill('SIGUSR2');
}

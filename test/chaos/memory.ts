/** How much memory the workers of a round take. */
import { readFileSync } from 'node:fs';
import type { Round } from './round.js';

/** A worker that takes all that is thrown at it, or whose input unpacks to gigabytes, is far beyond this. */
const BOUND_MB = 700;

/** The most that a worker of the round has had, MB; over the bound it counts as wrong. */
export function checkMemory(round: Round): number {
  const memory = Math.max(...round.members.map(({ process }) => peakMemory(process.pid)));
  if (memory > BOUND_MB) round.unexpected.push(`a worker took ${memory} MB, expected at most ${BOUND_MB}`);
  return memory;
}

/** The most memory that a running process has had, MB; 0 when it is gone. */
function peakMemory(pid: number): number {
  try {
    const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'ascii')) ?? [];
    return Math.round(Number(kilobytes ?? 0) / 1024);
  } catch {
    return 0; // gone
  }
}

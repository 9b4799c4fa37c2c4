/** What Linux says of processes, in /proc. */
import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ: fixed in Linux's interface to programs, whatever the kernel's own clock. */
const TICK_MS = 10;

export interface ProcessTimes {
  readonly session: number;
  /** User and system time, with that of the children that it has waited for, ms. */
  readonly cpuMs: number;
}

/** Reads `/proc/<pid>/stat`; the name in it may hold blanks and brackets. */
export function parseStat(stat: string): ProcessTimes {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return { session: Number(fields[3]), cpuMs: ticks * TICK_MS };
}

export interface ProcessMemory {
  /** Private to the process, and what of it was swapped out; MB. */
  readonly anonymousMb: number;
  /** Pages of files that it has mapped and that are in memory now: shared, and the kernel's to drop; MB. */
  readonly fileMb: number;
}

/** Reads `/proc/<pid>/status`. */
export function parseStatus(status: string): ProcessMemory {
  const megabytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1024;
  return { anonymousMb: megabytes('RssAnon') + megabytes('VmSwap'), fileMb: megabytes('RssFile') };
}

/** The text of a file of a process; undefined when it is gone. */
export function readProc(pid: number, file: 'stat' | 'status'): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** The pids of everything in these sessions. */
export function membersOf(sessions: readonly number[]): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const stat = readProc(pid, 'stat');
      return stat !== undefined && sessions.includes(parseStat(stat).session);
    });
}

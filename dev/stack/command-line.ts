import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/**
 * The command line of a process, its arguments joined by spaces; empty when there is no such process. A dead one that nobody
 * waited for (a zombie, as containers without an init process leave them) has none either, and so counts as gone.
 */
export function commandLineOf(pid: number): string {
  try {
    if (existsSync('/proc/self/cmdline')) return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    return execFileSync('ps', ['-ww', '-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    // No such process: /proc has no file of it, ps ends with 1.
    return '';
  }
}

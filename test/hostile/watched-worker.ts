/** A worker of the built product that is watched from inside and from outside: turns of its loop, bytes that it holds. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { until } from '../integration/harness/until.js';
import { startSharedWorker, type WorkerProcess } from '../integration/harness/worker.js';

const PRELOAD = join(import.meta.dirname, 'preload', 'loop-watch.mjs');
/** What the kernel takes to set the peak of a process's memory back to what it has now. */
const RESET_PEAK = '5';

/** Since it was asked last. */
export interface LoopReport {
  readonly turns: number;
  /** The most CPU time between two turns, ms. */
  readonly longestMs: number;
}

export class WatchedWorker {
  readonly process: WorkerProcess;
  #megabytesBefore = 0;

  constructor(env: Readonly<Record<string, string>>, nodeArgs: readonly string[] = []) {
    this.process = startSharedWorker({ env, nodeArgs: ['--import', PRELOAD, ...nodeArgs] });
  }

  /** From here on it is watched. */
  async begin(): Promise<void> {
    await this.loop();
    writeFileSync(`/proc/${this.process.pid}/clear_refs`, RESET_PEAK);
    this.#megabytesBefore = memoryOf(this.process.pid, 'VmRSS');
  }

  /** What its loop did since the beginning. Waits for as long as the loop is held. */
  async loop(): Promise<LoopReport> {
    const before = this.process.logged('loop').length;
    this.process.kill('SIGUSR2');
    const report = await until('the loop comes round', () => this.process.logged('loop')[before], 60_000);
    return { turns: Number(report['turns']), longestMs: Number(report['longestMs']) };
  }

  /** The most memory that it had since the beginning, beyond what it had then, MB. */
  get grewBy(): number {
    return Math.max(0, memoryOf(this.process.pid, 'VmHWM') - this.#megabytesBefore);
  }
}

export function memoryOf(pid: number, line: 'VmRSS' | 'VmHWM'): number {
  const [, kilobytes] = new RegExp(`${line}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'ascii')) ?? [];
  if (kilobytes === undefined) throw new Error(`/proc/${pid}/status has no ${line}: the worker has ended`);
  return Math.round(Number(kilobytes) / 1024);
}

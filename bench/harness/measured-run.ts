/** Workers on a source that is full when they begin: how fast, for how much processor time, within how much memory. */
import { setTimeout as delay } from 'node:timers/promises';
import { parseStat, parseStatus, readProc } from '../suite/proc.js';
import { BenchWorker } from './bench-worker.js';
import type { Playground } from './playground.js';

const POLL_MS = 50;
const WAIT_MS = 600_000;

export interface Measured {
  readonly recordsPerSecond: number;
  /** Of all workers, a source record. */
  readonly cpuMicros: number;
  /** The most at any time, of all workers together. */
  readonly anonymousMb: number;
  /** From the start of the processes to the first commit, ms. */
  readonly startMs: number;
}

export interface Run {
  readonly playground: Playground;
  readonly prefix: string;
  /** Physical name of the topic that holds the input. */
  readonly topic: string;
  readonly records: number;
  readonly workers: number;
}

/** From the first commit that is seen to the last. Throws when it takes more than ten minutes. */
export async function measureRun({ playground, prefix, topic, records, workers: count }: Run): Promise<Measured> {
  const began = performance.now();
  const workers = Array.from(
    { length: count },
    (_, index) => new BenchWorker(playground.env(prefix, `${prefix}${index}`, { LOG_LEVEL: 'info' })),
  );
  try {
    let anonymousMb = 0;
    let first: { readonly at: number; readonly committed: number; readonly cpuMs: number } | undefined;
    for (;;) {
      const committed = [...(await playground.committed(`${prefix}app`, topic)).values()].reduce(
        (sum, offset) => sum + Math.max(0, offset),
        0,
      );
      const at = performance.now();
      const cpuMs = sum(workers, ({ pid }) => parseStat(readProc(pid, 'stat') ?? '').cpuMs || 0);
      anonymousMb = Math.max(
        anonymousMb,
        sum(workers, ({ pid }) => parseStatus(readProc(pid, 'status') ?? '').anonymousMb),
      );
      if (committed > 0) first ??= { at, committed, cpuMs };
      if (first && committed >= records && (await playground.isProcessed(`${prefix}app`, topic))) {
        const done = Math.max(1, records - first.committed);
        return {
          recordsPerSecond: Math.round((1000 * done) / Math.max(1, at - first.at)),
          cpuMicros: (1000 * (cpuMs - first.cpuMs)) / done,
          anonymousMb: Math.round(anonymousMb),
          startMs: Math.round(first.at - began),
        };
      }
      if (at - began > WAIT_MS) throw new Error(`${committed} of ${records} records after ${WAIT_MS} ms`);
      await delay(POLL_MS);
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.end('SIGTERM')));
  }
}

function sum<T>(items: readonly T[], valueOf: (item: T) => number): number {
  return items.reduce((total, item) => total + valueOf(item), 0);
}

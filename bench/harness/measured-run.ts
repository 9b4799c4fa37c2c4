/** Workers on a source that is full when they begin: how fast, for how much processor time, within how much memory. */
import { UsageSampler } from '../suite/usage.js';
import { BenchWorker } from './bench-worker.js';
import type { Playground } from './playground.js';
import { until } from './until.js';

const WAIT_MS = 600_000;

export interface Measured {
  readonly recordsPerSecond: number;
  /** CPU of all workers for a source record. */
  readonly cpuMicros: number;
  readonly brokerCpuMicros: number;
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
  /** Options that are not the defaults. */
  readonly over?: Readonly<Record<string, string>>;
}

/** From the first commit that is seen to the last. Throws when it takes more than ten minutes, or a worker ends. */
export async function measureRun({ playground, prefix, topic, records, workers: count, over }: Run): Promise<Measured> {
  const group = `${prefix}app`;
  const began = Date.now();
  const workers = Array.from(
    { length: count },
    (_, index) => new BenchWorker(playground.env(prefix, `${prefix}${index}`, over)),
  );
  const sampler = new UsageSampler(
    workers.map(({ pid }) => pid),
    playground.brokerPid,
  );
  try {
    let first = { at: began, committed: 0 };
    await until(WAIT_MS, async () => {
      for (const worker of workers) worker.assertRuns();
      if (first.committed === 0) first = { at: Date.now(), committed: await playground.committedIn(group, topic) };
      return playground.isProcessed(group, topic);
    });
    const ended = Date.now();
    sampler.stop();
    const done = Math.max(1, records - first.committed);
    const usage = sampler.between(first.at, ended);
    return {
      recordsPerSecond: Math.round((1000 * done) / Math.max(1, ended - first.at)),
      cpuMicros: (1000 * usage.cpuMs) / done,
      brokerCpuMicros: (1000 * usage.brokerCpuMs) / done,
      anonymousMb: usage.peakAnonymousMb,
      startMs: first.at - began,
    };
  } finally {
    sampler.stop();
    await Promise.all(workers.map((worker) => worker.end('SIGTERM')));
  }
}

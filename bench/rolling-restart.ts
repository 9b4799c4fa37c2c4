/**
 * The pauses of a rolling restart: `npm run build && node --import tsx bench/rolling-restart.ts [partitions] [events/s]`.
 *
 * Four workers, 8 partitions, 1000 events/s. One worker after another gets SIGTERM, is gone, is started again on its
 * STATE_DIR and is ready; then the next. A Java client follows what is committed; the pause of a partition is the
 * longest time in which nothing of it became visible. In the end it counts: each event delivered exactly once.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { followCommitted } from '../dev/oracle/read-committed.js';
import { BenchWorker } from './harness/bench-worker.js';
import { Playground } from './harness/playground.js';
import { until } from './harness/until.js';

const PARTITIONS = Number(process.argv[2] ?? 8);
const LOAD = Number(process.argv[3] ?? 1000);
const WORKERS = ['a', 'b', 'c', 'd'];
const CALM_MS = 10_000;
const WAIT_MS = 120_000;
const prefix = 'rolling.';

/** Times between two visible outputs of one partition, longest first seen; started again for each phase. */
class Pauses {
  readonly #last = new Map<number, number>();
  readonly #longest = new Map<number, number>();

  saw(partition: number): void {
    const now = performance.now();
    const pause = now - (this.#last.get(partition) ?? now);
    this.#last.set(partition, now);
    this.#longest.set(partition, Math.max(pause, this.#longest.get(partition) ?? 0));
  }

  /** Longest of all partitions since the last call, ms; one that saw nothing counts up to now. */
  take(): number {
    const now = performance.now();
    const open = [...this.#last.values()].map((last) => now - last);
    const longest = Math.max(...this.#longest.values(), ...open);
    this.#longest.clear();
    return longest;
  }
}

const playground = await Playground.open();
try {
  const source = await playground.prepare(prefix, PARTITIONS);
  const start = (state: string): BenchWorker =>
    new BenchWorker(playground.env(prefix, state, { STANDBY_REPLICAS: process.argv[4] ?? '0' }));
  const workers = WORKERS.map(start);
  await Promise.all(workers.map((worker) => worker.ready()));
  const pauses = new Pauses();
  const following = followCommitted(
    { brokers: playground.brokers, topics: [`${prefix}NOTIFICATION_DELIVERED_TOPIC`] },
    ({ key }) => pauses.saw(Number(/^p(\d+)-/.exec(key!.toString())![1])),
  );
  const stopping = new AbortController();
  const load = source.trickle(LOAD, stopping.signal);
  load.catch(() => undefined); // awaited below

  await delay(CALM_MS);
  pauses.take();
  await delay(CALM_MS);
  console.log(`| phase | longest pause of any partition |\n| --- | --- |\n| calm | ${pauses.take().toFixed(0)} ms |`);
  for (const [index, state] of WORKERS.entries()) {
    await workers[index]!.end('SIGTERM');
    workers[index] = start(state);
    await workers[index].ready();
    await delay(2000);
    console.log(`| restart of worker ${index + 1} | ${pauses.take().toFixed(0)} ms |`);
  }
  stopping.abort();
  await load;
  await until(WAIT_MS, () => playground.isProcessed(`${prefix}app`, source.topic));
  await following.stop();
  console.log(await playground.verdict(prefix, source.count));
  await Promise.all(workers.map((worker) => worker.end('SIGTERM')));
  await source.close();
} finally {
  await playground.close();
}

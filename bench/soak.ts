/**
 * Whether memory stays flat: `npm run build && node --import tsx bench/soak.ts [events] [a second]`.
 *
 * Five million events at 20,000 a second on one worker; its memory is read every second and drawn into
 * docs/soak.svg. The Java client counts in the end. Ends with 1 when an output is missing or twice.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { projectRoot } from '../common/project-root.js';
import { BenchWorker } from './harness/bench-worker.js';
import { Playground } from './harness/playground.js';
import { until } from './harness/until.js';
import { lines } from './suite/lines.js';
import { parseStatus, readProc } from './suite/proc.js';

const EVENTS = Number(process.argv[2] ?? 5_000_000);
const A_SECOND = Number(process.argv[3] ?? 20_000);
const PREFIX = 'soak.';
const MB = 1024 * 1024;

interface Sample {
  readonly seconds: number;
  readonly heapMb: number;
  readonly anonymousMb: number;
  readonly rssMb: number;
}

const playground = await Playground.open();
const samples: Sample[] = [];
try {
  const source = await playground.prepare(PREFIX, 4);
  const worker = new BenchWorker(playground.env(PREFIX, 'soak'));
  await worker.ready();
  const over = new AbortController();
  const sampling = sampleUntil(over.signal, worker);
  const enough = new AbortController();
  const load = source.trickle(A_SECOND, enough.signal);
  await until(3_600_000, () => source.count >= EVENTS);
  enough.abort();
  await load;
  await until(600_000, () => playground.isProcessed(`${PREFIX}app`, source.topic));
  over.abort();
  await sampling;
  await worker.end('SIGTERM');
  const verdict = await playground.verdict(PREFIX, source.count);
  await source.close();
  const half = samples.slice(Math.floor(samples.length / 2));
  const most = (samples: readonly Sample[], valueOf: (one: Sample) => number): number =>
    Math.round(Math.max(...samples.map(valueOf)));
  console.log(verdict);
  console.log(
    `${samples.length} s; in the second half at most: heap ${most(half, ({ heapMb }) => heapMb)} MB, ` +
      `anonymous ${most(half, ({ anonymousMb }) => anonymousMb)} MB, resident ${most(half, ({ rssMb }) => rssMb)} MB`,
  );
  writeFileSync(
    join(projectRoot(), 'docs', 'soak.svg'),
    lines({
      title: `Memory of one worker over ${(source.count / 1e6).toFixed(1)} million events, ${A_SECOND.toLocaleString('en')} a second (MB, seconds)`,
      x: samples.map(({ seconds }) => seconds),
      series: [
        { label: 'resident, mapped files too', values: samples.map(({ rssMb }) => rssMb) },
        { label: 'anonymous', values: samples.map(({ anonymousMb }) => anonymousMb) },
        { label: 'JavaScript heap in use', values: samples.map(({ heapMb }) => heapMb) },
      ],
    }),
  );
  process.exitCode = verdict.startsWith('exact') ? 0 : 1;
} finally {
  await playground.close();
}

async function sampleUntil(over: AbortSignal, worker: BenchWorker): Promise<void> {
  const began = performance.now();
  while (!over.aborted) {
    const [heap = 0] = await worker.valuesOf('nodejs_heap_size_used_bytes');
    const [rss = 0] = await worker.valuesOf('process_resident_memory_bytes');
    const { anonymousMb } = parseStatus(readProc(worker.pid, 'status') ?? '');
    const seconds = (performance.now() - began) / 1000;
    samples.push({ seconds, heapMb: heap / MB, anonymousMb, rssMb: rss / MB });
    if (samples.length % 10 === 0) console.log(JSON.stringify(samples.at(-1)));
    await delay(1000);
  }
}

/**
 * How the worker does as the work grows: `npm run build && node --import tsx bench/scaling.ts [rounds] [case]`.
 *
 * Over partitions, workers, dedup entries that there are already, sizes of an event, recipients of a request: one of
 * them at a time. In a stack of its own; the Java client counts what came of each case, and one that is not exact ends
 * the run with 1. About ten minutes a round; a regular expression as second argument picks cases by their names.
 */
import { fillChangelog } from './harness/fill.js';
import { measureRun, type Measured } from './harness/measured-run.js';
import { Playground } from './harness/playground.js';
import { spreadOf } from './suite/statistics.js';

interface Case {
  readonly what: string;
  readonly records: number;
  readonly partitions?: number;
  /** MAX_TASKS; where it is not given, the default. */
  readonly tasks?: number;
  readonly workers?: number;
  /** Dedup entries in the changelog before the start. */
  readonly entries?: number;
  /** Characters of an event's title. */
  readonly titleLength?: number;
  /** Requests instead of task events, each of so many recipients. */
  readonly recipients?: number;
}

const CASES: readonly Case[] = [
  { what: 'thrown away, a warm-up', records: 200_000 },
  ...[1, 4, 16, 64].flatMap((partitions) =>
    [64, 16, 4, 1]
      .filter((tasks) => tasks <= partitions)
      // The first writes to a partition cost the broker much, which fewer events would not outweigh.
      .map((tasks) => ({
        what: `${partitions} partitions, ${tasks} tasks`,
        records: partitions > 16 ? 2_000_000 : 400_000,
        partitions,
        tasks,
      })),
  ),
  ...[1, 2, 4].map((workers) => ({
    what: `16 partitions, ${workers} workers`,
    records: 400_000,
    partitions: 16,
    workers,
  })),
  ...[0, 1, 5, 10].map((millions) => ({
    what: `${millions} M entries`,
    records: 400_000,
    entries: millions * 1_000_000,
  })),
  { what: 'events of 200 bytes', records: 400_000, titleLength: 100 },
  { what: 'events of 2 KB', records: 200_000, titleLength: 1_900 },
  { what: 'events of 20 KB', records: 20_000, titleLength: 19_900 },
  { what: 'requests of 1 recipient', records: 200_000, recipients: 1 },
  { what: 'requests of 100 recipients', records: 4_000, recipients: 100 },
  { what: 'requests of 10,000 recipients', records: 60, recipients: 10_000 },
];

const rounds = Number(process.argv[2] ?? 1);
const only = process.argv[3] === undefined ? undefined : new RegExp(process.argv[3]);
const results = new Map<Case, (Measured & { readonly verdict: string })[]>();
const playground = await Playground.open();
try {
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, one] of CASES.entries()) {
      if (only !== undefined && index > 0 && !only.test(one.what)) continue;
      const found = await run(one, `s${round}-${index}.`);
      results.set(one, [...(results.get(one) ?? []), found]);
      console.log(`${one.what}: ${JSON.stringify(found)}`);
    }
  }
} finally {
  await playground.close();
}
console.log(
  "\n| | events/s | CPU, µs/event | broker's CPU, µs/event | memory, MB | start to first commit, s |\n| --- | ---: | ---: | ---: | ---: | ---: |",
);
for (const [{ what }, found] of results) {
  const median = (valueOf: (one: Measured) => number): number => spreadOf(found.map(valueOf))!.median;
  const figures = [
    median(({ recordsPerSecond }) => recordsPerSecond).toLocaleString('en'),
    median(({ cpuMicros }) => cpuMicros).toFixed(1),
    median(({ brokerCpuMicros }) => brokerCpuMicros).toFixed(1),
    String(median(({ anonymousMb }) => anonymousMb)),
    (median(({ startMs }) => startMs) / 1000).toFixed(1),
  ];
  console.log(`| ${what} | ${figures.join(' | ')} |`);
}
process.exitCode = [...results.values()].flat().every(({ verdict }) => verdict.startsWith('exact')) ? 0 : 1;

async function run(one: Case, prefix: string): Promise<Measured & { readonly verdict: string }> {
  const { records, partitions = 4, tasks, workers = 1, entries = 0, titleLength = 1, recipients } = one;
  const source = await playground.prepare(prefix, partitions);
  source.titleLength = titleLength;
  if (entries > 0) await fillChangelog(source.config, partitions, entries);
  if (recipients === undefined) await source.append(records);
  else await source.appendRequests(records, recipients);
  await source.close();
  const topic = recipients === undefined ? source.topic : source.requestTopic;
  const measured = await measureRun({
    playground,
    prefix,
    topic,
    records,
    workers,
    ...(tasks !== undefined && { over: { MAX_TASKS: String(tasks) } }),
  });
  return { ...measured, verdict: await playground.verdict(prefix, records, recipients) };
}

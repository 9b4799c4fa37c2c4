/**
 * How long a store takes to come back from its changelog: `npm run build && node --import tsx bench/restore.ts [rounds] [entries]`.
 *
 * Ours and Kafka Streams (bench/peers/kafka-streams, built here with Maven) in turns, seven rounds, on a stack of its
 * own: the same 5,000,000 dedup entries of one task, written to the changelogs as the two would have written them. Each
 * time the process starts without any state, and then processes events that it must know and others that it cannot
 * know. Of ours it counts how long fencing, restoring and asking for the offsets take, as its log says; of Kafka Streams
 * the time until it is RUNNING, less the same with its state kept. In the end the Java client counts the outputs.
 */
import { rmSync } from 'node:fs';
import { BenchWorker } from './harness/bench-worker.js';
import { fillChangelog, fillStreamsChangelog } from './harness/fill.js';
import { Playground, type Source } from './harness/playground.js';
import { StreamsPeer } from './harness/streams-peer.js';
import { until } from './harness/until.js';
import { decimal, rotated, spread, spreadOf } from './suite/statistics.js';

const ROUNDS = Number(process.argv[2] ?? 7);
const ENTRIES = Number(process.argv[3] ?? 5_000_000);
const WAIT_MS = 300_000;
/** In each round: events that are in the state, and as many that are not. */
const EVENTS = 1000;

interface Contender {
  readonly name: string;
  readonly source: Source;
  readonly group: string;
  readonly stateDir: string;
  /** Starts without state; ms that the restore took. Leaves it running; `end` ends it. */
  readonly restore: () => Promise<{ ms: number; end: () => Promise<void> }>;
}

const playground = await Playground.open();
let isExact = true;
try {
  const contenders = [await ours(), await theirs()];
  const found = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const contender of rotated(contenders, round)) {
      const { name } = contender;
      const ms = await measure(contender);
      found.get(name)!.push(ms);
      console.log(`round ${round + 1}, ${name}: ${Math.round(ms)} ms`);
    }
  }
  console.log(
    `\n| restore of ${ENTRIES} entries, ${ROUNDS} rounds | s | entries/s | outputs |\n| --- | ---: | ---: | --- |`,
  );
  for (const { name, source } of contenders) {
    const seconds = spreadOf(found.get(name)!.map((ms) => ms / 1000))!;
    const verdict = await playground.verdict(source.prefix, source.count);
    isExact &&= verdict.startsWith('exact');
    console.log(`| ${name} | ${spread(seconds, 2)} | ${decimal(ENTRIES / seconds.median)} | ${verdict} |`);
    await source.close();
  }
} finally {
  await playground.close();
}
process.exitCode = isExact ? 0 : 1;

async function measure({ source, group, stateDir, restore }: Contender): Promise<number> {
  rmSync(stateDir, { recursive: true, force: true });
  // Whoever left is gone, or a start waits for it.
  await until(WAIT_MS, () => playground.isGroupEmpty(group));
  const { ms, end } = await restore();
  await source.appendSeen(EVENTS);
  await source.append(EVENTS);
  await until(WAIT_MS, () => playground.isProcessed(group, source.topic));
  await end();
  return ms;
}

async function ours(): Promise<Contender> {
  const prefix = 'ours.';
  const source = await playground.prepare(prefix, 1);
  await fillChangelog(source.config, 1, ENTRIES);
  const restore: Contender['restore'] = async () => {
    const worker = new BenchWorker(playground.env(prefix, 'ours'));
    await worker.ready();
    const [running] = await worker.running();
    return { ms: Number(running!['ms']), end: () => worker.end('SIGTERM') };
  };
  return { name: 'ours', source, group: `${prefix}app`, stateDir: playground.stateDir('ours'), restore };
}

async function theirs(): Promise<Contender> {
  const prefix = 'streams.';
  const group = 'streams';
  const source = await playground.prepare(prefix, 1);
  const peer = await StreamsPeer.build();
  await fillStreamsChangelog(source.config, `${group}-seen-changelog`, 1, ENTRIES);
  const { brokers, registryUrl } = playground;
  const stateDir = playground.stateDir(group);
  const start = (): ReturnType<StreamsPeer['start']> => peer.start({ brokers, registryUrl, prefix, state: stateDir });
  const restore: Contender['restore'] = async () => {
    const first = start();
    const whole = await first.ready();
    await first.end('SIGTERM');
    await until(WAIT_MS, () => playground.isGroupEmpty(group));
    const again = start();
    const ms = whole - (await again.ready());
    return { ms, end: () => again.end('SIGTERM') };
  };
  return { name: 'Kafka Streams', source, group, stateDir, restore };
}

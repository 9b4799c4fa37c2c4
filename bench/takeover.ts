/**
 * How long a task is gone when its worker dies: `npm run build && node --import tsx bench/takeover.ts [entries] [tasks]`.
 *
 * On a stack of its own, with that many dedup entries (5,000,000) in that many tasks (1), under a load of 1000 events/s:
 * resume after SIGKILL with STATE_DIR kept, and takeover by a warm standby (bench/restore.ts has it without STATE_DIR);
 * and beside them Kafka Streams (bench/peers/kafka-streams, built here with Maven) on the same entries, killed the same way.
 * The entries are written to the changelogs, as the two would have written them. In the end the Java client counts: each
 * event of the load delivered exactly once, and none of those that the restored state has seen. Takes a few minutes.
 */
import { StreamsPeer } from './harness/streams-peer.js';
import { fillChangelog, fillStreamsChangelog } from './harness/fill.js';
import { BenchWorker } from './harness/bench-worker.js';
import { Playground, type Source } from './harness/playground.js';
import { until } from './harness/until.js';

const ENTRIES = Number(process.argv[2] ?? 5_000_000);
const TASKS = Number(process.argv[3] ?? 1);
const LOAD = 1000;
const WAIT_MS = 900_000;
/** Events that are in the state: sent again, they must make no output. */
const SEEN = 1000;
const ROUNDS = 3;

const rows: [what: string, figure: string][] = [];
const tell = (what: string, figure: string): void => {
  rows.push([what, figure]);
  console.log(`${what}: ${figure}`);
};
const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

const playground = await Playground.open();
try {
  await ours();
  await theirs();
  console.log(`\n| ${ENTRIES} entries, ${TASKS} task(s) | |\n| --- | --- |`);
  for (const [what, figure] of rows) console.log(`| ${what} | ${figure} |`);
} finally {
  await playground.close();
}

async function ours(): Promise<void> {
  const prefix = 'ours.';
  const source = await playground.prepare(prefix, TASKS);
  const start = (state: string, over: Record<string, string> = {}): BenchWorker =>
    new BenchWorker(playground.env(prefix, state, over));
  const processed = (): Promise<void> => until(WAIT_MS, () => playground.isProcessed(`${prefix}app`, source.topic));
  await fillChangelog(source.config, TASKS, ENTRIES);
  let worker = start('a');
  await tellRestore('first start: restore of everything from the changelog', worker);
  await source.appendSeen(SEEN);
  const load = begin(source);
  for (let round = 1; round <= ROUNDS; round += 1) {
    await worker.end('SIGKILL');
    worker = start('a');
    await tellRestore(`resume after SIGKILL, STATE_DIR kept, round ${round}`, worker);
  }
  await worker.end('SIGTERM');
  worker = start('a', { STANDBY_REPLICAS: '1' });
  await worker.ready();

  let heir = start('b', { STANDBY_REPLICAS: '1' });
  tell('a standby of an empty store is warm: process start to lag 0', seconds(await timed(() => isWarm(heir, worker))));
  for (let round = 1; round <= ROUNDS; round += 1) {
    const [taken, first] = await takeOver(prefix, source, worker, heir);
    tell(`takeover by a warm standby, round ${round}: new generation to task running`, seconds(taken));
    tell(`  new generation to the first commit`, seconds(first));
    const died = round % 2 === 1 ? 'a' : 'b';
    worker = heir;
    heir = start(died, { STANDBY_REPLICAS: '1' });
    await isWarm(heir, worker);
  }
  await load.stop();
  await processed();
  tell('outputs', await playground.verdict(prefix, source.count));
  await heir.end('SIGTERM');
  await worker.end('SIGTERM');
  await source.close();
}

/** Kills the owner of everything that the heir does not run; ms from the generation in which that has it to running, and to a commit. */
async function takeOver(
  prefix: string,
  source: Source,
  owner: BenchWorker,
  heir: BenchWorker,
): Promise<[number, number]> {
  const lines = heir.log.length;
  const last = (owner.logged('joined the group').at(-1)!['tasks'] as number[]).at(-1)!;
  await owner.end('SIGKILL');
  const since = (msg: string): BenchWorker['log'] => heir.log.slice(lines).filter((line) => line.msg === msg);
  await until(60_000, () => since('joined the group').length > 0);
  const joinedAt = Date.parse(since('joined the group')[0]!.time);
  const committed = async (): Promise<number> =>
    (await playground.committed(`${prefix}app`, source.topic)).get(last) ?? -1;
  const before = await committed();
  await until(60_000, async () => (await committed()) > before);
  const first = Date.now() - joinedAt;
  await until(60_000, () => since('task is running').some(({ task }) => task === last));
  const running = Date.parse(since('task is running').at(-1)!.time) - joinedAt;
  return [running, first];
}

async function theirs(): Promise<void> {
  const prefix = 'streams.';
  const source = await playground.prepare(prefix, TASKS);
  const peer = await StreamsPeer.build();
  await fillStreamsChangelog(source.config, 'streams-seen-changelog', TASKS, ENTRIES);
  const settings = {
    brokers: playground.brokers,
    registryUrl: playground.registryUrl,
    prefix,
    state: playground.stateDir('streams'),
  };
  let running = peer.start(settings);
  tell('Kafka Streams, first start: process start to RUNNING', seconds(await running.ready()));
  const processed = (): Promise<void> => until(WAIT_MS, () => playground.isProcessed('streams', source.topic));
  await source.appendSeen(SEEN);
  const load = begin(source);
  for (let round = 1; round <= ROUNDS; round += 1) {
    await running.end('SIGKILL');
    running = peer.start(settings);
    tell(
      `Kafka Streams after SIGKILL, state kept, round ${round}: process start to RUNNING`,
      seconds(await running.ready()),
    );
  }
  await load.stop();
  await processed();
  tell('Kafka Streams, outputs', await playground.verdict(prefix, source.count));
  await running.end('SIGTERM');
  await source.close();
}

/** With what the worker said of its restores: how many changelog records, and how long the slowest takeover took. */
async function tellRestore(what: string, worker: BenchWorker): Promise<void> {
  const readyMs = await worker.ready();
  const running = await worker.running();
  const stores = worker.logged('store restored');
  const records = stores.reduce((sum, line) => sum + Number(line['records']), 0);
  const slowest = Math.max(...running.map(({ ms }) => Number(ms)));
  tell(`${what}: process start to ready`, seconds(readyMs));
  tell('  fence, restore, offsets', `${seconds(slowest)}, ${records} changelog records replayed`);
}

/** Both run their tasks, and each keeps the other's warm. */
async function isWarm(heir: BenchWorker, other: BenchWorker): Promise<void> {
  await heir.ready();
  await until(WAIT_MS, async () => {
    const held = heir.logged('joined the group').at(-1)!;
    const lags = await heir.metric('standby_lag');
    const standbys = (held['standbys'] as number[]).length;
    return (
      (held['warming'] as number[]).length === 0 && standbys > 0 && lags.length === standbys && Math.max(...lags) < 50
    );
  });
  await other.ready();
}

function begin(source: Source): { stop: () => Promise<void> } {
  const stopping = new AbortController();
  const ended = source.trickle(LOAD, stopping.signal);
  ended.catch(() => undefined); // stop() hears of it
  return {
    stop: () => {
      stopping.abort();
      return ended;
    },
  };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

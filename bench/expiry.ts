/**
 * `npx tsx bench/expiry.ts`: how long the store takes to write a commit of 1000 entries while a million others expire,
 * beside as many commits before. Ends with 1 when something is left that should have gone, or the other way round.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StateEnvironment } from '../state/lmdb/environment.js';
import { bucketOf, windowShape } from '../state/dedup/stream-time.js';
import { TaskStore } from '../state/dedup/task-store.js';
import { quantile, spread, spreadOf } from './suite/statistics.js';

const SOURCE = 'TASK_EVENT_TOPIC-0';
const HOUR_MS = 3_600_000;
const SHAPE = windowShape(24 * HOUR_MS);
const ENTRIES = 1_000_000;
const A_COMMIT = 1000;
/** As many as it takes to expire them all. */
const COMMITS = 250;
const ROUNDS = 7;

const rounds: Awaited<ReturnType<typeof measure>>[] = [];
for (let round = 0; round < ROUNDS; round += 1) rounds.push(await measure());
console.log('| | commit p50, ms | p99, ms |\n| --- | ---: | ---: |');
for (const phase of ['idle', 'expiring'] as const) {
  const [p50, p99] = ([0.5, 0.99] as const).map((share) =>
    quantile(
      rounds.map((round) => quantile(round[phase], share)),
      0.5,
    ),
  );
  console.log(`| ${phase} | ${p50!.toFixed(2)} | ${p99!.toFixed(2)} |`);
}
const ratios = spreadOf(rounds.map((round) => quantile(round.expiring, 0.99) / quantile(round.idle, 0.99)));
console.log(`\np99 while ${ENTRIES} entries expire ÷ before, ${ROUNDS} rounds: ${spread(ratios, 2)}`);

async function measure(): Promise<{ idle: number[]; expiring: number[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'notification-streams-expiry-'));
  const environment = new StateEnvironment(folder);
  try {
    const store = new TaskStore(environment, 0, SHAPE);
    let offset = 0;
    const commit = async (streamTime: number, count: number): Promise<number> => {
      const positions = new Map([[SOURCE, { nextOffset: offset, streamTime, notifyFrom: 0 }]]);
      const buckets = [{ source: SOURCE, bucket: bucketOf(streamTime, SHAPE), packed: randomBytes(16 * count) }];
      const began = performance.now();
      await store.apply([{ offset, entry: { positions, buckets } }], offset + 1);
      offset += 1;
      return performance.now() - began;
    };
    const commits = async (streamTime: number): Promise<number[]> => {
      const times = [];
      for (let count = 0; count < COMMITS; count += 1) times.push(await commit(streamTime, A_COMMIT));
      return times;
    };
    const first = Date.now();
    for (let count = 0; count < ENTRIES; count += 10_000) await commit(first, 10_000);
    const idle = await commits(first + 2 * HOUR_MS);
    const expiring = await commits(first + 25.9 * HOUR_MS);
    if (store.size !== 2 * COMMITS * A_COMMIT) throw new Error(`${store.size} entries are left`);
    return { idle, expiring };
  } finally {
    await environment.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One store, in a process of its own: `measure.ts STORE KEYS FOLDER`, forked; says when it is loaded, and measures a round for each message. */
import type { Digest } from '../../state/dedup/digest-bytes.js';
import { setTimeout as delay } from 'node:timers/promises';
import { cheapDigest } from '../../test/digests.js';
import { parseStatus, readProc } from '../suite/proc.js';
import { quantile } from '../suite/statistics.js';
import { CANDIDATES } from './candidates.js';

/** Events of a commit under load. */
const A_BATCH = 1000;
const REPEATS_A_BATCH = 100;
/** Commits of a round. */
const BATCHES = 100;
const LOADED_AT_ONCE = 10_000;
/** What a store writes behind our back is over when it took less than a twentieth of a core so long. */
const QUIET_MS = 500;
const MOST_QUIET_MS = 120_000;

export interface Loaded {
  /** Private memory that the keys took, bytes a key. */
  readonly bytesPerKey: number;
}

export interface Measured {
  /** Look-up and insert, events a second. */
  readonly perSecond: number;
  /** CPU time an event, microseconds, of all threads, with what the store did afterwards. */
  readonly cpuMicros: number;
  /** The slowest hundredth of the batches, ms. */
  readonly p99Ms: number;
  /** Private memory at the end, MB. */
  readonly memoryMb: number;
}

const [store, keyCount, folder] = process.argv.slice(2) as [string, string, string];
const keys = Number(keyCount);
const candidate = await CANDIDATES[store]!(folder);
const before = memoryMb();
for (let from = 0; from < keys; from += LOADED_AT_ONCE) await candidate.see(digests(from, LOADED_AT_ONCE));
globalThis.gc?.();
const after = memoryMb();
await quiet();
/** Digests so far. */
let next = keys;
process.on('message', () => void round().then((measured) => process.send!(measured)));
process.send!({ bytesPerKey: ((after - before) * 1024 * 1024) / keys } satisfies Loaded);

async function round(): Promise<Measured> {
  const times: number[] = [];
  const cpu = process.cpuUsage();
  const began = performance.now();
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const fresh = digests(next, A_BATCH - REPEATS_A_BATCH);
    // Older than anything that a cache holds, most of them.
    const repeats = Array.from({ length: REPEATS_A_BATCH }, (_, at) =>
      cheapDigest((next * 7919 + at * 104_729) % keys),
    );
    next += fresh.length;
    const start = performance.now();
    const found = await candidate.see([...fresh, ...repeats]);
    times.push(performance.now() - start);
    if (found !== REPEATS_A_BATCH) throw new Error(`${store} found ${found} of ${REPEATS_A_BATCH} repeats`);
  }
  const seconds = (performance.now() - began) / 1000;
  await quiet();
  const { user, system } = process.cpuUsage(cpu);
  return {
    perSecond: Math.round((BATCHES * A_BATCH) / seconds),
    cpuMicros: (user + system) / (BATCHES * A_BATCH),
    p99Ms: quantile(times, 0.99),
    memoryMb: memoryMb(),
  };
}

/** Waits until the store has no more to do: the next one's turn is not to be its own. */
async function quiet(): Promise<void> {
  const until = performance.now() + MOST_QUIET_MS;
  for (;;) {
    const cpu = process.cpuUsage();
    await delay(QUIET_MS);
    const { user, system } = process.cpuUsage(cpu);
    if (user + system < (QUIET_MS * 1000) / 20 || performance.now() > until) return;
  }
}

function digests(from: number, count: number): Digest[] {
  return Array.from({ length: count }, (_, at) => cheapDigest(from + at));
}

/** What the kernel cannot drop, MB. */
function memoryMb(): number {
  return parseStatus(readProc(process.pid, 'status')!).anonymousMb;
}

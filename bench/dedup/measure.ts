/** One store, in a process of its own: `measure.ts STORE KEYS FOLDER`; writes one line of JSON. */
import type { Digest } from '../../topology/context.js';
import { parseStatus, readProc } from '../suite/proc.js';
import { quantile } from '../suite/statistics.js';
import { CANDIDATES } from './candidates.js';

/** Of a commit under load. */
const A_BATCH = 1000;
const REPEATS_A_BATCH = 100;
const BATCHES = 300;
const LOADED_AT_ONCE = 10_000;

export interface Measured {
  readonly store: string;
  readonly keys: number;
  /** Look-up and insert, events a second. */
  readonly perSecond: number;
  /** CPU time an event, microseconds, of all threads. */
  readonly cpuMicros: number;
  /** The slowest hundredth of the batches, ms. */
  readonly p99Ms: number;
  /** Private memory at the end, MB. */
  readonly memoryMb: number;
  /** Private memory that the keys took, bytes a key. */
  readonly bytesPerKey: number;
}

const [store, keyCount, folder] = process.argv.slice(2) as [string, string, string];
const keys = Number(keyCount);
const candidate = await CANDIDATES[store]!(folder);
const before = memoryMb();
for (let from = 0; from < keys; from += LOADED_AT_ONCE) await candidate.see(digests(from, LOADED_AT_ONCE));
globalThis.gc?.();
const after = memoryMb();

const times: number[] = [];
const cpu = process.cpuUsage();
const began = performance.now();
let next = keys;
for (let batch = 0; batch < BATCHES; batch += 1) {
  const fresh = digests(next, A_BATCH - REPEATS_A_BATCH);
  next += fresh.length;
  // Older than anything that a cache holds, most of them.
  const repeats = Array.from({ length: REPEATS_A_BATCH }, (_, at) => digestOf((batch * 7919 + at * 104_729) % keys));
  const start = performance.now();
  const found = await candidate.see([...fresh, ...repeats]);
  times.push(performance.now() - start);
  if (found !== REPEATS_A_BATCH) throw new Error(`${store} found ${found} of ${REPEATS_A_BATCH} repeats`);
}
const seconds = (performance.now() - began) / 1000;
const { user, system } = process.cpuUsage(cpu);
const measured: Measured = {
  store,
  keys,
  perSecond: Math.round((BATCHES * A_BATCH) / seconds),
  cpuMicros: (user + system) / (BATCHES * A_BATCH),
  p99Ms: quantile(times, 0.99),
  memoryMb: memoryMb(),
  bytesPerKey: ((after - before) * 1024 * 1024) / keys,
};
console.log(JSON.stringify(measured));
process.exit(0);

function digests(from: number, count: number): Digest[] {
  return Array.from({ length: count }, (_, at) => digestOf(from + at));
}

/** The n-th digest: as random as a hash, and cheaper. */
function digestOf(n: number): Digest {
  let text = '';
  for (let word = 0; word < 4; word += 1) {
    let hash = Math.imul(n ^ (word * 0x9e37_79b9), 0x85eb_ca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
    hash = Math.imul(hash ^ (hash >>> 16), 0x27d4_eb2f);
    hash ^= hash >>> 15;
    text += String.fromCharCode(hash & 255, (hash >>> 8) & 255, (hash >>> 16) & 255, hash >>> 24);
  }
  return text;
}

/** What the kernel can not drop, MB. */
function memoryMb(): number {
  return parseStatus(readProc(process.pid, 'status')!).anonymousMb;
}

/**
 * `npx tsx bench/dedup.ts [--rounds 7] [KEYS...]`: looking up and adding digests, 1000 a commit, a tenth of them repeats
 * from long ago, in ours and in what a Node project would take instead, each with 1,000,000 and with 10,000,000 keys by
 * default. The stores are filled once, and then have their turns.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CANDIDATES } from './dedup/candidates.js';
import type { Loaded, Measured } from './dedup/measure.js';
import { startChild } from './harness/child.js';
import { rotated, spread, spreadOf } from './suite/statistics.js';

interface Store {
  readonly name: string;
  readonly loaded: Loaded;
  readonly rounds: Measured[];
  readonly measure: () => Promise<Measured>;
  readonly end: () => void;
}

const here = join(import.meta.dirname, 'dedup');
const { values, positionals } = parseArgs({
  options: { rounds: { type: 'string', default: '7' } },
  allowPositionals: true,
});
const sizes = positionals.length > 0 ? positionals.map(Number) : [1_000_000, 10_000_000];

if (!existsSync(join(here, 'node_modules')))
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--silent', '--no-package-lock'], { cwd: here });

console.log('| keys | store | events/s | CPU, µs/event | p99 of a commit, ms | memory, MB | bytes/key |');
console.log('| ---: | --- | ---: | ---: | ---: | ---: | ---: |');
for (const keys of sizes) {
  const root = mkdtempSync(join(tmpdir(), 'notification-streams-dedup-'));
  try {
    for (const store of await measureAll(keys, root)) console.log(rowOf(keys, store));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function measureAll(keys: number, root: string): Promise<Store[]> {
  const stores: Store[] = [];
  try {
    for (const name of Object.keys(CANDIDATES)) stores.push(await fill(name, keys, join(root, name)));
    for (let round = 0; round < Number(values.rounds); round += 1) {
      for (const { rounds, measure } of rotated(stores, round)) rounds.push(await measure());
    }
  } finally {
    for (const { end } of stores) end();
  }
  return stores;
}

/** Starts the store's process and has it filled. */
async function fill(name: string, keys: number, folder: string): Promise<Store> {
  const child = startChild(join(here, 'measure.ts'), [name, String(keys), folder], ['--expose-gc']);
  const measure = (): Promise<Measured> => {
    child.send('round');
    return child.answer<Measured>();
  };
  return { name, loaded: await child.answer<Loaded>(), rounds: [], measure, end: () => child.end() };
}

function rowOf(keys: number, { name, loaded, rounds }: Store): string {
  const cell = (figure: keyof Measured, digits = 0): string =>
    spread(spreadOf(rounds.map((measured) => measured[figure])), digits);
  const cells = [cell('perSecond'), cell('cpuMicros', 1), cell('p99Ms', 1), cell('memoryMb')];
  return `| ${[keys, name, ...cells, loaded.bytesPerKey.toFixed(1)].join(' | ')} |`;
}

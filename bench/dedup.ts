/**
 * `npx tsx bench/dedup.ts [--rounds 3] [KEYS...]`: looking up and adding digests, 1000 a commit, a tenth of them repeats
 * from long ago, in ours and in what a Node project would take instead; 1,000,000 and 10,000,000 keys by default, in turns.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CANDIDATES } from './dedup/candidates.js';
import type { Measured } from './dedup/measure.js';
import { spreadOf } from './suite/statistics.js';

const here = join(import.meta.dirname, 'dedup');
const { values, positionals } = parseArgs({
  options: { rounds: { type: 'string', default: '3' } },
  allowPositionals: true,
});
const sizes = positionals.length > 0 ? positionals.map(Number) : [1_000_000, 10_000_000];

if (!existsSync(join(here, 'node_modules')))
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--silent', '--no-package-lock'], { cwd: here });

console.log('| keys | store | events/s | CPU, µs/event | p99 of a commit, ms | memory, MB | bytes/key |');
console.log('| ---: | --- | ---: | ---: | ---: | ---: | ---: |');
for (const keys of sizes) {
  const rounds = Array.from({ length: Number(values.rounds) }, () =>
    Object.keys(CANDIDATES).map((store) => measure(store, keys)),
  ).flat();
  for (const store of Object.keys(CANDIDATES)) {
    const of = rounds.filter((measured) => measured.store === store);
    const cells = (['perSecond', 'cpuMicros', 'p99Ms', 'memoryMb', 'bytesPerKey'] as const).map((figure) =>
      spreadOf(of.map((measured) => measured[figure]))!.median.toFixed(
        figure === 'perSecond' || figure === 'memoryMb' ? 0 : 1,
      ),
    );
    console.log(`| ${[keys, store, ...cells].join(' | ')} |`);
  }
}

function measure(store: string, keys: number): Measured {
  const folder = mkdtempSync(join(tmpdir(), 'notification-streams-dedup-'));
  try {
    const args = ['--expose-gc', '--import', 'tsx', join(here, 'measure.ts'), store, String(keys), folder];
    return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Measured;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A process of bench/hot-path.ts: `TURNS CHECKOUT CHECKOUT`. Says what a record costs in each, µs of processor time. */
import { join } from 'node:path';
import { quantile, rotated } from '../suite/statistics.js';
import type * as path from './path.js';

export type Turns = readonly number[];

/** The first quarter is for V8's compiler. */
const WARM_UP = 1 / 4;

const [turns, ...roots] = process.argv.slice(2);
const checkouts = [];
for (const root of roots) {
  // Each has its own, which knows how that checkout does it.
  const { loadHotPath } = (await import(join(root, 'bench', 'hot-path', 'path.ts'))) as typeof path;
  checkouts.push({ ...(await loadHotPath(root)), micros: [] as number[] });
}
try {
  for (let turn = 0; turn < Number(turns); turn += 1) {
    for (const { run, micros } of rotated(checkouts, turn)) micros.push(await run());
  }
} finally {
  for (const { close } of checkouts) await close();
}
process.send!(checkouts.map(({ micros }) => quantile(micros.slice(Number(turns) * WARM_UP), 0.5)) satisfies Turns);

/**
 * `npx tsx bench/hot-path.ts ../before [--turns 240]`: what processing a record costs, without Kafka, in this build and
 * in that of another checkout: decode, map, dedup, route, and the outputs encoded. For changes of a few percent, which
 * rounds of whole workers do not show on a machine that is not quiet. Both run in one process, in short turns; there are
 * four processes, since the one that is loaded first has some percent of it.
 *
 * The other checkout has to share our node_modules by a symbolic link: two copies of lmdb do not go together.
 */
import { realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { V8_FLAGS } from '../topology/worker/v8-flags.js';
import { projectRoot } from '../common/project-root.js';
import { startChild } from './harness/child.js';
import type { Turns } from './hot-path/turns.js';
import { decimal, rotated } from './suite/statistics.js';

const ROUNDS = 4;

const { values, positionals } = parseArgs({
  options: { turns: { type: 'string', default: '240' } },
  allowPositionals: true,
});
const [other, ...more] = positionals;
if (other === undefined || more.length > 0) throw new Error('one other checkout is expected: bench/hot-path.ts FOLDER');
const here = projectRoot();
const before = resolve(other);
if (realpathSync(join(before, 'node_modules')) !== realpathSync(join(here, 'node_modules')))
  throw new Error(`${before}/node_modules is expected to be a symbolic link to that of ${here}`);

const ratios: number[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  const micros = await measure(rotated([here, before], round));
  const [ours, theirs] = rotated(micros, round);
  ratios.push(ours! / theirs!);
  console.log(`${decimal(ours!, 2)} µs a record here, ${decimal(theirs!, 2)} there: ${decimal(ours! / theirs!, 3)}`);
}
const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
console.log(`here ÷ there, the geometric mean: ${decimal(mean, 3)}`);

/** The median of each. */
function measure(order: readonly string[]): Promise<Turns> {
  // As a worker runs.
  return startChild(join(import.meta.dirname, 'hot-path', 'turns.ts'), [values.turns, ...order], V8_FLAGS).answer();
}

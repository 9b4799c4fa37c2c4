/**
 * `npx tsx bench/hot-path.ts ../before [--turns 240]`: what processing a record costs, without Kafka, in this build and
 * in that of another checkout: decode, map, dedup, route, and the outputs encoded. For changes of a few percent, which
 * rounds of whole workers do not show on a machine that is not quiet. Both run in one process, in short turns; there are
 * four processes, since the one that is loaded first has some percent of it.
 *
 * The other checkout has to share our node_modules by a symbolic link: two copies of lmdb do not go together.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot } from '../dev/stack/place.js';
import { endWithUs } from './harness/end-with-us.js';
import type { Turns } from './hot-path/turns.js';
import { decimal } from './suite/statistics.js';

/** As a worker sets them. */
const V8_FLAGS = ['--heap-growing-percent=100', '--no-parallel-scavenge'];

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
for (const order of [
  [here, before],
  [before, here],
  [here, before],
  [before, here],
]) {
  const micros = await measure(order);
  const [ours, theirs] = order[0] === here ? micros : [...micros].reverse();
  ratios.push(ours! / theirs!);
  console.log(`${decimal(ours!, 2)} µs a record here, ${decimal(theirs!, 2)} there: ${decimal(ours! / theirs!, 3)}`);
}
const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
console.log(`here ÷ there, the geometric mean: ${decimal(mean, 3)}`);

/** The median of each. */
async function measure(order: readonly string[]): Promise<Turns> {
  const child = fork(join(import.meta.dirname, 'hot-path', 'turns.ts'), [values.turns, ...order], {
    execArgv: [...V8_FLAGS, '--import', 'tsx'],
  });
  endWithUs(() => void child.kill('SIGKILL'));
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`a process has ended with ${code}`)));
  ended.catch(() => undefined); // also when its answer was there before
  const [turns] = (await Promise.race([once(child, 'message'), ended])) as [Turns];
  return turns;
}

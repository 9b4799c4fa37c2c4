/** The same inputs of each target each time, unless FUZZ_SEED gives other ones; what fails says how to repeat it. */
import { describe, expect, it } from 'vitest';
import { freeze, knownFaults } from './corpus.js';
import { fuzz } from './fuzz.js';
import { TARGETS } from './targets/index.js';

const INPUTS = 2500;
/** Not what ends it: only for a machine that is too slow to wait for. */
const MS = 60_000;
const seed = Number(process.env['FUZZ_SEED'] ?? 1);

describe(`the fuzzer, from seed ${seed}`, () => {
  it.each(TARGETS)('finds nothing in $name', { timeout: 2 * MS }, async (target) => {
    const { finding, executions, outcomes } = await fuzz(target, {
      seed,
      ms: MS,
      inputs: INPUTS,
      known: knownFaults(target.name),
    });
    const found = finding && `${finding.message}\n${JSON.stringify(freeze(finding.input))}\n${finding.repeat}`;
    expect(found).toBeUndefined();
    expect(executions).toBeGreaterThan(20);
    expect(outcomes.size).toBeGreaterThan(1);
  });
});

/** npm run fuzz -- [--minutes 60] [--target avro,tokens] [--seed 1] [--path 0:1] [--keep] */
import { parseArgs } from 'node:util';
import { freeze, keep, knownFaults } from './corpus.js';
import { fuzz, type Finding } from './fuzz.js';
import { TARGETS } from './targets/index.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    target: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    /** Repeats one input of a finding. */
    path: { type: 'string' },
    /** Adds the first input of each new outcome, and what was found, to the corpus. */
    keep: { type: 'boolean', default: false },
  },
});

const SLICE_MS = 20_000;

const chosen = values.target?.split(',');
const targets = TARGETS.filter(({ name }) => !chosen || chosen.includes(name));
if (targets.length === 0)
  throw new Error(`--target ${values.target}: expected some of ${TARGETS.map(({ name }) => name).join(', ')}`);
const seed = Number(values.seed);
const until = performance.now() + Number(values.minutes) * 60_000;
const slice = Math.min(SLICE_MS, (Number(values.minutes) * 60_000) / targets.length);
const executions = new Map<string, number>();
const outcomes = new Map<string, Map<string, number>>();
const findings: (Finding & { target: string })[] = [];
const passed = new Map(targets.map(({ name }) => [name, knownFaults(name)]));

for (let round = 0; round === 0 || (performance.now() < until && values.path === undefined); round += 1) {
  for (const target of targets) {
    const { name } = target;
    const run = await fuzz(target, { seed: seed + round, ms: slice, path: values.path, known: passed.get(name)! });
    executions.set(name, (executions.get(name) ?? 0) + run.executions);
    const counts = outcomes.get(name) ?? new Map<string, number>();
    outcomes.set(name, counts);
    for (const [outcome, { count }] of run.outcomes) counts.set(outcome, (counts.get(outcome) ?? 0) + count);
    if (run.passedOver > 0)
      counts.set('breaks a law that is known', (counts.get('breaks a law that is known') ?? 0) + run.passedOver);
    if (values.keep) await keep(target, run);
    if (!run.finding) continue;
    // A fault is reported once; the rest of the time goes to others.
    passed.get(name)!.add(run.finding.law);
    findings.push({ target: name, ...run.finding });
    console.log(
      `FOUND ${name}: ${run.finding.message}\n${JSON.stringify(freeze(run.finding.input))}\n${run.finding.repeat}\n`,
    );
  }
}
for (const [name, count] of executions) {
  console.log(`${name}: ${count} executions`);
  for (const [outcome, times] of [...(outcomes.get(name) ?? [])].sort((a, b) => b[1] - a[1]))
    console.log(`  ${times} ${outcome}`);
}
console.log(`seed ${seed}: ${findings.length} faults found`);
process.exitCode = findings.length > 0 ? 1 : 0;

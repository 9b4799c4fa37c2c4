/** `npm run chaos`: the fault matrix on a cluster of its own; ends with 1 when a round failed or was invalid. */
import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import type { NotRun } from './case.js';
import { describeRun, readRuns, type ChaosRun } from './chaos-run.js';
import { CASES, NOT_RUN } from './cases/index.js';
import { Cluster } from './cluster.js';
import { MUTATIONS, mutationArgs } from './mutations.js';
import { markdown, printLine, table } from './report.js';
import { runRound, type RoundResult } from './suite.js';

interface Options {
  readonly case?: string[];
  readonly rounds: string;
  readonly seed: string;
  readonly events: string;
  readonly rate: string;
  readonly json?: string;
  readonly from?: string[];
  readonly remark?: string;
  readonly report?: string;
  readonly logs?: string;
  readonly mutation?: string;
}

const options = new Command('chaos')
  .description('breaks things during load, and shows that nothing is lost, doubled or torn')
  .option('-c, --case <id...>', `cases of the matrix: ${CASES.map(({ id }) => id).join(', ')}; default: all`)
  .option('-r, --rounds <count>', 'rounds of each case', '3')
  .option('-s, --seed <number>', 'of the first round; the others follow from it', '1')
  .option('-e, --events <count>', 'events of each round', '34000')
  .option('--rate <count>', 'events a second, where the case does not say how long the load lasts', '1200')
  .option('--json <file>', 'write the results there')
  .option('--report <file>', 'write a report in Markdown there')
  .option('--remark <text>', 'a paragraph for the report')
  .option('--from <file...>', 'run nothing: report on what earlier runs wrote with --json')
  .option('--logs <folder>', "keep every worker's log there")
  .option(
    '--mutation <name>',
    `put a defect in on purpose, to see the suite fail: ${Object.keys(MUTATIONS).join(', ')}`,
  )
  .parse()
  .opts<Options>();

const run = options.from ? undefined : await breakThings();
const runs = run ? [run] : readRuns(options.from!);
// What became of the defects in runs that were read, only their report says.
const results = runs.filter((one) => one === run || one.mutation === undefined).flatMap((one) => one.results);
console.log(`\n${table(results)}`);
for (const { id, name, why } of runs.at(-1)!.notRun) console.log(`not run: ${id} ${name}: ${why}`);
if (options.report) writeFileSync(options.report, markdown(runs, options.remark));
process.exit(results.every(({ outcome }) => outcome === 'passed') ? 0 : 1);

async function breakThings(): Promise<ChaosRun> {
  const chosen = options.case
    ? CASES.filter(({ id }) => options.case!.includes(id))
    : CASES.filter(({ isLong }) => !isLong);
  const unknown = (options.case ?? []).filter((id) => !CASES.some((one) => one.id === id));
  if (unknown.length > 0) {
    console.error(`--case ${unknown.join(' ')}: expected some of ${CASES.map(({ id }) => id).join(', ')}`);
    process.exit(2);
  }

  const notRun: NotRun[] = [...NOT_RUN];
  for (const { id, name, hindrance } of chosen) {
    const why = hindrance?.();
    if (why !== undefined) notRun.push({ id, name, why });
  }
  const runnable = chosen.filter(({ id }) => !notRun.some((one) => one.id === id));

  const results: RoundResult[] = [];
  const run: ChaosRun = { ...describeRun(options.mutation), results, notRun };
  const cluster = await Cluster.start((line) => console.log(line));
  try {
    for (let round = 1; round <= Number(options.rounds); round += 1) {
      for (const one of runnable) {
        const result = await runRound(one, cluster, round, {
          seed: Number(options.seed) * 1000 + round * 100 + CASES.indexOf(one),
          events: Number(options.events),
          rate: Number(options.rate),
          ...(options.logs === undefined ? {} : { logs: options.logs }),
          nodeArgs: options.mutation === undefined ? [] : mutationArgs(options.mutation),
          progress: (line) => console.log(line),
        });
        results.push(result);
        printLine(result);
        // After each round: a run that is broken off leaves what it has found.
        if (options.json) writeFileSync(options.json, `${JSON.stringify(run, undefined, 2)}\n`);
      }
    }
  } finally {
    await cluster.close();
  }
  return run;
}

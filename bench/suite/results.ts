/** Where the results go: every round's raw numbers as JSON, a chart, and, when asked for, docs/performance.md. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { projectRoot } from '../../dev/stack/place.js';
import { FatalError } from '../../common/errors.js';
import { chart } from './chart.js';
import type { Contender } from './contenders.js';
import type { Machine } from './machine.js';
import type { BenchOptions } from './options.js';
import type { RoundResult } from './round.js';
import { summarize } from './summary.js';
import { table } from './table.js';

export interface Results {
  /** ISO 8601. */
  readonly startedAt: string;
  readonly machine: Machine;
  /** Of ours, the peers, broker and registry. */
  readonly versions: Readonly<Record<string, string>>;
  readonly options: BenchOptions;
  readonly contenders: readonly Contender[];
  /** In the order in which they were run. */
  readonly rounds: readonly RoundResult[];
}

const FOLDER = join(projectRoot(), 'bench', 'results');
const PAGE = join(projectRoot(), 'docs', 'performance.md');
const PICTURE = join(projectRoot(), 'docs', 'performance.svg');
/** What stands between them is written by `npm run bench -- --publish`. */
const MARKS = ['<!-- results -->', '<!-- end of results -->'] as const;

/** Written anew after each round: a run that is broken off leaves what it has found. Returns the file. */
export function writeResults(results: Results): string {
  const file = fileOf(results, 'json');
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(file, `${JSON.stringify(results, undefined, 1)}\n`);
  return file;
}

/** One of the largest input. Returns the file. */
export function writeChart(results: Results): string {
  const file = fileOf(results, 'svg');
  writeFileSync(file, chartOf(results));
  return file;
}

/** A heading and a table for each size of the input. */
export function tables({ options, contenders, rounds }: Pick<Results, 'options' | 'contenders' | 'rounds'>): string {
  return options.records
    .map((records) => `${records.toLocaleString('en')} events:\n\n${table(rowsOf(records, contenders, rounds))}`)
    .join('\n\n');
}

/** Makes these the results of docs/performance.md. @throws FatalError when the page has no place for them. */
export async function publish(results: Results): Promise<void> {
  const page = readFileSync(PAGE, 'utf8');
  const [begin, end] = MARKS.map((mark) => page.indexOf(mark));
  if (begin === undefined || end === undefined || begin < 0 || end < begin)
    throw new FatalError(`${PAGE} lacks ${MARKS.join(' or ')}: there is no place for the results.`);
  const { machine, versions, startedAt, options } = results;
  const about =
    `Measured ${startedAt.slice(0, 10)} at commit \`${machine.commit}\`, ${options.rounds.join(' and ')} rounds, seed ${options.seed}: ${machine.cpu}, ` +
    `${machine.cores} cores, ${Math.round(machine.memoryMb / 1024)} GB, Linux ${machine.kernel}; Node ${machine.node}, ${machine.java}, ` +
    `${machine.python}; ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}. Load average before: ${machine.loadBefore.toFixed(1)}.`;
  const block = [MARKS[0], about, tables(results), '![The table as a chart](performance.svg)', ''].join('\n\n');
  const style = { ...(await resolveConfig(PAGE)), filepath: PAGE };
  writeFileSync(PAGE, await format(page.slice(0, begin) + block + page.slice(end), style));
  writeFileSync(PICTURE, chartOf(results));
}

function chartOf({ options, contenders, rounds }: Results): string {
  return chart(rowsOf(Math.max(...options.records), contenders, rounds));
}

/** Of those who took part at this size. */
function rowsOf(records: number, contenders: readonly Contender[], rounds: readonly RoundResult[]) {
  const ofSize = rounds.filter(({ size }) => size === records);
  const tookPart = ({ id }: Contender): boolean => ofSize.some(({ contender }) => contender === id);
  return summarize(contenders.filter(tookPart), ofSize);
}

/** Named by the time of its start; those of a quick run are ignored by git. */
function fileOf({ startedAt, options }: Results, ending: string): string {
  const stamp = startedAt.slice(0, 19).replaceAll(':', '');
  return join(FOLDER, `${stamp}${options.isQuick ? '-quick' : ''}.${ending}`);
}

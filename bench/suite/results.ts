/** Where the results go: every round's raw numbers as JSON, and a chart. docs/performance.md is printed from such files. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../common/project-root.js';
import { chart } from './chart.js';
import type { Contender } from './contenders.js';
import type { Machine } from './machine.js';
import type { BenchOptions } from './options.js';
import type { RoundResult } from './round.js';
import { summarize, type Row } from './summary.js';
import { table } from './table.js';

export interface Results {
  /** ISO 8601. */
  readonly startedAt: string;
  readonly machine: Machine;
  /** The versions of ours, the peers, broker and registry. */
  readonly versions: Readonly<Record<string, string>>;
  readonly options: BenchOptions;
  readonly contenders: readonly Contender[];
  /** In the order in which they were run. */
  readonly rounds: readonly RoundResult[];
}

const FOLDER = join(projectRoot(), 'bench', 'results');

/** Written again after each round: a run that is broken off leaves what it has found. Returns the file. */
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

function chartOf({ options, contenders, rounds }: Results): string {
  return chart(rowsOf(Math.max(...options.records), contenders, rounds));
}

/** The rows of those who took part at this size. */
export function rowsOf(
  records: number,
  contenders: readonly Contender[],
  rounds: readonly RoundResult[],
): readonly Row[] {
  const ofSize = rounds.filter(({ size }) => size === records);
  const tookPart = ({ id }: Contender): boolean => ofSize.some(({ contender }) => contender === id);
  return summarize(contenders.filter(tookPart), ofSize);
}

/** Named by the time of its start; those of a quick run are ignored by git. */
function fileOf({ startedAt, options }: Results, ending: string): string {
  const stamp = startedAt.slice(0, 19).replaceAll(':', '');
  return join(FOLDER, `${stamp}${options.isQuick ? '-quick' : ''}.${ending}`);
}

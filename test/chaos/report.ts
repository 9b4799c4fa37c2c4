/** Results for people: a line a round, a table, a page. */
import { capital } from '../capital.js';
import { CASES } from './cases/index.js';
import type { ChaosRun } from './chaos-run.js';
import { MUTATIONS } from './mutations.js';
import type { RoundResult } from './suite.js';
import { COLUMNS } from './verdict.js';

const HEADINGS: Readonly<Record<(typeof COLUMNS)[number], string>> = {
  lost: 'lost',
  duplicated: 'doubled',
  torn: 'torn',
  aborted: 'aborted read',
  disordered: 'disordered',
  deadLetters: 'dead letters',
  offsets: 'offsets',
  store: 'store',
  unseen: 'not shown',
};

export function printLine(result: RoundResult): void {
  const { case: id, name, round, seed, outcome, verdict, effects, errors, seconds } = result;
  const pause = verdict ? `, longest pause ${(verdict.longestPauseMs / 1000).toFixed(1)} s` : '';
  console.log(
    `${outcome.toUpperCase()} ${id} ${name}, round ${round} (seed ${seed}): ${effects.length} effects${pause}, ${seconds} s ${wrongOf(result).join(', ')}`,
  );
  if (outcome === 'passed') return;
  for (const line of [...(verdict?.faults ?? []), ...errors]) console.log(`    ${line.replaceAll('\n', '\n    ')}`);
}

/** A row a case: sums over its rounds, and the range of the longest pauses. */
export function table(results: readonly RoundResult[]): string {
  const head = [
    'case',
    'fault',
    'rounds',
    'events',
    ...COLUMNS.map((column) => HEADINGS[column]),
    'longest pause, s',
    'bound, s',
    'verdict',
  ];
  const rows = CASES.flatMap(({ id, name, resumeWithinMs }) => {
    const rounds = results.filter((result) => result.case === id);
    return rounds.length === 0 ? [] : [[id, name, ...summary(rounds, resumeWithinMs)]];
  });
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function summary(rounds: readonly RoundResult[], resumeWithinMs: number | undefined): string[] {
  const pauses = rounds.flatMap(({ verdict }) => (verdict ? [verdict.longestPauseMs / 1000] : []));
  const range = pauses.length === 0 ? '-' : `${Math.min(...pauses).toFixed(1)} - ${Math.max(...pauses).toFixed(1)}`;
  const outcomes = new Set(rounds.map(({ outcome }) => outcome));
  const shown = rounds.reduce((sum, { verdict }) => sum + (verdict?.shown ?? 0), 0);
  const sums = COLUMNS.map((column) => {
    const wrong = rounds.reduce((sum, { verdict }) => sum + (verdict?.[column] ?? 0), 0);
    if (column !== 'unseen') return String(wrong);
    return shown === 0 ? '-' : `${wrong} of ${shown}`;
  });
  const verdict = (['failed', 'invalid', 'slow', 'passed'] as const).find((outcome) => outcomes.has(outcome))!;
  return [
    String(rounds.length),
    String(rounds.reduce((sum, { events }) => sum + events, 0)),
    ...sums,
    range,
    resumeWithinMs ? String(resumeWithinMs / 1000) : '-',
    verdict,
  ];
}

/** The page: runs of the code as it is, and what became of the defects that other runs put in on purpose. `remark`: a paragraph of whoever ran them. */
export function markdown(runs: readonly ChaosRun[], remark: string | undefined): string {
  const proper = runs.filter(({ mutation }) => mutation === undefined);
  const results = proper.flatMap((run) => run.results);
  const isIn = (id: string): boolean => results.some((result) => result.case === id);
  const notRun = new Map(proper.flatMap((run) => run.notRun).map((one) => [one.id, one]));
  const left = CASES.filter(({ id }) => !isIn(id) && !notRun.has(id));
  return [
    '# Chaos report',
    '',
    'Made by `npm run chaos`; three brokers, replication 3, min ISR 2:',
    '',
    ...madeWith(runs),
    '',
    'Columns count what is wrong, over all rounds of a case; 0 is right.',
    '[docs/testing.md](testing.md) says how a round goes and what each column means.',
    ...(remark === undefined ? [] : ['', remark]),
    '',
    table(results),
    '',
    ...[...notRun.values()].map(({ id, name, why }) => `Not run: **${id} ${name}**: ${why}.`),
    ...(left.length > 0 ? ['', `Not in this run: ${left.map(({ id, name }) => `${id} ${name}`).join(', ')}.`] : []),
    '',
    '## What was broken',
    '',
    ...CASES.filter(({ id }) => isIn(id)).map(
      ({ id, name, fault }) => `- **${id} ${name}.**\n  ${capital(fault).replaceAll('; ', ';\n  ')}.`,
    ),
    '',
    '## Rounds',
    '',
    ...results.map(roundItem),
    '',
    ...defects(runs.filter(({ mutation }) => mutation !== undefined)),
  ].join('\n');
}

function madeWith(runs: readonly ChaosRun[]): string[] {
  const machines = runs.map(
    ({ day, commit, node, kafka, registry, cores }) =>
      `- ${day}, ${commit ? `commit ${commit}` : 'of no checkout'}: Node ${node}, Kafka ${kafka}, Apicurio ${registry}, ${cores} cores for everything.`,
  );
  return [...new Set(machines)];
}

function roundItem({ case: id, round, seed, events, outcome, seconds, verdict, effects }: RoundResult): string {
  const pause = verdict ? `longest pause ${(verdict.longestPauseMs / 1000).toFixed(1)} s` : 'no pause was measured';
  const head = `- **${id}, round ${round}**, seed ${seed}: ${outcome}; ${events} events, ${seconds} s, ${pause}, ${effects.length} effects:`;
  return [head, ...effects.slice(0, 3).map((effect) => `  - ${effect}`)].join('\n');
}

function defects(runs: readonly ChaosRun[]): string[] {
  if (runs.length === 0) return [];
  const rows = runs.flatMap(({ mutation, results }) =>
    results.map((result) => {
      const { defect } = MUTATIONS[mutation!]!;
      return `| ${[mutation, defect, result.case, result.seed, result.outcome, sawOf(result)].join(' | ')} |`;
    }),
  );
  return [
    '## Defects put in on purpose',
    '',
    'Each was put into the built workers by `--mutation`, and the same suite was run: it has to fail.',
    '',
    '| defect | what the code does then | case | seed | verdict | what was seen |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ];
}

/** The columns that are not 0. */
function wrongOf({ verdict }: RoundResult): string[] {
  return COLUMNS.filter((column) => verdict && verdict[column] > 0).map(
    (column) => `${HEADINGS[column]} ${verdict![column]}`,
  );
}

/** What is wrong, and otherwise what broke the round off. */
function sawOf(result: RoundResult): string {
  return wrongOf(result).join(', ') || (result.errors[0]?.split('\n')[0] ?? 'nothing');
}

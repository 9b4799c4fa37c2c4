/** Results for people: a line a round, a table, a page. */
import { cpus } from 'node:os';
import type { NotRun } from './case.js';
import { CASES } from './cases/index.js';
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
};

export function printLine({
  case: id,
  name,
  round,
  seed,
  outcome,
  verdict,
  effects,
  errors,
  seconds,
}: RoundResult): void {
  const wrong = verdict
    ? COLUMNS.filter((column) => verdict[column] > 0).map((column) => `${HEADINGS[column]} ${verdict[column]}`)
    : [];
  const pause = verdict ? `, longest pause ${(verdict.longestPauseMs / 1000).toFixed(1)} s` : '';
  console.log(
    `${outcome.toUpperCase()} ${id} ${name}, round ${round} (seed ${seed}): ${effects.length} effects${pause}, ${seconds} s ${wrong.join(', ')}`,
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
    const of = results.filter((result) => result.case === id);
    return of.length === 0 ? [] : [[id, name, ...summary(of, resumeWithinMs)]];
  });
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function summary(of: readonly RoundResult[], resumeWithinMs: number | undefined): string[] {
  const pauses = of.flatMap(({ verdict }) => (verdict ? [verdict.longestPauseMs / 1000] : []));
  const range = pauses.length === 0 ? '-' : `${Math.min(...pauses).toFixed(1)} - ${Math.max(...pauses).toFixed(1)}`;
  const outcomes = new Set(of.map(({ outcome }) => outcome));
  const sums = COLUMNS.map((column) => String(of.reduce((sum, { verdict }) => sum + (verdict?.[column] ?? 0), 0)));
  const verdict = (['failed', 'invalid', 'slow', 'passed'] as const).find((outcome) => outcomes.has(outcome))!;
  return [
    String(of.length),
    String(of.reduce((sum, { events }) => sum + events, 0)),
    ...sums,
    range,
    resumeWithinMs ? String(resumeWithinMs / 1000) : '-',
    verdict,
  ];
}

export function markdown(results: readonly RoundResult[], notRun: readonly NotRun[]): string {
  const faults = CASES.filter(({ id }) => results.some((result) => result.case === id)).map(
    ({ id, name, fault }) => `- **${id} ${name}**: ${fault}.`,
  );
  const left = CASES.filter(
    ({ id }) => ![...results.map((result) => result.case), ...notRun.map((one) => one.id)].includes(id),
  ).map(({ id, name }) => `${id} ${name}`);
  const rounds = results.map(
    ({ case: id, round, seed, outcome, seconds, effects }) =>
      `| ${id} | ${round} | ${seed} | ${outcome} | ${seconds} | ${effects.length}: ${effects.slice(0, 3).join('; ')} |`,
  );
  return [
    '# Chaos report',
    '',
    `Made by \`npm run chaos\`, Node ${process.version}, Kafka 4.3.0 (three brokers, replication 3, min ISR 2), ${cpus().length} cores for everything. Columns count what is wrong, over all rounds of a case; 0 is right.`,
    '[docs/testing.md](testing.md) says how a round goes and what each column means.',
    '',
    table(results),
    '',
    ...notRun.map(({ id, name, why }) => `Not run: **${id} ${name}**: ${why}.`),
    ...(left.length > 0 ? ['', `Not in this run: ${left.join(', ')}.`] : []),
    '',
    '## What was broken',
    '',
    ...faults,
    '',
    '## Rounds',
    '',
    '| case | round | seed | verdict | s | effects seen |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rounds,
    '',
  ].join('\n');
}

/** The counts of a run for a person to read: what went in by topic, what came out, and what was expected. */
import type { Ledger } from '../simulators/ledger.js';
import type { Output } from '../contract/expected-outputs.js';

const READERS: Readonly<Record<Output, string>> = {
  'in-app': 'gateways',
  'e-mail': 'mailservice',
  push: 'push_service',
  delivered: 'logging_tracker',
  'dead letter': 'operators',
};

const NAME_WIDTH = 28;
const COLUMN_WIDTH = 11;

/** A table of fixed width, below 80 columns. */
export function renderCounts({ sent, expected, seen, confirmed }: Ledger): string[] {
  const lines = [row('IN', 'records', 'events', 'repeats', 'poison', 'skipped')];
  const total = { event: 0, repeat: 0, poison: 0, skipped: 0 };
  for (const [topic, counts] of sent) {
    lines.push(inRow(topic, counts));
    for (const kind of ['event', 'repeat', 'poison', 'skipped'] as const) total[kind] += counts[kind];
  }
  lines.push(inRow('all', total), '', row('OUT', 'expected', 'seen', '', '', ''));
  for (const [output, reader] of Object.entries(READERS) as [Output, string][]) {
    lines.push(row(`${output} (${reader})`, expected[output], seen[output]));
  }
  lines.push(row('confirmed by the page', '', confirmed));
  return lines;
}

/** The same on one line, for a log. */
export function renderLine({ sent, seen, confirmed }: Ledger): string {
  const counts = [...sent.values()];
  const sum = (kind: keyof (typeof counts)[number]): number => counts.reduce((all, count) => all + count[kind], 0);
  const records = sum('event') + sum('repeat') + sum('poison') + sum('skipped');
  return (
    `${records} records in (${sum('repeat')} repeats, ${sum('poison')} poison, ${sum('skipped')} skipped), out: ` +
    `${seen['in-app']} in-app, ${seen['e-mail']} e-mails, ${seen.push} pushes, ${seen.delivered} delivered, ` +
    `${seen['dead letter']} dead letters, ${confirmed} confirmed`
  );
}

function inRow(
  name: string,
  { event, repeat, poison, skipped }: { event: number; repeat: number; poison: number; skipped: number },
): string {
  return row(name, event + repeat + poison + skipped, event, repeat, poison, skipped);
}

function row(name: string, ...cells: readonly (number | string)[]): string {
  return (name.padEnd(NAME_WIDTH) + cells.map((cell) => String(cell).padStart(COLUMN_WIDTH - 1)).join('')).trimEnd();
}

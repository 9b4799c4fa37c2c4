/** Prints docs/security-tests.md: the tries are data, and so is what they measured. */
import { capital } from '../capital.js';
import type { Figures } from './figures.js';
import type { TryGroup } from './try.js';

type Printed = Pick<TryGroup<never>, 'title' | 'against'> & {
  readonly tries: readonly Pick<TryGroup<never>['tries'][number], 'name' | 'holds' | 'before' | 'isShort'>[];
};

const CASES: Readonly<Record<string, string>> = {
  '1': 'larger than the dead letters’ topic takes',
  '2': 'a batch of 100 to 128 MB',
  '3': 'headers of one name',
  '4': 'a batch that cannot be unpacked',
  '5': 'a schema id that is never answered well',
};

const HEAD = `# Security tests

What was tried against the built product, what must hold, and what was seen before it held.
\`npm run test:hostile\` makes every try: real workers, a real Kafka, a real registry, real sockets, clients that are not ours.
\`npm test\` makes those that say so, on one worker.
This page is printed from the tries themselves ([test/hostile/tries](../test/hostile/tries)):
after a change of theirs run \`npx vitest run --project unit test/unit/docs/security-tests.test.ts -u\`.

A try counts work, not seconds, so that a busy machine fails none of them:

- **Records of others.**
  While a partition is attacked, records of each other partition are sent one after another, each when the one before it was committed.
  Ten of each must be.
- **Turns of the loop.**
  Each worker is watched from inside: the most CPU time that its thread spent between two turns of its event loop.
- **Bytes held.**
  The most memory that it took beside what it had before, by the kernel's count.
- **What came out.**
  Dead letters and notifications are read by the Java client: each record's own, once, and nothing else.
  A dead letter is the original byte for byte, or says that it was cut, to a prefix, with the size and the hash of the whole.

Mutated bytes of every kind of input have a program of their own; the commands are in [testing.md](testing.md).
`;

export function printPage(groups: readonly Printed[], figures: readonly Figures[]): string {
  return [HEAD, printFigures(figures), '## Tries\n', ...groups.map(printGroup)].join('\n');
}

function printGroup({ title, against, tries }: Printed): string {
  return [`### ${capital(title)}`, '', `Against ${against}.`, '', ...tries.map(printTry), ''].join('\n');
}

function printTry({ name, holds, before = 'held', isShort }: Printed['tries'][number]): string {
  return [
    `- **${capital(name)}.**`,
    `Must hold: ${holds}.`,
    `Before: ${before}.`,
    ...(isShort ? ['In `npm test`.'] : []),
  ].join('\n  ');
}

function printFigures(figures: readonly Figures[]): string {
  const shown = figures.filter(({ shows }) => shows !== undefined);
  const rows = shown.map(({ shows, name, othersMs, nextMs, holdMs, grewMb }) => [
    CASES[shows!]!,
    name,
    `${othersMs} ms`,
    `${nextMs} ms`,
    `${holdMs} ms`,
    `${grewMb} MB`,
  ]);
  const head = ['case', 'sent to one partition', 'others', 'next', 'turn', 'memory'];
  return `## Three workers on three partitions

Measured once, three workers on a machine with two cores that also ran Kafka, the registry and the readers.
No worker ended, each dead letter said what it was.

- \`others\`: the longest that a record of another partition took from its acknowledgement to a reader of committed records.
- \`next\`: the same of the record behind the attack, on its own partition.
- \`turn\`: the most CPU time between two turns of any worker's loop.
- \`memory\`: the most that a worker took beside what it had.

${table(head, rows)}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''].join('\n');
}

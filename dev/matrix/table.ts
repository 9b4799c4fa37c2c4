/** The table of docs/compatibility.md: a row a pair, in the order of pairs.ts. */
import { PAIRS, type Pair } from './pairs.js';

export interface Result {
  readonly pair: Pair;
  readonly passed: number;
  readonly failed: number;
  /** ISO date of the run. */
  readonly day: string;
}

const NOT_RUN = 'not run';
const HEAD = ['|     | Node | Kafka | Apicurio | roles | tests | on |', '| --- | --- | --- | --- | --- | --- | --- |'];

/** The page with this result in its row; rows of pairs that there are no more go, other rows stay. */
export function withResult(page: string, { pair, passed, failed, day }: Result): string {
  const said = failed === 0 ? `${passed} passed` : `${passed} passed, ${failed} failed`;
  return withTable(page, (one) => (rowKey(one) === rowKey(pair) ? [said, day] : undefined));
}

/** The page with a row for each pair there is, results kept. */
export function withPairs(page: string): string {
  return withTable(page, () => undefined);
}

function withTable(page: string, found: (pair: Pair) => readonly [tests: string, day: string] | undefined): string {
  const lines = page.split('\n');
  const first = lines.findIndex((line) => line.startsWith('|'));
  if (first < 0) throw new Error('docs/compatibility.md has no table');
  const rows = lines.slice(first).findIndex((line) => !line.startsWith('|'));
  const old = new Map(lines.slice(first + 2, first + rows).map((line) => [oldKey(line), cellsOf(line).slice(5)]));
  const table = PAIRS.map((pair, index) => {
    const [tests, day] = found(pair) ?? old.get(rowKey(pair)) ?? [NOT_RUN, ''];
    return `| ${[index + 1, pair.node, pair.kafka, pair.registry, pair.roles, tests, day].join(' | ')} |`;
  });
  return [...lines.slice(0, first), ...HEAD, ...table, ...lines.slice(first + rows)].join('\n');
}

function rowKey({ node, kafka, registry, roles }: Pair): string {
  return [node, kafka, registry, roles].join(' ');
}

function oldKey(line: string): string {
  return cellsOf(line).slice(1, 5).join(' ');
}

function cellsOf(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

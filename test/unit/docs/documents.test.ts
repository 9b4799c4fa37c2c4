/** The documents name what there is: options, metrics, dead-letter reasons, and files that exist. */
import { DEAD_LETTER_REASONS } from '../../../common/label-values.js';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OPTION_NAMES } from '../../../topology/worker/options.js';
import { METRICS } from '../../../common/metrics.js';
import { PARTS } from '../../../common/readiness.js';
import { TARGETS } from '../../fuzz/targets/index.js';

const root = resolve(import.meta.dirname, '../../..');
/** Runs of blanks, with which prettier aligns tables, count as one. */
const read = (path: string): string => readFileSync(join(root, path), 'utf8').replace(/ +/g, ' ');

/** The first cells of a table's rows that hold names in backticks. */
function namesInTable(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const cell = /^\| (`[^|]*) \|/.exec(line)?.[1];
    return cell === undefined ? [] : [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1]!);
  });
}

const labelsOf = (labels: readonly string[] | object): readonly string[] =>
  Array.isArray(labels) ? (labels as readonly string[]) : Object.keys(labels);

describe('the documents', () => {
  it("list every option in the README's configuration table, and no other", () => {
    const section = /## Configuration\n([\s\S]*?)\n## /.exec(read('README.md'))![1]!;
    expect(namesInTable(section).sort()).toEqual([...OPTION_NAMES].sort());
  });

  it('list every metric in docs/operations.md with its labels, and no other', () => {
    const section = /## Metrics\n([\s\S]*?)\n## /.exec(read('docs/operations.md'))![1]!;
    expect(namesInTable(section)).toEqual(Object.keys(METRICS));
    for (const [name, definition] of Object.entries(METRICS)) {
      const labels = 'labels' in definition ? labelsOf(definition.labels).join(', ') : '';
      expect(section).toContain(`| \`${name}\` | ${definition.kind} | ${labels} |`.replace(/ +/g, ' '));
    }
  });

  it('list every part of readiness and every dead-letter reason', () => {
    const readiness = /## Readiness\n([\s\S]*?)\n## /.exec(read('docs/operations.md'))![1]!;
    expect(namesInTable(readiness).sort()).toEqual([...PARTS].sort());
    const deadLetters = /## Dead letters\n([\s\S]*)/.exec(read('docs/contract.md'))![1]!;
    expect(namesInTable(deadLetters).filter((name) => !name.startsWith('dlq.'))).toEqual([...DEAD_LETTER_REASONS]);
  });

  it('name a test that there is in every line of docs/security.md, and every target of the fuzzer', () => {
    const page = read('docs/security.md');
    const lines = page.split('\n').filter((line) => line.startsWith('| ') && !/^\| (it tries|-)/.test(line));
    expect(lines.length).toBeGreaterThan(25);
    // Links are checked below; what they lead to must be a test, the fuzzer's, or the page of packages.
    const unproved = lines.filter(
      (line) => !/\]\((\.\.\/test\/(unit|contract|model|integration|fuzz)\/|third-party)/.test(line),
    );
    expect(unproved).toEqual([]);
    for (const { name } of TARGETS) expect(page).toContain(`../test/fuzz/targets/${name}.ts`);
  });

  it.each(
    ['README.md', 'CONTRIBUTING.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)].filter((path) =>
      path.endsWith('.md'),
    ),
  )('link only to files that exist: %s', (path) => {
    const targets = [...read(path).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map((match) => match[1]!);
    const missing = targets.filter((target) => !existsSync(resolve(root, dirname(path), target)));
    expect(missing).toEqual([]);
  });
});

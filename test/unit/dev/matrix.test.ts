import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { projectRoot } from '../../../common/project-root.js';
import { PAIRS, testsOf } from '../../../dev/matrix/pairs.js';
import { withPairs, withResult } from '../../../dev/matrix/table.js';

const page = readFileSync(join(projectRoot(), 'docs/compatibility.md'), 'utf8');
const cellsOf = (line: string): string[] => line.split('|').map((cell) => cell.trim());
const rowsOf = (text: string): string[][] => {
  const rows = text.split('\n').filter((line) => /^\| +\d/.test(line));
  return rows.map((row) => cellsOf(row).slice(1, -1));
};

it('has a row of docs/compatibility.md for each pair, with a result', () => {
  expect(rowsOf(page)).toEqual(rowsOf(withPairs(page)));
  expect(rowsOf(page).map(([, ...cells]) => cells.slice(4))).toEqual(
    PAIRS.map((): unknown[] => [expect.stringMatching(/^\d+ passed$/), expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/)]),
  );
});

it('runs tests that there are', () => {
  const files = PAIRS.flatMap(testsOf).map((name) => join(projectRoot(), `test/integration/${name}.test.ts`));
  expect(files.filter((file) => !existsSync(file))).toEqual([]);
});

it('writes a result into its row, and leaves the others', () => {
  const written = withResult(page, { pair: PAIRS[1]!, passed: 7, failed: 1, day: '2030-01-01' });
  const [first, second] = rowsOf(written);
  expect(first).toEqual(rowsOf(page)[0]);
  expect(second?.slice(5)).toEqual(['7 passed, 1 failed', '2030-01-01']);
});

import { expect, it } from 'vitest';
import { Table } from '../../../../bin/dlq/table.js';
import { ageText, bytesText, timeText } from '../../../../bin/dlq/units.js';
import { counted } from '../../../../bin/print.js';

function table(rows: readonly (readonly string[])[]): string[] {
  const lines: string[] = [];
  const out = new Table(['PLACE', 'N', 'MESSAGE'], [1], (line) => lines.push(line));
  for (const row of rows) out.add(row);
  out.end();
  return lines;
}

it('a table is as wide as its rows, and ends where the terminal does', () => {
  expect(
    table([
      ['0:1', '7', 'short'],
      ['12:345', '10', 'x'.repeat(200)],
    ]),
  ).toEqual(['PLACE    N  MESSAGE', '0:1      7  short', `12:345  10  ${'x'.repeat(87)}…`]);
});

it('a cell that somebody made huge neither fills the screen nor widens the other rows', () => {
  const [header, short, forged] = table([
    ['0:1', '7', 'short'],
    ['x'.repeat(1_000_000), '10', 'y'.repeat(1_000_000)],
  ]);
  expect([header, short].map((line) => line!.length < 100)).toEqual([true, true]);
  expect(forged!.length).toBeLessThan(400);
});

it('a table without rows is nothing', () => {
  expect(table([])).toEqual([]);
});

it('a table is written while it grows', () => {
  const lines: string[] = [];
  const out = new Table(['A', 'B'], [], (line) => lines.push(line));
  for (let index = 0; index < 1000; index += 1) out.add([String(index), 'b']);
  expect(lines).toHaveLength(1001);
  out.end();
  expect(lines).toHaveLength(1001);
  expect(lines.at(-1)).toBe('999  b');
});

it.each([
  [0, '0s'],
  [-5, '0s'],
  [59_999, '59s'],
  [60_000, '1m'],
  [3_725_000, '1h2m'],
  [90_000_000, '1d1h'],
])('%i ms are %s', (ms, text) => {
  expect(ageText(ms)).toBe(text);
});

it('says sizes, times and counts', () => {
  expect([5, 2048, 3_500_000].map(bytesText)).toEqual(['5 B', '2.0 KB', '3.3 MB']);
  expect([-1, 0, 9e15].map(timeText)).toEqual(['none', '1970-01-01T00:00:00.000Z', '9000000000000000 ms']);
  expect([counted(1, 'record'), counted(1234, 'record')]).toEqual(['1 record', '1,234 records']);
});

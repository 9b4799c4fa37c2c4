/** The documents can be read, and read as a difference: one sentence a line, no wide lines, no wide cells. */
import { describe, expect, it } from 'vitest';
import { DOCUMENTS, linesOf } from './markdown.js';

const COLUMNS = 140;
const CELL = 120;

/** Neither code nor what links lead to is a sentence; one in brackets belongs to that around it. */
const plain = (text: string): string =>
  text
    .replace(/^\s*(-|\d+\.) /, '')
    .replace(/`[^`]*`/g, 'x')
    .replace(/\]\([^)]*\)/g, ']')
    .replace(/\([^)]*\)/g, '()');

const cellsOf = (row: string): string[] =>
  row
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());

describe.each(DOCUMENTS)('%s', (path) => {
  const lines = linesOf(path);

  it(`has no line over ${COLUMNS} columns, beside tables`, () => {
    expect(lines.filter(({ kind, text }) => kind !== 'row' && text.length > COLUMNS)).toEqual([]);
  });

  it(`has no cell of a table over ${CELL} characters`, () => {
    const cells = lines.filter(({ kind }) => kind === 'row').flatMap(({ text }) => cellsOf(text));
    expect(cells.filter((cell) => cell.length > CELL)).toEqual([]);
  });

  it('has one sentence a line', () => {
    const texts = lines.filter(({ kind }) => kind === 'text');
    expect(texts.filter(({ text }) => /[\p{L}\p{N})\]][.!?](\*\*)? +(\*\*)?[\p{Lu}[]/u.test(plain(text)))).toEqual([]);
  });
});

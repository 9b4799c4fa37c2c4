/** How commands print: lines and tables for a person, an object a line for a machine. */
import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** To standard output, a line each. */
export function say(lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}

/** To standard output, an object a line; int64 as text. */
export function sayJson(objects: readonly object[]): void {
  const asText = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);
  say(objects.map((object) => JSON.stringify(object, asText)));
}

/** Progress and advice, to standard error. */
export function advise(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** In colour on a terminal, unless NO_COLOR is set. */
export function styled(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

/** Broken at blanks; a word that is longer stays whole, so that it can be copied. `hang`: before each line except the first. */
export function wrapped(text: string, width: number, hang: string): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1)!;
    if (last === '' || last === hang) lines[lines.length - 1] = last + word;
    else if (last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(hang + word);
  }
  return lines;
}

/** `1 dead letter`, `1,234 dead letters`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

/** Rows as columns of one width, without blanks at the end; the first row is the heading. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  return lines.map((line, row) => (row === 0 ? styled('bold', line) : line));
}

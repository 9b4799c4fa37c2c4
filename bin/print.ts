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

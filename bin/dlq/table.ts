/** A table that is written while it is read: its columns are as wide as its first rows want. */

import { shortened } from './printable.js';

/** Where the terminal does not say how wide it is. */
const COLUMNS = 100;
/** What is left of the last column however narrow the terminal is. */
const LEAST = 20;
/** A cell that is longer is cut: the name of a topic, a partition and an offset have place in it. */
const MOST_CELL = 300;
/** A column that wants more is as wide as this, and its longer cells are wider than it. */
const MOST_WIDTH = 60;
/** Rows that are kept back to measure them. */
const MEASURED = 200;

/** How wide the terminal is. */
export function columnsOfTerminal(): number {
  return process.stdout.columns || COLUMNS;
}

export class Table {
  readonly #write: (line: string) => void;
  readonly #right: ReadonlySet<number>;
  #waiting: string[][];
  #widths: number[] | undefined;

  /** `right`: columns of numbers. The last column is cut where the terminal ends. */
  constructor(header: readonly string[], right: readonly number[], write: (line: string) => void) {
    this.#write = write;
    this.#right = new Set(right);
    this.#waiting = [[...header]];
  }

  add(cells: readonly string[]): void {
    const row = cells.map((cell) => shortened(cell, MOST_CELL));
    if (this.#widths !== undefined) {
      this.#write(this.#line(row, this.#widths));
      return;
    }
    this.#waiting.push(row);
    if (this.#waiting.length > MEASURED) this.end();
  }

  /** Writes what is kept back. A table without a row is not written at all. */
  end(): void {
    const [header] = this.#waiting;
    if (this.#widths !== undefined || header === undefined || this.#waiting.length === 1) return;
    const widths = header.map((_, column) =>
      Math.min(MOST_WIDTH, Math.max(...this.#waiting.map((row) => row[column]!.length))),
    );
    this.#widths = widths;
    for (const row of this.#waiting) this.#write(this.#line(row, widths));
    this.#waiting = [];
  }

  #line(row: readonly string[], widths: readonly number[]): string {
    const cells = row.map((cell, column) =>
      this.#right.has(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
    );
    const before = cells.slice(0, -1).join('  ');
    const left = columnsOfTerminal() - before.length - 2;
    return `${before}  ${shortened(row.at(-1)!, Math.max(LEAST, left))}`.trimEnd();
  }
}

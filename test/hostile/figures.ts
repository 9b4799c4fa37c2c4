/** What the tries measure, for the page: written to the file that HOSTILE_FIGURES names, when it names one. */
import { writeFileSync } from 'node:fs';

export interface Figures {
  /** The case of docs/security-tests.md that it shows. */
  readonly shows: string | undefined;
  readonly name: string;
  readonly workers: number;
  /** From the attack's acknowledgement to the next record of its partition, committed. */
  readonly nextMs: number;
  /** The longest that a record of another partition took. */
  readonly othersMs: number;
  /** The most CPU time between two turns of any worker's loop. */
  readonly holdMs: number;
  readonly grewMb: number;
}

const all: Figures[] = [];

export function addFigures(figures: Figures): void {
  all.push(figures);
  const file = process.env['HOSTILE_FIGURES'];
  if (file !== undefined) writeFileSync(file, `${JSON.stringify(all, undefined, 2)}\n`);
}

/** What doctor is made of: a check asks, and judges what it found. To judge is a pure function. */
import type { Examined } from './examined.js';

export type Mark = 'ok' | 'warning' | 'fault';

export interface Finding {
  readonly mark: Mark;
  readonly found: string;
  readonly expected?: string;
  /** With the command to type, where there is one. */
  readonly toDo?: string;
}

export interface Check {
  readonly name: string;
  /** What it asks of whom, for the page. */
  readonly asks: string;
  /** The others of its group ask the same one: when there is no answer, this one alone is at fault. */
  readonly isFirst?: true;
  readonly run: (examined: Examined) => Promise<readonly Finding[]>;
}

/** `find` only reads; `judge` decides by what was found, and by the configuration. */
export function check<Found>(
  about: Omit<Check, 'run'>,
  find: (examined: Examined) => Promise<Found> | Found,
  judge: (found: Found, examined: Examined) => readonly Finding[],
): Check {
  return { ...about, run: async (examined) => judge(await find(examined), examined) };
}

export function ok(found: string): Finding {
  return { mark: 'ok', found };
}

export function warning(found: string, expected: string, toDo: string): Finding {
  return { mark: 'warning', found, expected, toDo };
}

export function fault(found: string, expected: string, toDo: string): Finding {
  return { mark: 'fault', found, expected, toDo };
}

/** What hangs on something that is wrong by itself, and is said there. */
export function unknown(why: string): Finding {
  return warning(`not known: ${why}`, 'an answer', 'mend what is wrong above, and ask again');
}

/** Those that there are, else that all is well. */
export function orOk(findings: readonly Finding[], found: string): readonly Finding[] {
  return findings.length > 0 ? findings : [ok(found)];
}

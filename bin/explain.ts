/** What a command's --help says behind its flags, and docs/commands.md with it: what --json prints, how it exits. */
import type { Command } from 'commander';
import { wrapped } from './print.js';

export interface Explanation {
  /** Sentences of their own. */
  readonly says?: readonly string[];
  /** The members of what --json prints, by what it prints. */
  readonly json?: Readonly<Record<string, string>>;
  /** Exit codes beside those of every command, or when these mean more. */
  readonly exits?: Readonly<Record<number, string>>;
}

const COLUMNS = 96;

/** Adds it to the command's help. */
export function explain(command: Command, { says = [], json = {}, exits = {} }: Explanation): Command {
  const lines = [
    ...says,
    ...Object.entries(json).map(([what, members]) => `--json prints ${what}: ${members}.`),
    ...Object.entries(exits).map(([code, when]) => `Exit code ${code} when ${when}.`),
  ];
  return command.addHelpText('after', ['', ...lines.flatMap((line) => wrapped(line, COLUMNS, '  '))].join('\n'));
}

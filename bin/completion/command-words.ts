/** What may be typed behind each command, from the tree of commands. */
import type { Command } from 'commander';

interface Word {
  readonly word: string;
  readonly description: string;
}

export interface Flag {
  /** `-f` and `--format`, or one of them. */
  readonly names: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  /** Undefined where any value may stand. */
  readonly choices: readonly string[] | undefined;
}

/** A command as it is typed, without the program's name: `schemas check`; the program itself is empty. */
export interface CommandWords {
  readonly path: string;
  readonly words: readonly Word[];
  readonly flags: readonly Flag[];
}

/** Every command; flags of the program are those of each. */
export function commandWords(program: Command): readonly CommandWords[] {
  return wordsBelow(program, '', flagsOf(program));
}

function wordsBelow(command: Command, path: string, global: readonly Flag[]): CommandWords[] {
  const commands = command.commands.map((one) => ({ word: one.name(), description: one.description() }));
  const values = command.registeredArguments.flatMap(({ argChoices = [], description }) =>
    argChoices.map((word) => ({ word, description })),
  );
  const help = path === '' ? [{ word: 'help', description: 'say what a command takes' }] : [];
  const own = path === '' ? [] : flagsOf(command);
  const flags = [
    ...own,
    ...global,
    { names: ['-h', '--help'], description: 'help', takesValue: false, choices: undefined },
  ];
  return [
    { path, words: [...commands, ...values, ...help], flags },
    ...command.commands.flatMap((one) => wordsBelow(one, `${path} ${one.name()}`.trim(), global)),
  ];
}

function flagsOf(command: Command): Flag[] {
  return command.options.map(({ short, long, description, required, optional, argChoices }) => ({
    names: [short, long].filter((name) => name !== undefined),
    description,
    takesValue: required || optional,
    choices: argChoices,
  }));
}

/** Prints the commands for docs/commands.md: each as the program declares it. */
import type { Command } from 'commander';
import { createProgram } from '../../../bin/program.js';

export async function printCommands(): Promise<string> {
  const program = await createProgram();
  const groups = [...new Set(program.commands.map((command) => command.helpGroup()))];
  return groups
    .flatMap((group) => [
      `## ${group.replace(/:$/, '')}`,
      ...program.commands.filter((command) => command.helpGroup() === group).flatMap((command) => printed(command)),
    ])
    .join('\n\n');
}

/** A command that only gathers others is printed as these. */
function printed(command: Command): string[] {
  if (command.commands.length > 0) return command.commands.flatMap((one) => printed(one));
  const name = nameOf(command);
  return [
    `### ${name}`,
    `${capital(inText(command.description()))}.`,
    `\`notification-streams ${name} ${command.usage()}\``.replace(/ +`$/, '`'),
    ...table(command),
    ...explanation(command),
  ];
}

/** Without the program's own. */
function nameOf(command: Command): string {
  const { parent } = command;
  return parent === null || parent.parent === null ? command.name() : `${nameOf(parent)} ${command.name()}`;
}

function table({ registeredArguments, options }: Command): string[] {
  const rows = [
    ...registeredArguments.map((one) => {
      const name = one.required ? `<${one.name()}>` : `[${one.name()}]`;
      return [name, one.description, one.argChoices, one.defaultValue] as const;
    }),
    ...options.map((one) => [one.flags, one.description, one.argChoices, one.defaultValue] as const),
  ].flatMap(([flags, description, choices, value]) => {
    const words = choices?.map((choice) => `\`${choice}\``).join(', ') ?? '';
    const byDefault = value === undefined ? '' : `\`${String(value)}\``;
    const [first = '', ...more] = wrapped(inText(description), CELL);
    return [`| \`${flags}\` | ${first} | ${words} | ${byDefault} |`, ...more.map((line) => `|  | ${line} |  |  |`)];
  });
  return rows.length === 0 ? [] : [['|  |  | one of | default |', '| --- | --- | --- | --- |', ...rows].join('\n')];
}

/** What its help says behind the flags, a line each as an item. */
function explanation(command: Command): string[] {
  let help = '';
  command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
  const after = help.slice(command.helpInformation().length).replaceAll('\n  ', ' ').trim();
  return after === '' ? [] : [after.split('\n').map(item).join('\n')];
}

const CELL = 110;
const LINE = 130;

/** A sentence a line. */
function item(line: string): string {
  const sentences = inText(line).split(/(?<=[\p{L}\p{N})\]`][.!?]) +/u);
  return `- ${sentences.flatMap((sentence) => wrapped(sentence, LINE)).join('\n  ')}`;
}

function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= columns) lines.push(`${lines.pop()!} ${word}`);
    else lines.push(word);
  }
  return lines;
}

/** Flags, names and commands as code. */
function inText(text: string): string {
  return text
    .replace(/(?<![\w`])(--[a-z][\w-]*(?: <[^>]+>)?|[A-Z][A-Z0-9]*_[A-Z0-9_]+|\$fpath|~\/\S+)/g, '`$1`')
    .replaceAll('|', '\\|')
    .replace(/<(?![^`]*`)/g, '\\<');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

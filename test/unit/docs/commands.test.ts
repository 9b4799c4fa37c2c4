/** What the documents tell one to type can be typed: scripts, commands, flags, files and options exist. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../../bin/program.js';
import { FILE_NAMES, OPTION_NAMES } from '../../../topology/worker/options.js';
import { DOCUMENTS, linesOf, root } from './markdown.js';

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
const names = new Set([...OPTION_NAMES, ...FILE_NAMES.map((name) => `${name}_FILE`)]);

/** Lines of code, and code within text. */
const codeIn = (path: string): string[] =>
  linesOf(path).flatMap(({ kind, text }) =>
    kind === 'code' ? [text] : [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1]!),
  );

const flagsIn = (text: string): string[] => [...text.matchAll(/(?<=\s)--[a-z][a-z-]*/g)].map(([flag]) => flag);

/** What is wrong with `npm run …`: no such script, or a flag that the file it runs does not declare. */
function faultOfScript(code: string): string | undefined {
  const [, name, given = ''] = /\bnpm (?:run )?([\w:-]+)(?: -- (.*))?/.exec(code) ?? [];
  if (name === undefined || ['ci', 'install', 'pack'].includes(name)) return undefined;
  if (name === 'demo') return faultOfCommand(`notification-streams demo ${given}`);
  const script = scripts[name];
  if (script === undefined) return `no script ${name}`;
  const [file] = / [\w/-]+\.ts$/.exec(script) ?? [];
  if (file === undefined) return undefined;
  const source = readFileSync(join(root, file.trim()), 'utf8');
  const unknown = flagsIn(` ${given}`).filter((flag) => !new RegExp(`${flag}[ ']|\\b${flag.slice(2)}: {`).test(source));
  return unknown.length === 0 ? undefined : `${name} knows no ${unknown.join(', ')}`;
}

const program = await createProgram();

/** The same of our own command line, however it is started. */
function faultOfCommand(code: string): string | undefined {
  const [, rest] = /(?:^notification-streams|node \$app) (.*)/.exec(code) ?? [];
  if (rest === undefined) return undefined;
  const words = rest.trim().split(/\s+/);
  let command: Command = program;
  const flags = [...command.options];
  for (const word of words) {
    const next = command.commands.find((one) => one.name() === word);
    if (next === undefined) break;
    command = next;
    flags.push(...command.options);
  }
  if (command.parent === null && !words[0]!.startsWith('-')) return `no command ${words[0]!}`;
  const unknown = flagsIn(` ${rest}`).filter((flag) => flag !== '--help' && !flags.some(({ long }) => long === flag));
  return unknown.length === 0 ? undefined : `${command.name()} knows no ${unknown.join(', ')}`;
}

/** Files that node, tsx or vitest is to run. */
const filesIn = (code: string): string[] =>
  [...code.matchAll(/(?:tsx|vitest run|--project \w+|node) ((?:bench|test|dev|bin)\/[\w./-]+)/g)].map(
    (match) => match[1]!,
  );

/** Options that are set in code: NAME=value. */
const optionsIn = (code: string): string[] =>
  [...code.matchAll(/\b([A-Z][A-Z0-9]*_[A-Z0-9_]+|ROLES)=/g)].map((match) => match[1]!);

/** Set for tests, not for workers. */
const OTHERS = new Set(['MODEL_RUNS', 'MODEL_SEED', 'MODEL_PATH', 'OTHER_VERSION', 'MIRROR_JARS', 'HOSTILE_FIGURES']);

describe.each(DOCUMENTS)('%s', (path) => {
  const code = codeIn(path);

  it('names scripts and commands that exist, with flags that they know', () => {
    expect(code.flatMap((one) => faultOfScript(one) ?? [])).toEqual([]);
    expect(code.flatMap((one) => faultOfCommand(one) ?? [])).toEqual([]);
  });

  it('runs files that exist', () => {
    expect(code.flatMap(filesIn).filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });

  it('sets options that exist', () => {
    expect(code.flatMap(optionsIn).filter((name) => !names.has(name) && !OTHERS.has(name))).toEqual([]);
  });
});

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProgram } from '../../../bin/program.js';
import { runCommand, runToEnd } from './run-command.js';

const folder = mkdtempSync(join(tmpdir(), 'streams-completion-'));
const script = join(folder, 'completion');
beforeAll(async () => {
  const { lines } = await runCommand('completion', 'bash');
  writeFileSync(script, `${lines.join('\n')}\n`);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What bash offers for the last of the words, which may be empty. */
function offered(...words: readonly string[]): readonly string[] {
  const program = `source "$1"; shift
COMP_WORDS=(notification-streams "$@"); COMP_CWORD=$#; COMPREPLY=()
complete -p notification-streams >/dev/null && _notification_streams
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const printed = execFileSync('bash', ['--norc', '-c', program, 'bash', script, ...words], { encoding: 'utf8' });
  return printed.split('\n').filter((word) => word !== '');
}

describe('bash', () => {
  it('is offered every command', async () => {
    const commands = (await createProgram()).commands.map((command) => command.name());
    expect(offered('').filter((word) => !word.startsWith('-'))).toEqual([...commands, 'help']);
    expect(offered('tok')).toEqual(['token']);
    expect(offered('schemas', '').slice(0, 4)).toEqual(['register', 'list', 'check', 'diff']);
    expect(offered('completion', '').slice(0, 3)).toEqual(['bash', 'zsh', 'fish']);
  });

  it('is offered the flags of a command, those of every command, and the values of a flag', () => {
    expect(offered('schemas', 'check', '--b')).toEqual(['--baseline']);
    expect(offered('schemas', 'check', '--set', 'A=b', '--j')).toEqual(['--json']);
    expect(offered('tasks', '--con')).toEqual(['--config']);
    expect(offered('config', 'check', '--for', '')).toEqual(['worker', 'stream', 'gateway', 'registry', 'brokers']);
    expect(offered('topology', '-f', 'm')).toEqual(['mermaid']);
  });

  it('completes files where any value may stand', () => {
    expect(offered('--config', '')).toEqual([]);
    expect(offered('schemas', 'check', '--baseline', '')).toEqual([]);
  });
});

it.each([
  ['zsh', '#compdef notification-streams'],
  ['fish', 'complete -c notification-streams -f -n \'__notification_streams_at "schemas"\' -a check -d '],
])('prints a script for %s too', async (shell, line) => {
  const { lines } = await runCommand('completion', shell);
  expect(lines.join('\n')).toContain(line);
});

it('knows no other shell', async () => {
  const { errors, code } = await runToEnd('completion', 'csh');
  expect([errors.at(-1), code]).toEqual(['  - the shell is "csh": expected bash, zsh, fish', 2]);
});

/** What holds for every command: how it is found, what it says of itself, how it ends. */
import type { Command } from 'commander';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { styled } from '../../../bin/print.js';
import { createProgram } from '../../../bin/program.js';
import { projectVersion } from '../../../common/project-root.js';
import { runToEnd } from './run-command.js';

/** The words by which each command is run. */
function paths(command: Command, words: readonly string[] = []): (readonly string[])[] {
  if (command.commands.length === 0) return [words];
  return command.commands.flatMap((one) => paths(one, [...words, one.name()]));
}

const COMMANDS = paths(await createProgram()).map((words) => [words.join(' ')] as const);

afterEach(() => vi.unstubAllEnvs());

describe.each(COMMANDS)('%s', (command) => {
  const run = (...args: readonly string[]) => runToEnd(...command.split(' '), ...args);

  it('says what it does and takes, with the flags of every command, and ends with 0', async () => {
    const { lines, code } = await run('--help');
    expect(lines[0]).toMatch(new RegExp(`^Usage: notification-streams ${command}`));
    expect(lines.join('\n')).toMatch(/Global Options:\n.*--version/);
    expect(code).toBe(0);
  });

  it('ends with 2 for a flag that it does not know', async () => {
    const { errors, lines, code } = await run('--no-such-flag');
    expect(errors.join('\n')).toMatch(/unknown option '--no-such-flag'|required option .* not specified/);
    expect([lines, code]).toEqual([[], 2]);
  });
});

describe('the program', () => {
  it('says its version', async () => {
    expect(await runToEnd('--version')).toEqual({ lines: [projectVersion()], errors: [], code: 0 });
  });

  it('loads the verb that it is given, wherever that stands, and all verbs to say what there are', async () => {
    const verbs = async (...words: string[]) => (await createProgram(words)).commands.map((command) => command.name());
    expect(await verbs('-s', 'LOG_LEVEL=debug', 'worker')).toEqual(['worker']);
    const all = await verbs();
    expect(all.length).toBeGreaterThan(15);
    for (const words of [['--help'], ['help', 'worker'], ['completion', 'bash'], ['wroker']])
      expect(await verbs(...words), words.join(' ')).toEqual(all);
  });

  it('shows its commands by what one wants of them', async () => {
    const { lines } = await runToEnd('--help');
    const groups = lines.filter((line) => /^\S.*:$/.test(line));
    expect(groups.slice(0, 6)).toEqual(['Options:', 'Run:', 'Look:', 'Look after:', 'Try:', 'Develop:']);
  });

  it.each([
    ['wroker', 'Did you mean worker?'],
    ['schemas chekc', 'Did you mean check?'],
    ['tasks --jason', 'Did you mean --json?'],
    ['tasks --confg x', 'Did you mean --config?'],
  ])('names the nearest for %s', async (typed, meant) => {
    const { errors, code } = await runToEnd(...typed.split(' '));
    expect(errors.join('\n')).toContain(meant);
    expect(code).toBe(2);
  });

  it('colours nothing that is not for a terminal, nor when NO_COLOR is set', () => {
    const escape = '\u001b[';
    vi.stubEnv('FORCE_COLOR', undefined);
    expect(styled('red', 'x')).toBe('x');
    vi.stubEnv('FORCE_COLOR', '1');
    expect(styled('red', 'x')).toContain(escape);
    vi.stubEnv('FORCE_COLOR', undefined);
    vi.stubEnv('NO_COLOR', '1');
    expect(styled('red', 'x')).toBe('x');
  });
});

describe('topology', () => {
  it('prints the map of the rules that --set names', async () => {
    const { errors, code } = await runToEnd('topology', '--set', 'RULES_DIR=/nowhere');
    expect([errors.join('\n'), code]).toEqual([expect.stringContaining('/nowhere'), 2]);
    const { lines } = await runToEnd('topology', '--format', 'mermaid');
    expect(lines[0]).toBe('flowchart LR');
  });
});

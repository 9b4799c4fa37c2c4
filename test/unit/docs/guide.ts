/**
 * A guide that is run as it is written. Its blocks of code, in order: `sh` is run in the guide's folder, and what stands in a
 * `text` block behind it is what it must print, `…` for what may be anything; `yaml PATH`, `json PATH` and the like are
 * written to that file; `diff PATH` is changed in it. `sh broker` is run where there is a broker; `console` is there to be read.
 */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, vi } from 'vitest';
import { fail } from '../../../bin/fail.js';
import { createProgram } from '../../../bin/program.js';
import { readDocument, root } from './markdown.js';

/** One block of code of a document. */
export interface Block {
  readonly language: string;
  /** What stands behind the language: a file, or `broker`. */
  readonly info: string;
  readonly text: string;
  /** The line of its fence. */
  readonly line: number;
}

export function blocksOf(path: string): Block[] {
  const page = readDocument(path);
  return [...page.matchAll(/^```(\w+) ?(.*)\n([\s\S]*?)^```$/gm)].map(({ 1: language, 2: info, 3: text, index }) => ({
    language: language!,
    info: info!,
    text: text!,
    line: page.slice(0, index).split('\n').length,
  }));
}

/** Blocks that are there to be read. */
const SHOWN = new Set(['text', 'console']);

/** Whether a block is for somebody with a broker alone. */
const needsBroker = ({ info }: Block): boolean => info === 'broker';

export interface GuideRun {
  /** An empty folder; the guide finds the shipped rules there, as in a clone. */
  readonly folder: string;
  /** What the commands are run with; without it, blocks that need a broker are left out. */
  readonly broker?: Readonly<Record<string, string>>;
}

/** Does all that the guide says. */
export async function runGuide(path: string, { folder, broker }: GuideRun): Promise<void> {
  cpSync(join(root, 'rules'), join(folder, 'rules'), { recursive: true });
  const blocks = blocksOf(path).filter((block) => broker !== undefined || !needsBroker(block));
  const terminal = new Terminal(folder, broker ?? {});
  for (const [at, block] of blocks.entries()) {
    const where = `${path}:${block.line}`;
    if (block.language === 'sh') {
      const next = blocks[at + 1];
      const { output, code } = await terminal.run(block.text);
      if (next?.language === 'text') expect(output, where).toMatch(asPattern(next.text));
      else expect({ code, output }, where).toMatchObject({ code: 0 });
    } else if (block.language === 'diff') applyDiff(block, folder, where);
    else if (!SHOWN.has(block.language)) writeBlock(block, folder, where);
  }
}

/** As the reader's, from block to block. Our own command is run in this process: starting one takes a second each. */
class Terminal {
  readonly #folder: string;
  readonly #env: Record<string, string>;

  constructor(folder: string, env: Readonly<Record<string, string>>) {
    this.#folder = folder;
    this.#env = { ...env };
  }

  /** What both streams show, and the first exit code that is not 0. */
  async run(block: string): Promise<{ readonly output: string; readonly code: number }> {
    let output = '';
    let code = 0;
    for (const line of block.trimEnd().replaceAll('\\\n', ' ').split('\n')) {
      const [, name, value] = /^export (\w+)=(\S+)$/.exec(line) ?? [];
      if (name !== undefined) {
        this.#env[name] = value!;
        continue;
      }
      const [, args] = /^notification-streams (.*)$/.exec(line) ?? [];
      const shown = args === undefined ? await this.#program(line) : await this.#command(args.split(/ +/));
      output += shown.output;
      code ||= shown.code;
    }
    return { output, code };
  }

  #program(line: string): Promise<{ output: string; code: number }> {
    const options = { cwd: this.#folder, env: { ...process.env, ...this.#env } };
    return new Promise((resolve) => {
      execFile('bash', ['-c', `exec 2>&1; ${line}`], options, (error, stdout) =>
        resolve({ output: stdout, code: error === null ? 0 : Number(error.code ?? 1) }),
      );
    });
  }

  async #command(args: readonly string[]): Promise<{ output: string; code: number }> {
    const { exitCode } = process;
    const before = process.cwd();
    let output = '';
    const write = (text: string | Uint8Array): boolean => (output += String(text)) !== '';
    const streams = [process.stdout, process.stderr].map((one) => vi.spyOn(one, 'write').mockImplementation(write));
    for (const [name, value] of Object.entries(this.#env)) vi.stubEnv(name, value);
    try {
      process.chdir(this.#folder);
      process.exitCode = 0;
      await (await createProgram()).parseAsync(['node', 'notification-streams', ...args]).catch(fail);
      return { output, code: process.exitCode };
    } finally {
      process.chdir(before);
      process.exitCode = exitCode;
      vi.unstubAllEnvs();
      for (const stream of streams) stream.mockRestore();
    }
  }
}

function asPattern(text: string): RegExp {
  const escaped = text.trimEnd().replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replaceAll('…', '.*')}\n*$`);
}

function writeBlock({ info, text }: Block, folder: string, where: string): void {
  if (info === '') throw new Error(`${where}: the block names no file; expected one behind the language`);
  const path = join(folder, info);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/**
 * Lines with - and those without a sign must be there, in a row; lines with + take their place. `@@` begins another
 * place, further on in the file.
 */
function applyDiff({ info, text }: Block, folder: string, where: string): void {
  const path = join(folder, info);
  let done = '';
  let left = readFileSync(path, 'utf8');
  for (const place of text.split('@@\n')) {
    const [before, after] = [side(place, '+'), side(place, '-')];
    const at = `\n${left}`.indexOf(`\n${before}`);
    if (at < 0) throw new Error(`${where}: these lines are not in ${info}:\n${before}`);
    done += left.slice(0, at) + after;
    left = left.slice(at + before.length);
  }
  writeFileSync(path, done + left);
}

/** The lines of a diff except those that begin with a sign; without the signs. */
function side(diff: string, sign: string): string {
  const lines = diff.split('\n').slice(0, -1);
  return lines
    .filter((line) => !line.startsWith(sign))
    .map((line) => `${line.slice(1)}\n`)
    .join('');
}

/** What the numbers depend on, to stand beside them. */
import { execFile } from 'node:child_process';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { findJava } from '../../dev/stack/java.js';
import { projectRoot } from '../../common/project-root.js';
import { messageOf } from '../../common/errors.js';

const run = promisify(execFile);

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryMb: number;
  readonly kernel: string;
  /** Processes that were running or waiting in the minute before: what else was going on. */
  readonly loadBefore: number;
  readonly node: string;
  readonly java: string;
  readonly python: string;
  readonly commit: string;
}

export async function describeMachine(): Promise<Machine> {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryMb: Math.round(totalmem() / 1024 / 1024),
    kernel: release(),
    loadBefore: loadavg()[0]!,
    node: process.version,
    java: await firstLine(await findJava(process.env), ['-version']),
    python: await firstLine('python3', ['--version']),
    commit: await firstLine('git', ['describe', '--always', '--dirty']),
  };
}

/** `java -version` writes to standard error. */
async function firstLine(program: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout, stderr } = await run(program, args, { cwd: projectRoot(), timeout: 20_000 });
    return (stdout || stderr).split('\n')[0]!.trim();
  } catch (error) {
    return `unknown: ${messageOf(error)}`;
  }
}

/** Runs a program of bench/java as a process of its own, and takes the JSON object that it prints. */
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { compileJava } from '../../dev/oracle/compile.js';
import { projectRoot } from '../../common/project-root.js';
import { FatalError, messageOf } from '../../common/errors.js';

const run = promisify(execFile);

export interface JavaProgram {
  readonly name: 'Preload' | 'Verify' | 'Latency';
  readonly args: readonly (string | number)[];
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

/**
 * Resolves when the program has ended well; it is killed at its deadline, and when the signal aborts.
 * @throws FatalError with the end of what it wrote on standard error.
 */
export async function runJava<T>({ name, args, deadlineMs, signal }: JavaProgram): Promise<T> {
  const folder = join(projectRoot(), 'bench', 'java');
  const sources = readdirSync(folder)
    .sort()
    .map((file) => join(folder, file));
  const { java, classPath } = await compileJava('bench', sources, {});
  // Without a configuration log4j writes errors to standard output, beside our object.
  const jvm = ['-Xmx512m', '-XX:+UseSerialGC', '-Dorg.apache.logging.log4j.level=OFF', '-cp', classPath];
  try {
    const { stdout } = await run(java, [...jvm, name, ...args.map(String)], {
      timeout: deadlineMs,
      killSignal: 'SIGKILL',
      signal,
    });
    return JSON.parse(stdout) as T;
  } catch (error) {
    signal.throwIfAborted();
    const { stderr = '', killed = false } = error as { stderr?: string; killed?: boolean };
    const why = killed ? `not done within ${deadlineMs} ms` : stderr.trim().slice(-2000) || messageOf(error);
    throw new FatalError(`${name} failed: ${why}`, error);
  }
}

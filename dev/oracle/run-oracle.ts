/** Runs the oracle as a process of its own and hands over its lines. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

import { FatalError } from '../../topology/errors.js';
import type { StackOptions } from '../stack/place.js';
import { compileOracle } from './compile.js';

export interface OracleOptions {
  /** Bootstrap servers, comma-separated. */
  readonly brokers: string;
  /** Where the artifacts are; the defaults of the stack otherwise. */
  readonly stack?: Pick<StackOptions, 'artifacts' | 'env' | 'progress'>;
  /** The oracle is killed after this many milliseconds. Default: 120 000; of following: none. */
  readonly deadlineMs?: number;
}

export interface OracleRun {
  readonly command: 'read' | 'follow' | 'ends' | 'committed' | 'count';
  /** Topics, or the group. */
  readonly names: readonly string[];
  /** Lines for its standard input. */
  readonly input?: readonly string[];
  readonly onLine: (line: string) => void;
  /** Ends a `follow`. */
  readonly signal?: AbortSignal;
}

/**
 * Resolves when the oracle has ended well, after its last line was handed over.
 * @throws FatalError with what it wrote on standard error.
 */
export async function runOracle(
  options: OracleOptions,
  { command, names, input, onLine, signal }: OracleRun,
): Promise<void> {
  const { java, classPath } = await compileOracle(options.stack ?? {});
  const jvm = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
  // Without a configuration log4j writes errors to standard output, among our lines.
  const quiet = '-Dorg.apache.logging.log4j.level=OFF';
  const deadlineMs = options.deadlineMs ?? (command === 'follow' ? undefined : 120_000);
  const child = spawn(java, [...jvm, quiet, '-cp', classPath, 'Oracle', command, options.brokers, ...names], {
    stdio: ['pipe', 'pipe', 'pipe'],
    killSignal: 'SIGKILL',
    ...(deadlineMs === undefined ? {} : { timeout: deadlineMs }),
  });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(-4_000)));
  // An oracle that ends early closes the pipe; its exit code tells why.
  child.stdin.on('error', () => undefined);
  child.stdin.write([...(input ?? []), '', ''].join('\n'));
  const endInput = (): void => void child.stdin.end();
  if (command !== 'follow' || signal?.aborted) endInput();
  else signal?.addEventListener('abort', endInput, { once: true });

  const lines = createInterface({ input: child.stdout, crlfDelay: Infinity }).on('line', onLine);
  const allLines = new Promise<void>((resolve) => lines.once('close', resolve));
  const [code, killedBy] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (...ended) => resolve(ended));
  });
  await allLines;
  signal?.removeEventListener('abort', endInput);
  if (code === 0) return;
  const why = killedBy === null ? complaint.trim() : `killed by ${killedBy} (its deadline: ${deadlineMs ?? 'none'} ms)`;
  throw new FatalError(`The oracle (${command} ${names.join(' ')} at ${options.brokers}) failed: ${why}`);
}

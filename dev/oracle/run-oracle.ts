/** Asks the oracle and hands over its lines: a question is answered by a process that is kept for the next one. */
import { createInterface } from 'node:readline';

import { FatalError } from '../../common/errors.js';
import type { StackOptions } from '../stack/place.js';
import { compileOracle, type CompiledOracle } from './compile.js';
import { OracleProcess, spawnOracle } from './oracle-process.js';

export interface OracleOptions {
  /** Bootstrap servers, comma-separated. */
  readonly brokers: string;
  /** Where the artifacts are; the defaults of the stack otherwise. */
  readonly stack?: Pick<StackOptions, 'artifacts' | 'env' | 'progress'>;
  /** The oracle is killed after this many milliseconds. Default: 120 000. */
  readonly deadlineMs?: number;
}

export interface OracleQuestion {
  readonly about: 'read' | 'ends' | 'log-ends' | 'committed' | 'transactions' | 'count';
  /** Topics, the group, or a prefix. */
  readonly names: readonly string[];
  /** FROM lines. */
  readonly from?: readonly string[];
  readonly onLine: (line: string) => void;
}

export interface OracleFollow extends Omit<OracleQuestion, 'about'> {
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Processes that answer nothing now, by what they run. */
const idle = new Map<string, OracleProcess[]>();

/**
 * Resolves when the answer is whole, after its last line was handed over.
 * @throws FatalError with what the oracle says.
 */
export async function askOracle(
  { brokers, stack = {}, deadlineMs = 120_000 }: OracleOptions,
  { about, names, from = [], onLine }: OracleQuestion,
): Promise<void> {
  const compiled = await compileOracle(stack);
  const waiting = idleOf(compiled);
  const oracle = waiting.pop() ?? new OracleProcess(compiled);
  try {
    await oracle.ask([[about, brokers, ...names].join('\t'), ...from], onLine, deadlineMs);
  } finally {
    waiting.push(oracle);
  }
}

/**
 * Hands over what is there and what follows, by a process of its own, until it is stopped.
 * @throws FatalError with what it wrote on standard error.
 */
export async function followOracle(
  { brokers, stack = {} }: OracleOptions,
  { names, from = [], onLine, signal }: OracleFollow,
): Promise<void> {
  const { child, complaint } = spawnOracle(await compileOracle(stack), ['follow', brokers, ...names]);
  child.stdin.write([...from, '', ''].join('\n'));
  const endInput = (): void => void child.stdin.end();
  if (signal.aborted) endInput();
  else signal.addEventListener('abort', endInput, { once: true });

  const lines = createInterface({ input: child.stdout, crlfDelay: Infinity }).on('line', onLine);
  const allLines = new Promise<void>((resolve) => lines.once('close', resolve));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  await allLines;
  signal.removeEventListener('abort', endInput);
  if (code !== 0) throw new FatalError(`The oracle (follow ${names.join(' ')} at ${brokers}) failed: ${complaint()}`);
}

function idleOf({ classPath }: CompiledOracle): OracleProcess[] {
  const known = idle.get(classPath) ?? [];
  idle.set(classPath, known);
  // One that was killed, or broke down, while nobody asked.
  while (known.at(-1)?.isGone) known.pop();
  return known;
}

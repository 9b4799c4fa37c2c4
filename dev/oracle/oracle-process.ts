/** One process of the oracle, which answers questions one after another: starting a Java machine takes longer than most answers. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Socket } from 'node:net';

import { FatalError } from '../../common/errors.js';
import type { CompiledOracle } from './compile.js';

/** A Java machine for a client: quick to start, small. */
const JVM = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
/** Without a configuration log4j writes errors to standard output, among our lines. */
const QUIET = '-Dorg.apache.logging.log4j.level=OFF';

/** Starts the program with these arguments; what it complains of is kept. */
export function spawnOracle(
  { java, classPath }: CompiledOracle,
  args: readonly string[],
): { child: ChildProcessWithoutNullStreams; complaint: () => string } {
  const child = spawn(java, [...JVM, QUIET, '-cp', classPath, 'Oracle', ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(-4_000)));
  // An oracle that ends early closes the pipe; its exit code tells why.
  child.stdin.on('error', () => undefined);
  return { child, complaint: () => complaint.trim() };
}

interface Answering {
  readonly onLine: (line: string) => void;
  readonly settle: (failure: string | undefined) => void;
}

/** Ends by itself with this process; while nothing is asked it does not keep this process alive. */
export class OracleProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  #answering: Answering | undefined;
  #isGone = false;

  constructor(compiled: CompiledOracle) {
    const { child, complaint } = spawnOracle(compiled, ['serve']);
    this.#child = child;
    createInterface({ input: child.stdout, crlfDelay: Infinity }).on('line', (line) => this.#take(line));
    const gone = (why: string): void => {
      this.#isGone = true;
      this.#settle(`${why} ${complaint()}`);
    };
    child.once('error', (error) => gone(error.message));
    child.once('close', (code, signal) => gone(`it ended (${signal ?? code}).`));
    this.#hold(false);
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /**
   * Asks one question; there must be none unanswered. Killed after the deadline.
   * @throws FatalError with what the oracle says.
   */
  async ask(question: readonly string[], onLine: (line: string) => void, deadlineMs: number): Promise<void> {
    if (this.#answering) throw new Error('The oracle is still answering another question.');
    this.#hold(true);
    let late: string | undefined;
    const timer = setTimeout(() => {
      late = `it did not answer within ${deadlineMs} ms`;
      this.#child.kill('SIGKILL');
    }, deadlineMs);
    const failure = await new Promise<string | undefined>((settle) => {
      this.#answering = { onLine, settle };
      if (this.#isGone) this.#settle('it has ended.');
      else this.#child.stdin.write([...question, '', ''].join('\n'));
    });
    clearTimeout(timer);
    if (!this.#isGone) this.#hold(false);
    if (failure !== undefined) throw new FatalError(`The oracle failed (${question[0]}): ${late ?? failure}`);
  }

  #take(line: string): void {
    if (line === '.') this.#settle(undefined);
    else if (line.startsWith('!')) this.#settle(line.slice(1));
    else this.#answering?.onLine(line);
  }

  #settle(failure: string | undefined): void {
    const answering = this.#answering;
    this.#answering = undefined;
    answering?.settle(failure);
  }

  /** Whether this process waits for it. */
  #hold(isHeld: boolean): void {
    const { stdin, stdout, stderr } = this.#child;
    for (const one of [this.#child, ...([stdin, stdout, stderr] as unknown as Socket[])]) {
      if (isHeld) one.ref();
      else one.unref();
    }
  }
}

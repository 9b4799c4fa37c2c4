/** One process of a contender, with all that it starts: a session of its own, so that nothing of it is left. */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../../dev/stack/until.js';
import { FatalError, messageOf } from '../../common/errors.js';

const STOP_MS = 20_000;

export interface ContenderCommand {
  readonly command: readonly [program: string, ...args: string[]];
  readonly cwd: string;
  /** The whole environment but PATH, HOME and JAVA_HOME. */
  readonly env: Readonly<Record<string, string>>;
  /** Is given standard output and standard error. */
  readonly logFile: string;
}

export class ContenderProcess {
  /** The id of the session's leader, and so of the session and the process group. */
  readonly pid: number;
  /** Rejects as soon as the leader has ended, unless it was to; never resolves. */
  readonly died: Promise<never>;
  #isExpectedToEnd = false;
  #hasEnded = false;

  private constructor(pid: number, ended: Promise<string>, logFile: string) {
    this.pid = pid;
    this.died = new Promise((_, reject) => {
      void ended.then((how) => {
        this.#hasEnded = true;
        if (!this.#isExpectedToEnd) reject(new FatalError(`${how}; the end of ${logFile}:\n${tail(logFile)}`));
      });
    });
    this.died.catch(() => undefined); // awaited by whoever waits for the contender's work
    endWithUs(pid);
  }

  static async start({ command: [program, ...args], cwd, env, logFile }: ContenderCommand): Promise<ContenderProcess> {
    const inherited = Object.fromEntries(
      ['PATH', 'HOME', 'JAVA_HOME'].flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
    );
    const log = openSync(logFile, 'a');
    try {
      const child = spawn(program, args, {
        cwd,
        detached: true,
        stdio: ['ignore', log, log],
        env: { ...inherited, ...env },
      });
      await new Promise<void>((resolve, reject) => {
        child.once('spawn', resolve);
        child.once('error', (error) => reject(new FatalError(`${program} cannot be started: ${messageOf(error)}`)));
      });
      const ended = new Promise<string>((resolve) => {
        child.once('exit', (code, signal) => resolve(`the contender ended with ${signal ?? code}`));
      });
      return new ContenderProcess(child.pid!, ended, logFile);
    } finally {
      closeSync(log);
    }
  }

  /** SIGTERM, then SIGKILL for what is left of the session. */
  async stop(): Promise<void> {
    this.#isExpectedToEnd = true;
    if (!this.#hasEnded) process.kill(this.pid, 'SIGTERM');
    await until(() => this.#hasEnded, Date.now() + STOP_MS);
    await this.kill();
  }

  /** SIGKILL for the whole session, and no goodbye. */
  async kill(): Promise<void> {
    this.#isExpectedToEnd = true;
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch (error) {
      // Nothing is left of it, which is what we want.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
    while (!this.#hasEnded) await delay(10);
  }
}

/** When this process is killed, so that nothing of it runs any more, a shell ends the contender's session. */
function endWithUs(pid: number): void {
  const script =
    'while kill -0 "$1" 2>/dev/null; do kill -0 -- "-$2" 2>/dev/null || exit 0; sleep 1; done; kill -9 -- "-$2" 2>/dev/null';
  spawn('sh', ['-c', script, 'end-with-bench', String(process.pid), String(pid)], {
    detached: true,
    stdio: 'ignore',
  }).unref();
}

function tail(file: string, lines = 20): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
}

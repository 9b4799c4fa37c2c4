/** One running worker process: its log, its readiness and its end. Knows nothing of the test runner. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { projectRoot } from '../../../common/project-root.js';
import { guardProcess } from './guard.js';
import { until } from './until.js';

export interface Ports {
  readonly http: number;
  readonly gateway: number | undefined;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface WorkerCommand {
  /** The whole environment but PATH and HOME; HTTP_PORT and GATEWAY_PORT default to 0. */
  readonly env: Readonly<Record<string, string>>;
  /** Default: `worker`. */
  readonly args?: readonly string[];
  /** The script. Default: the built command line. */
  readonly entry?: string;
  /** Options of node itself, such as `--import` of a module that breaks something on purpose. */
  readonly nodeArgs?: readonly string[];
  /** How many files it may have open. Default: as many as we. */
  readonly openFiles?: number;
  /** As whom it runs, by number. Default: as we. */
  readonly user?: number;
}

/** Starts a worker as an operator would: the built command in a process of its own. It dies with this process. */
export function spawnWorker(command: WorkerCommand): WorkerProcess {
  const entry = command.entry ?? join(projectRoot(), 'dist', 'bin', 'notification-streams.js');
  if (!existsSync(entry)) throw new Error(`${entry} does not exist. Run \`npm run build\` first.`);
  const node = [process.execPath, ...(command.nodeArgs ?? []), entry, ...(command.args ?? ['worker'])];
  const limited = ['/bin/sh', '-c', `ulimit -n ${command.openFiles} && exec "$@"`, 'sh', ...node];
  const [file, ...args] = command.openFiles === undefined ? node : limited;
  const child = spawn(file!, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(command.user === undefined ? {} : { uid: command.user, gid: command.user }),
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], HTTP_PORT: '0', GATEWAY_PORT: '0', ...command.env },
  });
  return new WorkerProcess(child);
}

/** One running worker, its log and its end. */
export class WorkerProcess {
  /** Resolves when the process has ended, whatever way; never rejects. */
  readonly exited: Promise<Exit>;
  readonly pid: number;
  /** Lines of standard output and standard error as they came. */
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  #exit: Exit | undefined;

  constructor(child: ChildProcess) {
    this.#child = child;
    if (child.pid === undefined) throw new Error('The worker could not be started.');
    this.pid = child.pid;
    guardProcess(this.pid);
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.lines.push(line));
    }
    this.exited = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.#exit = { code, signal };
        resolve(this.#exit);
      });
    });
  }

  /** How it ended; undefined while it runs. */
  get ended(): Exit | undefined {
    return this.#exit;
  }

  /** Log records of this message, parsed; other lines are passed over. */
  logged(msg: string): Record<string, unknown>[] {
    return this.lines.flatMap((line) => {
      const record = parse(line);
      return record?.['msg'] === msg ? [record] : [];
    });
  }

  /** The ports that it listens on, as soon as it has said so. */
  async ports(deadlineMs = 30_000): Promise<Ports> {
    const said = await this.#whileAlive(
      () => 'the worker says what it listens on',
      () => this.logged('listening')[0],
      deadlineMs,
    );
    return {
      http: Number(said['http']),
      gateway: typeof said['gateway'] === 'number' ? said['gateway'] : undefined,
    };
  }

  /** Waits until `/readyz` answers 200; the error carries the last answer and the end of the log. */
  async ready(deadlineMs = 60_000): Promise<Ports> {
    const deadline = Date.now() + deadlineMs;
    const ports = await this.ports(deadlineMs);
    let answer = 'none';
    const ask = async (): Promise<boolean> => {
      const reply = await fetch(`http://127.0.0.1:${ports.http}/readyz`, { signal: AbortSignal.timeout(2_000) });
      answer = `${reply.status} ${await reply.text()}`;
      return reply.ok;
    };
    await this.#whileAlive(() => `the worker is ready (last answer: ${answer})`, ask, deadline - Date.now());
    return ports;
  }

  /** Sends the signal; nothing happens when the process has ended. */
  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.#child.kill(signal);
  }

  /** Sends the signal and waits for the end; SIGKILL after the deadline. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', deadlineMs = 30_000): Promise<Exit> {
    this.kill(signal);
    const timer = setTimeout(() => this.kill('SIGKILL'), deadlineMs);
    try {
      return await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Fails at once, not at the deadline, when the worker has ended. */
  async #whileAlive<T>(
    what: () => string,
    condition: () => T | Promise<T>,
    deadlineMs: number,
  ): Promise<Exclude<T, false | null | undefined>> {
    const attempt = async (): Promise<{ readonly found: T } | 'ended' | undefined> => {
      if (this.#exit) return 'ended';
      const found = await condition();
      return found === false || found === null || found === undefined ? undefined : { found };
    };
    let outcome: { readonly found: T } | 'ended';
    try {
      outcome = await until(what(), attempt, deadlineMs);
    } catch (error) {
      throw new Error(`Not in time: ${what()}.\n${this.#tail()}`, { cause: error });
    }
    if (outcome === 'ended') {
      throw new Error(`The worker ended (${JSON.stringify(this.#exit)}) before: ${what()}.\n${this.#tail()}`);
    }
    return outcome.found as Exclude<T, false | null | undefined>;
  }

  #tail(): string {
    return this.lines.slice(-30).join('\n');
  }
}

function parse(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    // A line of a library or a crash report: no log record.
    return undefined;
  }
}

/** A worker process under measurement, in a session of its own: the built command, with its log lines kept. */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { projectRoot } from '../../common/project-root.js';
import { endWithUs } from './end-with-us.js';
import { until } from './until.js';

export interface LogLine extends Record<string, unknown> {
  readonly msg: string;
  /** When, ISO 8601. */
  readonly time: string;
}

export class BenchWorker {
  readonly startedAt = Date.now();
  readonly log: LogLine[] = [];
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  #hasEnded = false;

  constructor(env: Readonly<Record<string, string>>) {
    const script = join(projectRoot(), 'dist', 'bin', 'notification-streams.js');
    this.#child = spawn(process.execPath, [script, 'worker', '--roles', 'stream'], {
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
    });
    endWithUs(() => this.#child.kill('SIGKILL'));
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      if (line.startsWith('{')) this.log.push(JSON.parse(line) as LogLine);
    });
    this.#exited = new Promise((resolve) =>
      this.#child.once('close', () => {
        this.#hasEnded = true;
        resolve();
      }),
    );
  }

  get pid(): number {
    return this.#child.pid!;
  }

  logged(msg: string): LogLine[] {
    return this.log.filter((line) => line.msg === msg);
  }

  /** Waits for 200 on /readyz; ms since the process was started. */
  async ready(deadlineMs = 600_000): Promise<number> {
    await until(deadlineMs, async () => (await this.#ask('/readyz')).ok);
    return Date.now() - this.startedAt;
  }

  /** Waits for the log to say that tasks run: it comes through a pipe, perhaps later than the answer of /readyz. */
  async running(): Promise<LogLine[]> {
    await until(10_000, () => this.logged('task is running').length > 0);
    return this.logged('task is running');
  }

  /** Values of one metric of ours. */
  metric(name: string): Promise<number[]> {
    return this.valuesOf(`notification_streams_${name}`);
  }

  /** Values of any metric, by its whole name. */
  async valuesOf(name: string): Promise<number[]> {
    const text = await (await this.#ask('/metrics')).text();
    const lines = text.split('\n').filter((line) => new RegExp(`^${name}[ {]`).test(line));
    return lines.map((line) => Number(line.split(' ').at(-1)));
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    this.#child.kill(signal);
    await this.#exited;
  }

  /** Throws, with the end of its log, when it has ended. */
  assertRuns(): void {
    if (this.#hasEnded) throw new Error(`the worker has ended: ${JSON.stringify(this.log.slice(-3))}`);
  }

  #ask(path: string): Promise<Response> {
    this.assertRuns();
    const port = this.logged('listening')[0]?.['http'];
    if (port === undefined) return Promise.resolve(new Response(null, { status: 503 }));
    return fetch(`http://127.0.0.1:${Number(port)}${path}`, { signal: AbortSignal.timeout(60_000) });
  }
}

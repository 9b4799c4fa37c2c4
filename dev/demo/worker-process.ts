/** The worker of the demo: the built command as a process of its own, its log in a file. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { FatalError, messageOf } from '../../common/errors.js';
import { projectRoot } from '../../common/project-root.js';

export interface WorkerPorts {
  readonly http: number;
  readonly gateway: number;
}

const LAST_LINES = 15;
const READY_MS = 60_000;
const STOP_MS = 15_000;
const LOOK_MS = 100;

export class WorkerProcess {
  readonly logFile: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<string>;
  readonly #lastLines: string[] = [];
  #ports: WorkerPorts | undefined;
  #end: string | undefined;

  /** Starts it. `options` by their environment names; nothing else is inherited but PATH and HOME. */
  constructor(options: Readonly<Record<string, string>>, logFile: string) {
    this.logFile = logFile;
    mkdirSync(dirname(logFile), { recursive: true });
    const script = join(projectRoot(), 'dist', 'bin', 'notification-streams.js');
    // In a group of its own: a Ctrl-C in the terminal reaches the demo alone, which then drains it.
    this.#child = spawn(process.execPath, [script, 'worker'], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...options },
    });
    const log = createWriteStream(logFile);
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      createInterface({ input: stream }).on('line', (line) => {
        log.write(`${line}\n`);
        this.#take(line);
      });
    }
    this.#ended = new Promise((resolve) => {
      const end = (how: string): void => {
        this.#end ??= how;
        log.end();
        resolve(this.#end);
      };
      this.#child.once('error', (error) => end(`could not be started: ${messageOf(error)}`));
      this.#child.once('close', (code, signal) =>
        end(signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`),
      );
    });
    if (this.#child.pid !== undefined) endWithUs(this.#child.pid);
  }

  /** Rejects as soon as the worker has ended, with its last log lines; never resolves. */
  async died(): Promise<never> {
    const how = await this.#ended;
    throw new FatalError([`the worker ${how}; its log is ${this.logFile}:`, ...this.#lastLines].join('\n  '));
  }

  /** Waits until `/readyz` says that it is ready. Rejects with the reason that it gave last. */
  async ready(signal: AbortSignal): Promise<WorkerPorts> {
    const deadline = performance.now() + READY_MS;
    let answer = 'it does not say where it listens';
    while (performance.now() < deadline) {
      if (this.#ports) {
        const { isReady, text } = await ask(`http://127.0.0.1:${this.#ports.http}/readyz`);
        if (isReady) return this.#ports;
        answer = text;
      }
      await delay(LOOK_MS, undefined, { signal });
    }
    throw new FatalError(`the worker was not ready within ${READY_MS} ms: ${answer}; its log is ${this.logFile}`);
  }

  /** Drains it with SIGTERM. Resolves with what was wrong about its end, if anything was. */
  async stop(): Promise<string | undefined> {
    if (this.#end === undefined) this.#child.kill('SIGTERM');
    const patience = setTimeout(() => {
      this.#child.kill('SIGKILL');
    }, STOP_MS);
    const how = await this.#ended;
    clearTimeout(patience);
    return how === 'ended with exit code 0'
      ? undefined
      : `the worker ${how} instead of draining; its log is ${this.logFile}`;
  }

  #take(line: string): void {
    this.#lastLines.push(line);
    if (this.#lastLines.length > LAST_LINES) this.#lastLines.shift();
    if (this.#ports || !line.includes('"listening"')) return;
    const { http, gateway } = JSON.parse(line) as WorkerPorts;
    this.#ports = { http, gateway };
  }
}

async function ask(url: string): Promise<{ readonly isReady: boolean; readonly text: string }> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    return { isReady: response.ok, text: await response.text() };
  } catch (error) {
    return { isReady: false, text: messageOf(error) };
  }
}

/** When this process is killed, so that nothing of it runs any more, a shell ends the worker. */
function endWithUs(pid: number): void {
  const script =
    'while kill -0 "$1" 2>/dev/null; do kill -0 "$2" 2>/dev/null || exit 0; sleep 1; done; kill -9 "$2" 2>/dev/null';
  spawn('sh', ['-c', script, 'end-with-demo', String(process.pid), String(pid)], {
    detached: true,
    stdio: 'ignore',
  }).unref();
}

/** One process of the stack: started so that it outlives us, found again by its pid file, ended by its pid. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { FatalError } from '../../common/errors.js';
import type { Artifacts } from './artifacts.js';
import { commandLineOf } from './command-line.js';
import { until } from './until.js';

export interface MemberSpec {
  /** `broker-1`, `registry`. */
  readonly name: string;
  /** What the member is reached at, for people. */
  readonly address: string;
  /** Its own folder, its working directory. */
  readonly folder: string;
  readonly logFiles: readonly string[];
  /** The arguments of `java`. */
  readonly args: (artifacts: Artifacts) => readonly string[];
  /** What must be done before each start. */
  readonly prepare?: (java: string, artifacts: Artifacts) => Promise<void>;
  /** Whether it answers requests now. Never throws. */
  readonly answers: () => Promise<boolean>;
}

/** Says in the command line whose process it is: a pid alone may have been given to another process since. */
function markerOf(root: string, name: string): string {
  return `-Dstack.member=${join(root, name)}`;
}

/** The pid of the member when it runs, else undefined; the pid file of a process that is gone is removed. */
export async function pidOf(root: string, name: string): Promise<number | undefined> {
  let pid: number;
  try {
    pid = Number(await readFile(pidFile(root, name), 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  if (isMember(pid, root, name)) return pid;
  await rm(pidFile(root, name), { force: true });
  return undefined;
}

/** Starts the process and writes its pid down at once, so that it is found even if we are killed now. */
export async function startMember(root: string, spec: MemberSpec, java: string, artifacts: Artifacts): Promise<number> {
  await mkdir(spec.folder, { recursive: true });
  await spec.prepare?.(java, artifacts);
  const output = await open(outputFile(spec), 'a');
  try {
    const child = spawn(java, [markerOf(root, spec.name), ...spec.args(artifacts)], {
      cwd: spec.folder,
      detached: true,
      stdio: ['ignore', output.fd, output.fd],
      // Neither Kafka nor the registry may be configured by whatever else is in the environment.
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], LANG: 'C.UTF-8' },
    });
    const pid = await new Promise<number>((resolve, reject) => {
      child.once('spawn', () => resolve(child.pid!));
      child.once('error', reject);
    });
    child.unref();
    await mkdir(join(root, 'run'), { recursive: true });
    await writeFile(`${pidFile(root, spec.name)}.new`, String(pid));
    await rename(`${pidFile(root, spec.name)}.new`, pidFile(root, spec.name));
    return pid;
  } finally {
    await output.close();
  }
}

/**
 * Waits until the member answers.
 * @throws FatalError with the tail of its logs when it ends, or when the deadline (a `Date.now()`) passes.
 */
export async function whenAnswering(root: string, spec: MemberSpec, deadline: number): Promise<void> {
  const isGone = async (): Promise<boolean> => (await pidOf(root, spec.name)) === undefined;
  await until(async () => (await spec.answers()) || (await isGone()), deadline);
  // Asked in this order: an answer counts only from our process, not from another that took the port.
  const gone = await isGone();
  if (!gone && (await spec.answers())) return;
  const what = gone ? 'ended while starting' : 'did not answer in time';
  throw new FatalError(`${spec.name} (${spec.address}) ${what}.\n${tail([outputFile(spec), ...spec.logFiles])}`);
}

/**
 * Ends the member if it runs, and waits until it is gone: SIGTERM, then SIGKILL after `graceMs` (0: SIGKILL at once).
 * @returns whether there was anything to end.
 */
export async function stopMember(root: string, name: string, graceMs = 15_000): Promise<boolean> {
  const pid = await pidOf(root, name);
  if (pid === undefined) return false;
  const gone = (): boolean => !isMember(pid, root, name);
  if (graceMs > 0) signal(pid, 'SIGTERM');
  if (graceMs === 0 || !(await until(gone, Date.now() + graceMs))) {
    signal(pid, 'SIGKILL');
    if (!(await until(gone, Date.now() + 10_000))) throw new FatalError(`${name} (pid ${pid}) survives SIGKILL.`);
  }
  await rm(pidFile(root, name), { force: true });
  return true;
}

function isMember(pid: number, root: string, name: string): boolean {
  return Number.isInteger(pid) && pid > 1 && commandLineOf(pid).includes(markerOf(root, name));
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // Ended by itself in the meantime, which is what we want.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function pidFile(root: string, name: string): string {
  return join(root, 'run', `${name}.pid`);
}

function outputFile(spec: MemberSpec): string {
  return join(spec.folder, 'output.log');
}

function tail(files: readonly string[], lines = 25): string {
  const parts = files.map((file) => {
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (error) {
      text = `(not readable: ${(error as NodeJS.ErrnoException).code ?? 'unknown'})`;
    }
    return `--- the end of ${file}\n${text.trimEnd().split('\n').slice(-lines).join('\n')}`;
  });
  return parts.join('\n');
}

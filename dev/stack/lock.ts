/** One command at a time works on a stack. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { FatalError } from '../../common/errors.js';
import { until } from './until.js';

/**
 * Runs `work` while this process alone holds the folder's lock; the lock of a process that is gone is taken over.
 * @throws FatalError that names the holder when it is still held after `waitMs`.
 */
export async function withLock<T>(root: string, waitMs: number, work: () => Promise<T>): Promise<T> {
  await mkdir(root, { recursive: true });
  const file = join(root, 'lock');
  if (!(await until(() => take(file), Date.now() + waitMs))) {
    throw new FatalError(
      `Another command (pid ${await holderOf(file)}) is at work on the stack in ${root}; if that is not so, remove ${file}.`,
    );
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function take(file: string): Promise<boolean> {
  try {
    await writeFile(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const holder = await holderOf(file);
  // NaN: the holder has made the file and not yet written its pid.
  if (!Number.isNaN(holder) && !isAlive(holder)) await rm(file, { force: true });
  return false;
}

async function holderOf(file: string): Promise<number> {
  try {
    return Number.parseInt(await readFile(file, 'utf8'), 10);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Number.NaN;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

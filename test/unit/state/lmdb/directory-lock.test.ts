import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { DirectoryLock } from '../../../../state/lmdb/directory-lock.js';
import { FatalError } from '../../../../common/errors.js';

/** Processes are started, on a machine that may be busy. */
const SLOW = { timeout: 60_000 };

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lock-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A process of its own that asks for the lock, and what it was told. */
async function holder(): Promise<{ process: ChildProcess; answer: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'lock-holder.ts'), directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  return { process: child, answer: said.toString().trim() };
}

async function leaveByCrash(): Promise<void> {
  const { process: crashed, answer } = await holder();
  expect(answer).toBe('held');
  crashed.kill('SIGKILL');
  await once(crashed, 'exit');
}

/** How many of so many that ask at the same instant are given the lock. */
async function givenTo(count: number): Promise<number> {
  const asked = await Promise.allSettled(Array.from({ length: count }, () => DirectoryLock.take(directory)));
  const given = asked.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  for (const refused of asked.filter((result) => result.status === 'rejected'))
    expect((refused.reason as Error).message).toContain('in use by another process');
  for (const lock of given) await lock.release();
  return given.length;
}

describe('the lock of a state directory', () => {
  it('is refused to a second holder by name, and given again when the first lets it go', async () => {
    const first = await DirectoryLock.take(directory);
    await expect(DirectoryLock.take(directory)).rejects.toThrow(FatalError);
    await expect(DirectoryLock.take(directory)).rejects.toThrow(directory);
    await first.release();
    const second = await DirectoryLock.take(directory);
    await second.release();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('is refused while a process holds it, and while that process is merely stopped', SLOW, async () => {
    const { process: other, answer } = await holder();
    expect(answer).toBe('held');
    await expect(DirectoryLock.take(directory)).rejects.toThrow('in use by another process');
    other.kill('SIGSTOP');
    await expect(DirectoryLock.take(directory)).rejects.toThrow('in use by another process');
    expect((await holder()).answer).toContain('in use by another process');
  });

  it('is given when its holder was killed, and what that left is gone', SLOW, async () => {
    await leaveByCrash();
    await leaveByCrash();
    const lock = await DirectoryLock.take(directory);
    expect(readdirSync(directory)).toHaveLength(1);
    await lock.release();
  });

  it('is given to one of many that ask at the same instant', async () => {
    for (let round = 0; round < 20; round += 1) expect(await givenTo(8)).toBe(1);
  });

  it('is given to one of many that ask at the same instant after a crash', SLOW, async () => {
    for (let round = 0; round < 3; round += 1) {
      await leaveByCrash();
      expect(await givenTo(8)).toBe(1);
    }
  });

  it('is the same under another path to the directory', async () => {
    const lock = await DirectoryLock.take(directory);
    const other = `${directory}-other`;
    symlinkSync(directory, other);
    onTestFinished(() => rmSync(other));
    await expect(DirectoryLock.take(other)).rejects.toThrow('in use by another process');
    await lock.release();
  });

  it.skipIf(process.platform !== 'linux')('works where the path is longer than that of a socket can be', async () => {
    const deep = join(directory, 'x'.repeat(80), 'y'.repeat(80));
    const first = await DirectoryLock.take(deep);
    await expect(DirectoryLock.take(deep)).rejects.toThrow('in use by another process');
    await first.release();
  });
});

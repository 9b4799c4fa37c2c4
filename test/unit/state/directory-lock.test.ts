import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DirectoryLock } from '../../../state/directory-lock.js';
import { FatalError } from '../../../topology/errors.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lock-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('the lock of a state directory', () => {
  it('is refused to a second holder by name, and given again when the first lets it go', async () => {
    const first = await DirectoryLock.take(directory);
    await expect(DirectoryLock.take(directory)).rejects.toThrow(FatalError);
    await expect(DirectoryLock.take(directory)).rejects.toThrow(directory);
    await first.release();
    const second = await DirectoryLock.take(directory);
    await second.release();
  });

  it('is given when its holder was killed', async () => {
    const path = join(directory, 'lock.sock');
    const holder = spawn(process.execPath, [
      '-e',
      `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('held'))`,
    ]);
    await once(holder.stdout, 'data');
    await expect(DirectoryLock.take(directory)).rejects.toThrow('in use by another process');
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    const lock = await DirectoryLock.take(directory);
    await lock.release();
  });

  it('works in a directory whose path is longer than a socket can have', async () => {
    const deep = join(directory, 'x'.repeat(80), 'y'.repeat(80));
    const first = await DirectoryLock.take(deep);
    await expect(DirectoryLock.take(deep)).rejects.toThrow('in use by another process');
    await first.release();
  });
});

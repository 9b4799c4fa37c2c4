/** A disk of a few MiB that a test can fill, where the machine lets one be mounted. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SmallDisk {
  readonly path: string;
  /** Takes all the space that is left. */
  fill(): void;
  /** Gives back what `fill` took. */
  makeRoom(): void;
  grow(mebibytes: number): void;
  unmount(): void;
}

/** Why no disk can be mounted here; undefined when one can. */
export function whyNoSmallDisk(): string | undefined {
  if (process.platform !== 'linux') return 'tmpfs is a file system of Linux';
  try {
    mountSmallDisk(1).unmount();
    return undefined;
  } catch (error) {
    return `a tmpfs cannot be mounted: ${String((error as { stderr?: Buffer }).stderr ?? error).trim()}`;
  }
}

export function mountSmallDisk(mebibytes: number): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), 'small-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=0755`, 'tmpfs', path], { stdio: 'pipe' });
  } catch (error) {
    rmSync(path, { recursive: true });
    throw error;
  }
  const ballast = join(path, 'ballast');
  return {
    path,
    fill: () => fill(ballast),
    makeRoom: () => rmSync(ballast, { force: true }),
    grow(to) {
      execFileSync('mount', ['-o', `remount,size=${to}m`, path], { stdio: 'pipe' });
    },
    unmount() {
      // Lazily: a store that could not be closed on a full disk holds it until the process ends.
      execFileSync('umount', ['-l', path], { stdio: 'pipe' });
      rmSync(path, { recursive: true });
    },
  };
}

function fill(path: string): void {
  const fd = openSync(path, 'w');
  try {
    for (const bytes of [65_536, 4096, 1]) {
      try {
        for (;;) writeSync(fd, Buffer.alloc(bytes, 1));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    }
  } finally {
    closeSync(fd);
  }
}

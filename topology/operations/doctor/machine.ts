/** What this machine grants a worker: looked at, never changed. */
import { access, constants, stat, statfs } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { dirname, resolve } from 'node:path';
import { messageOf } from '../../../common/errors.js';
import { descriptorLimit } from '../../worker/descriptors.js';

export interface FoundFolder {
  /** STATE_DIR, or the folder in which it would be made. */
  readonly path: string;
  readonly isThere: boolean;
  readonly isFolder: boolean;
  readonly mode: number;
  readonly uid: number;
  readonly isWritable: boolean;
  /** Bytes that this user may still take; the file system's magic number. */
  readonly freeBytes: number;
  readonly fileSystem: number;
}

/** The folder, or the nearest one above it that there is. */
export async function findFolder(stateDir: string): Promise<FoundFolder> {
  const wanted = resolve(stateDir);
  let path = wanted;
  for (;;) {
    try {
      const found = await stat(path);
      const { bavail, bsize, type } = await statfs(path);
      return {
        ...{ path, isThere: path === wanted, isFolder: found.isDirectory(), mode: found.mode & 0o7777, uid: found.uid },
        isWritable: await mayWrite(path),
        ...{ freeBytes: bavail * bsize, fileSystem: type },
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || path === dirname(path)) throw error;
      path = dirname(path);
    }
  }
}

async function mayWrite(path: string): Promise<boolean> {
  try {
    await access(path, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    // Whatever the reason is, a worker would meet it too.
    return false;
  }
}

export interface FoundProcess {
  readonly node: string;
  /** Undefined where Node runs on another C library. */
  readonly glibc: string | undefined;
  /** Why the gateway's native code cannot be loaded; undefined when it can, or is not wanted. */
  readonly gatewayFault: string | undefined;
  readonly openFiles: number;
}

export async function findProcess(isGateway: boolean): Promise<FoundProcess> {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return {
    node: process.versions.node,
    glibc: header.glibcVersionRuntime,
    gatewayFault: isGateway ? await gatewayFault() : undefined,
    openFiles: descriptorLimit(),
  };
}

async function gatewayFault(): Promise<string | undefined> {
  try {
    await import('../../worker/gateway-role.js');
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** The least of the limits of our control group, v2 or v1, and what the machine has, bytes. */
export function memoryLimit(): number {
  const limit = process.constrainedMemory();
  // 0 and 2^63-and-more stand for none.
  return limit > 0 && limit < 2 ** 53 ? Math.min(limit, totalmem()) : totalmem();
}

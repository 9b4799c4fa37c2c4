/**
 * One process a state directory. The lock is a socket that listens in it: the kernel closes it with the process,
 * however that ends, and a process that is merely stopped still holds it.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, realpathSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FatalError, messageOf } from '../topology/errors.js';

/** A socket's path is bounded by the kernel (108 bytes on Linux, 104 on macOS, the end included). */
const MAX_PATH_BYTES = 100;

export class DirectoryLock {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Throws FatalError when another process has the directory. */
  static async take(directory: string): Promise<DirectoryLock> {
    mkdirSync(directory, { recursive: true });
    const path = socketPath(realpathSync(directory));
    try {
      return new DirectoryLock(await listen(path));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') {
        throw new FatalError(`STATE_DIR ${directory} can not be locked: ${messageOf(error)}`, error);
      }
    }
    if (await answers(path)) {
      throw new FatalError(
        `STATE_DIR ${directory} is in use by another process: give each worker a directory of its own`,
      );
    }
    rmSync(path, { force: true }); // its process is gone
    return new DirectoryLock(await listen(path));
  }

  release(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

function socketPath(directory: string): string {
  const path = join(directory, 'lock.sock');
  if (Buffer.byteLength(path) <= MAX_PATH_BYTES) return path;
  const name = createHash('sha256').update(directory).digest('hex').slice(0, 24);
  return join(tmpdir(), `notification-streams-${name}.sock`);
}

function listen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(path, () => resolve(server.unref()));
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

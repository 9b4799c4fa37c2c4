/**
 * One process a state directory. The lock is a socket that listens in it: the kernel closes it with the process,
 * however that ends, and a process that is merely stopped still holds it.
 *
 *   1. look      a socket that answers: in use
 *   2. listen    under the number after the highest there; binding a name is atomic, so one of many gets it
 *   3. look      again, at the others: one that answers came at the same instant, and at least one of both sees it
 *   4. tidy      those that do not answer were left by processes that are gone
 *
 * No name is taken from a socket that is there, so a slow process can never remove the socket of a living one and
 * hold the directory beside it.
 */
import { randomInt } from 'node:crypto';
import { chmodSync, closeSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { FatalError, messageOf } from '../../common/errors.js';
import { FILE_MODE, FOLDER_MODE } from './private-folder.js';
import { socketFolder } from './socket-folder.js';

/** All that come at the same instant may step back; they come again after a while that differs. */
const TRIES = 5;
const STEP_BACK_MS = 100;

export class DirectoryLock {
  readonly #server: Server;
  readonly #handle: number;

  private constructor(server: Server, handle: number) {
    this.#server = server;
    this.#handle = handle;
  }

  /** Throws FatalError when another process has the directory. */
  static async take(directory: string): Promise<DirectoryLock> {
    mkdirSync(directory, { recursive: true, mode: FOLDER_MODE });
    const handle = openSync(directory, 'r');
    try {
      return new DirectoryLock(await listenAlone(directory, socketFolder(directory, handle)), handle);
    } catch (error) {
      closeSync(handle);
      if (error instanceof FatalError) throw error;
      throw new FatalError(`STATE_DIR ${directory} cannot be locked: ${messageOf(error)}`, error);
    }
  }

  async release(): Promise<void> {
    await close(this.#server);
    closeSync(this.#handle);
  }
}

async function listenAlone(directory: string, path: string): Promise<Server> {
  const inUse = new FatalError(
    `STATE_DIR ${directory} is in use by another process: give each worker a directory of its own`,
  );
  for (let left = TRIES; left > 0; left -= 1) {
    const before = locks(path);
    for (const name of before) if (await answers(join(path, name))) throw inUse;
    const own = nameOf(Math.max(0, ...before.map(numberOf)) + 1);
    const server = await listen(join(path, own));
    if (!server) continue; // another one came first: it answers when we look again
    const others = locks(path).filter((name) => name !== own);
    const alive = await Promise.all(others.map((name) => answers(join(path, name))));
    if (!alive.includes(true)) {
      for (const name of others) rmSync(join(path, name), { force: true });
      return server;
    }
    await close(server);
    await delay(randomInt(STEP_BACK_MS));
  }
  throw inUse;
}

const nameOf = (number: number): string => `lock-${number}.sock`;
const numberOf = (name: string): number => Number(/^lock-(\d+)\.sock$/.exec(name)![1]);
const locks = (path: string): string[] => readdirSync(path).filter((name) => /^lock-\d+\.sock$/.test(name));

/** Undefined when the name is taken. */
function listen(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(path, () => {
      chmodSync(path, FILE_MODE);
      resolve(server.unref());
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/** False only when nobody is there: one that is too busy to answer is. */
export function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT'));
  });
}

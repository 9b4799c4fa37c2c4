/**
 * The control socket of a worker: `control.sock` in the folder of its store, which is closed to other users.
 *
 *   bound     under a name of its own, 0600, then renamed: one that a dead worker left is replaced at once, and closing
 *             this one never removes another's
 *   answered  one line of JSON for one line of JSON (control-protocol.ts), then the connection ends
 *   closed    first of all when the worker stops; what is being answered is cut
 *
 * A worker does without where it cannot have one: it is there to be looked at, and must not stop anything.
 */
import { chmodSync, closeSync, lstatSync, openSync, renameSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { messageOf } from '../../common/errors.js';
import type { Logger } from '../../common/log.js';
import { answers } from '../../state/lmdb/directory-lock.js';
import { FILE_MODE, privateFolder } from '../../state/lmdb/private-folder.js';
import { fitsSocket, socketFolder } from '../../state/lmdb/socket-folder.js';
import { CONTROL_SOCKET, MOST_REQUEST_BYTES } from './control-protocol.js';

/** Whoever is connected has so long to ask, ms. */
const REQUEST_MS = 5000;
const MOST_CONNECTIONS = 16;

export interface ControlOptions {
  readonly stateDir: string;
  /** Where the store lies, and this worker alone: whatever socket is there was left by one that is gone. Undefined without a store. */
  readonly directory: string | undefined;
  /** Answers a line with a line. */
  readonly answer: (line: string) => string;
  readonly log: Logger;
}

export class ControlSocket {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #path: string;
  readonly #inode: bigint;
  readonly #handle: number;

  private constructor(server: Server, sockets: Set<Socket>, path: string, handle: number) {
    this.#server = server;
    this.#sockets = sockets;
    this.#path = path;
    this.#inode = inodeOf(path)!;
    this.#handle = handle;
  }

  /** Undefined where there can be none, which the log says. */
  static async open({ stateDir, directory, answer, log }: ControlOptions): Promise<ControlSocket | undefined> {
    let handle: number | undefined;
    try {
      const folder = directory ?? privateFolder(stateDir);
      handle = openSync(folder, 'r');
      const short = socketFolder(folder, handle);
      const path = join(short, CONTROL_SOCKET);
      if (directory === undefined && (await answers(path))) throw new Error('another worker has this STATE_DIR');
      const sockets = new Set<Socket>();
      const server = await listenAs(path, join(short, `control-${process.pid}.sock`), sockets, answer);
      return new ControlSocket(server, sockets, path, handle);
    } catch (error) {
      if (handle !== undefined) closeSync(handle);
      // A gateway needs no folder to write in.
      log[directory === undefined ? 'info' : 'warn'](
        { stateDir, error: messageOf(error) },
        'there is no control socket: status, log-level and dlq resume do not reach this worker',
      );
      return undefined;
    }
  }

  close(): void {
    if (inodeOf(this.#path) === this.#inode) rmSync(this.#path, { force: true });
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    closeSync(this.#handle);
  }
}

async function listenAs(
  path: string,
  own: string,
  sockets: Set<Socket>,
  answer: (line: string) => string,
): Promise<Server> {
  if (!fitsSocket(own)) throw new Error('the path of STATE_DIR is too long for a socket: expected some 70 bytes');
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    serve(socket, answer);
  });
  server.maxConnections = MOST_CONNECTIONS;
  rmSync(own, { force: true });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(own, resolve));
  chmodSync(own, FILE_MODE);
  renameSync(own, path);
  return server.unref();
}

function serve(socket: Socket, answer: (line: string) => string): void {
  let asked = '';
  // Who is gone needs no answer.
  socket.on('error', () => socket.destroy());
  socket.setTimeout(REQUEST_MS, () => socket.destroy());
  socket.setEncoding('utf8').on('data', (piece: string) => {
    asked += piece;
    const end = asked.indexOf('\n');
    if (end < 0 && asked.length <= MOST_REQUEST_BYTES) return;
    socket.removeAllListeners('data');
    socket.end(answer(end < 0 ? '' : asked.slice(0, end)));
  });
}

function inodeOf(path: string): bigint | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
}

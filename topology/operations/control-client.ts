/** Asks the worker of a STATE_DIR over its control socket. */
import { closeSync, openSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve as absolute } from 'node:path';
import { FatalError, messageOf } from '../../common/errors.js';
import { projectVersion } from '../../common/project-root.js';
import { folderIn } from '../../state/lmdb/private-folder.js';
import { socketFolder } from '../../state/lmdb/socket-folder.js';
import { CONTROL_SOCKET, type Answer, type ControlAnswers, type ControlRequest } from '../worker/control-protocol.js';

/** A worker answers within a turn of its event loop. */
const ANSWER_MS = 5000;

type Command = ControlRequest['command'];

/** Rejects with FatalError that says why there is no answer, and what to do; or what the worker says against it. */
export async function askWorker<C extends Command>(
  stateDir: string,
  request: Extract<ControlRequest, { command: C }>,
  timeoutMs = ANSWER_MS,
): Promise<ControlAnswers[C] & { readonly version: string }> {
  const folder = storeFolder(absolute(stateDir));
  const answer = readAnswer<C>(await lineFrom(folder, JSON.stringify(request), timeoutMs), folder);
  if (answer.ok) return answer;
  const [theirs, ours] = [answer.version, projectVersion()];
  const versions = theirs === ours ? '' : ` (the worker is of version ${theirs}, this command of ${ours})`;
  throw new FatalError(answer.error + versions);
}

function storeFolder(stateDir: string): string {
  try {
    return folderIn(stateDir);
  } catch (error) {
    throw unanswered(stateDir, error as NodeJS.ErrnoException);
  }
}

function readAnswer<C extends Command>(line: string, folder: string): Answer<C> {
  try {
    const answer = JSON.parse(line) as Partial<Answer<C>> | null;
    if (typeof answer?.ok === 'boolean' && typeof answer.version === 'string') return answer as Answer<C>;
  } catch {
    // Said below.
  }
  throw new FatalError(
    `what answers on ${join(folder, CONTROL_SOCKET)} is no worker that this command (${projectVersion()}) knows: use the one of the worker's version`,
  );
}

async function lineFrom(folder: string, line: string, timeoutMs: number): Promise<string> {
  let handle: number | undefined;
  try {
    handle = openSync(folder, 'r');
    return await exchange(join(socketFolder(folder, handle), CONTROL_SOCKET), line, timeoutMs);
  } catch (error) {
    throw unanswered(folder, error as NodeJS.ErrnoException);
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

function exchange(path: string, line: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(path, () => socket.write(`${line}\n`));
    const late = setTimeout(() => socket.destroy(Object.assign(new Error('late'), { code: 'ETIMEDOUT' })), timeoutMs);
    socket.setEncoding('utf8').on('data', (piece: string) => (answer += piece));
    socket.once('error', reject);
    socket.once('close', () => {
      clearTimeout(late);
      resolve(answer);
    });
  });
}

function unanswered(folder: string, error: NodeJS.ErrnoException): FatalError {
  const path = join(folder, CONTROL_SOCKET);
  switch (error.code ?? '') {
    case 'ENOENT':
    case 'ECONNREFUSED':
    case 'ENOTDIR':
      return new FatalError(
        `no worker runs on STATE_DIR ${folder} (nobody answers on ${path}). What to do: run this where the worker runs, in its container if it has one, with its STATE_DIR`,
      );
    case 'EACCES':
    case 'EPERM':
      return new FatalError(`you have no right to ${path}. What to do: run this as the user that the worker runs as`);
    case 'ETIMEDOUT':
      return new FatalError(`the worker on STATE_DIR ${folder} does not answer: it is stopped, or busy for seconds`);
    default:
      return new FatalError(`the worker on STATE_DIR ${folder} cannot be asked: ${messageOf(error)}`, error);
  }
}

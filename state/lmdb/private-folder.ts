/**
 * The folder that the store lies in. It holds every address and device token: what we make is closed to everybody else,
 * whatever the umask, and what an earlier version left open is closed.
 *
 *   STATE_DIR is ours (made by us, or by the same user)    the store lies in it, 0700
 *   it is not ours to close, as a Kubernetes volume is     the store lies in `store` in it, 0700
 *     (root:fsGroup 2775), or `store` is there already
 *   anybody may write in it                                refused: another's folder could be put in place of ours
 */
import { chmodSync, lstatSync, mkdirSync, readdirSync, statSync, type Stats } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { FatalError, messageOf } from '../../common/errors.js';

/** Also passed when a file is made; the umask may take more away, never give. */
export const FILE_MODE = 0o600;
export const FOLDER_MODE = 0o700;
/** In a STATE_DIR that is not ours. */
const INNER = 'store';

const PERMISSIONS = 0o777;
const OF_OTHERS = 0o077;
/** In a mode. */
export const WRITE_FOR_ALL = 0o002;

/** Makes the folder if need be, and gives its path. Throws FatalError that says what is wrong with it, and what to do. */
export function privateFolder(stateDir: string): string {
  makeFolder(stateDir);
  const outer = statSync(stateDir);
  if (!outer.isDirectory()) throw refused(stateDir, outer, 'is no folder', 'name another one');
  // Windows: what the modes say does not count.
  if (process.geteuid === undefined) return stateDir;
  if ((outer.mode & WRITE_FOR_ALL) !== 0) {
    const advice = `Name a folder in it, such as ${join(stateDir, 'notification-streams')}, or take the right away (chmod o-w)`;
    throw refused(stateDir, outer, 'may be written in by anybody', advice);
  }
  const inner = join(stateDir, INNER);
  if (isThere(inner) || outer.uid !== process.geteuid() || !close(stateDir)) return closedInner(inner);
  return stateDir;
}

/** The folder that `privateFolder` gave the worker of this STATE_DIR, as far as can be seen from outside. */
export function folderIn(stateDir: string): string {
  return isThere(join(stateDir, INNER)) ? join(stateDir, INNER) : stateDir;
}

/** Closes what we have in the folder, its folders included: an earlier version left files as the umask had them. */
export function tighten(folder: string): void {
  if (process.geteuid === undefined) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const { mode, uid } = lstatSync(path);
    // What is another user's, such as a volume's lost+found, is not of our making.
    if (entry.isSymbolicLink() || uid !== process.geteuid()) continue;
    // A folder before what is in it: nobody may come in between.
    if ((mode & OF_OTHERS) !== 0) chmodSync(path, entry.isDirectory() ? FOLDER_MODE : FILE_MODE);
    if (entry.isDirectory()) tighten(path);
  }
}

function closedInner(inner: string): string {
  makeFolder(inner);
  const found = lstatSync(inner);
  if (!found.isDirectory()) throw refused(inner, found, 'is no folder', 'remove it');
  if (found.uid !== process.geteuid!()) {
    const advice = `it must be of user ${process.geteuid!()}, whom this process runs as: chown it, or run the worker as its owner`;
    throw refused(inner, found, 'is of another user', advice);
  }
  if (!close(inner)) {
    const advice = 'mount it so that folders are 0700 (dir_mode), or use a file system that has modes';
    throw refused(inner, lstatSync(inner), 'cannot be closed to others', advice);
  }
  return inner;
}

function makeFolder(path: string): void {
  try {
    const first = mkdirSync(path, { recursive: true, mode: FOLDER_MODE });
    // The umask may have taken away what we need ourselves.
    if (first !== undefined)
      for (let made = resolve(path); made.length >= first.length; made = dirname(made)) chmodSync(made, FOLDER_MODE);
  } catch (error) {
    const parent = resolve(path, '..');
    const found = statSync(parent, { throwIfNoEntry: false });
    const advice = 'make it yourself, or name a folder that this user may make';
    if (found)
      throw refused(
        path,
        undefined,
        `cannot be made in ${described(parent, found)}: ${messageOf(error)}`,
        advice,
        error,
      );
    throw refused(path, undefined, `cannot be made: ${messageOf(error)}`, advice, error);
  }
}

/** False when the file system does not let us, or does not keep it. */
function close(folder: string): boolean {
  if ((statSync(folder).mode & PERMISSIONS) === FOLDER_MODE) return true;
  try {
    chmodSync(folder, FOLDER_MODE);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EPERM' || code === 'EROFS' || code === 'ENOTSUP') return false;
    throw error;
  }
  return (statSync(folder).mode & PERMISSIONS) === FOLDER_MODE;
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function refused(path: string, found: Stats | undefined, what: string, advice: string, cause?: unknown): FatalError {
  const folder = found === undefined ? resolve(path) : described(path, found);
  return new FatalError(`STATE_DIR ${folder} ${what}. What to do: ${advice}`, cause);
}

function described(path: string, { mode, uid, gid }: Stats): string {
  return `${resolve(path)} (mode ${(mode & 0o7777).toString(8).padStart(4, '0')}, owner ${uid}:${gid})`;
}

/**
 * Takes the folder of the store: closed to others, locked, and with what an earlier version left beside it moved in.
 *
 *   1. folder   private-folder.ts
 *   2. lock     directory-lock.ts
 *   3. move     a store that lies in STATE_DIR itself, where the folder is one in it; under the lock of its old place as
 *               well, which a worker of an earlier version would hold
 *   4. tighten  whatever is open to others from before
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../common/log.js';
import { DATA_FILE, LOCK_FILE, QUARANTINE, quarantine } from './lmdb/quarantine.js';
import { DirectoryLock } from './lmdb/directory-lock.js';
import { FOLDER_MODE, privateFolder, tighten } from './lmdb/private-folder.js';
import { MARKS } from './lmdb/store-marks.js';

export interface StateFolder {
  /** Where the store lies: STATE_DIR, or a folder in it. */
  readonly directory: string;
  readonly lock: DirectoryLock;
}

/** Rejects with FatalError when the folder is not to be had: open to others, of another user, or in use. */
export async function takeStateFolder(stateDir: string, log: Logger): Promise<StateFolder> {
  const directory = privateFolder(stateDir);
  const lock = await DirectoryLock.take(directory);
  try {
    if (directory !== stateDir) await moveIn(stateDir, directory, log);
    tighten(directory);
  } catch (error) {
    await lock.release();
    throw error;
  }
  return { directory, lock };
}

async function moveIn(from: string, to: string, log: Logger): Promise<void> {
  const isStore = existsSync(join(from, DATA_FILE));
  if (!isStore && !existsSync(join(from, QUARANTINE))) return;
  const lock = await DirectoryLock.take(from);
  try {
    if (existsSync(join(from, QUARANTINE))) mergeQuarantine(join(from, QUARANTINE), join(to, QUARANTINE));
    if (!isStore) return;
    // Both are there when an earlier version ran in between: the one that was written last is further on.
    const [kept, why] = [join(to, DATA_FILE), 'an earlier version of the worker wrote another store beside it'];
    if (existsSync(kept) && statSync(kept).mtimeMs >= statSync(join(from, DATA_FILE)).mtimeMs) {
      const quarantined = quarantine(from, 'surplus', why, to);
      log.warn({ from, quarantined }, 'STATE_DIR holds an older store beside ours: moved into quarantine');
      return;
    }
    const quarantined = existsSync(kept) ? quarantine(to, 'surplus', why) : undefined;
    for (const name of [LOCK_FILE, ...MARKS, DATA_FILE])
      if (existsSync(join(from, name))) renameSync(join(from, name), join(to, name));
    log.warn({ from, to, quarantined }, 'the store was moved into a folder that nobody else can read');
  } finally {
    await lock.release();
  }
}

function mergeQuarantine(from: string, to: string): void {
  mkdirSync(to, { recursive: true, mode: FOLDER_MODE });
  for (const name of readdirSync(from)) if (!existsSync(join(to, name))) renameSync(join(from, name), join(to, name));
  if (readdirSync(from).length === 0) rmdirSync(from);
}

/**
 * Stores in quarantine: in folders of their own below STATE_DIR, which may be a mount and so cannot be moved itself.
 * Never deleted, since one may be the only good copy, except the last of too many: those that came after the first are
 * restored copies.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FILE_MODE, FOLDER_MODE } from './private-folder.js';

export const DATA_FILE = 'data.mdb';
export const LOCK_FILE = 'lock.mdb';
/** The folder's name. */
export const QUARANTINE = 'aside';
const REASON_FILE = 'reason.json';
/** Stores kept: the first ones, and the newest. */
const KEPT = 3;

/** `foreign`: a sound one of another application or cluster. `surplus`: one of ours beside a newer one. */
export type Fault = 'damaged' | 'foreign' | 'surplus';

/** Moves the store of the directory into quarantine, below `to`, and says where it is now. No process may have it open. */
export function quarantine(directory: string, fault: Fault, why: string, to = directory): string {
  const folder = join(to, QUARANTINE);
  const stamp = new Date().toISOString().replaceAll(/[:.]/g, '-');
  const target = join(folder, `${stamp}-${fault}`);
  for (const surplus of stored(to).slice(KEPT - 1)) rmSync(join(folder, surplus), { recursive: true });
  mkdirSync(target, { recursive: true, mode: FOLDER_MODE });
  writeFileSync(join(target, REASON_FILE), `${JSON.stringify({ fault, why })}\n`, { mode: FILE_MODE });
  renameSync(join(directory, DATA_FILE), join(target, DATA_FILE));
  rmSync(join(directory, LOCK_FILE), { force: true });
  return target;
}

/** The first damaged store that went into quarantine and is still there: it may hold what a changelog has lost. */
export function quarantinedDamage(directory: string): string | undefined {
  const folder = join(directory, QUARANTINE);
  const found = stored(directory).find((name) => faultOf(join(folder, name, REASON_FILE)) === 'damaged');
  return found && join(folder, found);
}

/** Oldest first. */
function stored(directory: string): string[] {
  const folder = join(directory, QUARANTINE);
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

function faultOf(path: string): Fault | undefined {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as { fault: Fault }).fault : undefined;
}

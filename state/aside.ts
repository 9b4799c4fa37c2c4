/**
 * Stores that were moved aside: in folders of their own below STATE_DIR, which may be a mount and so can not be moved
 * itself. Never deleted, since one may be the only good copy, but for the last of too many: those that came after the
 * first are restored copies.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const DATA_FILE = 'data.mdb';
const LOCK_FILE = 'lock.mdb';
const FOLDER = 'aside';
const REASON_FILE = 'reason.json';
/** Stores kept: the first ones, and the newest. */
const KEPT = 3;

/** `foreign`: a sound one of another application or cluster. */
export type Fault = 'damaged' | 'foreign';

/** Moves the store of the directory aside and says where it is now. No process may have it open. */
export function moveAside(directory: string, fault: Fault, why: string): string {
  const folder = join(directory, FOLDER);
  const stamp = new Date().toISOString().replaceAll(/[:.]/g, '-');
  const target = join(folder, `${stamp}-${fault}`);
  for (const surplus of stored(directory).slice(KEPT - 1)) rmSync(join(folder, surplus), { recursive: true });
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, REASON_FILE), `${JSON.stringify({ fault, why })}\n`);
  renameSync(join(directory, DATA_FILE), join(target, DATA_FILE));
  rmSync(join(directory, LOCK_FILE), { force: true });
  return target;
}

/** The first damaged store that was moved aside and is still there: it may hold what a changelog has lost. */
export function damagedAside(directory: string): string | undefined {
  const folder = join(directory, FOLDER);
  const found = stored(directory).find((name) => faultOf(join(folder, name, REASON_FILE)) === 'damaged');
  return found && join(folder, found);
}

/** Oldest first. */
function stored(directory: string): string[] {
  const folder = join(directory, FOLDER);
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

function faultOf(path: string): Fault | undefined {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as { fault: Fault }).fault : undefined;
}

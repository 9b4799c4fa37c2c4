/**
 * Two marks beside the store, for the next start: it was found to be damaged while it was in use; it is being opened.
 * The second is left only by a process that died while it opened, as LMDB makes it do on what it can not read.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FILE_MODE } from './private-folder.js';

const SUSPECT = 'suspect';
const OPENING = 'opening';
/** A process may be killed by others while it opens; twice in a row it was the store. */
const DEATHS = 2;

/** Names of the files. */
export const MARKS: readonly string[] = [SUSPECT, OPENING];

/** Says so to the next start. A mark that can not be written is done without: the check of the file stands by itself. */
export function suspect(directory: string, why: string): void {
  mark(directory, SUSPECT, why);
}

export function opening(directory: string): void {
  mark(directory, OPENING, String(deathsWhileOpening(directory) + 1));
}

export function opened(directory: string): void {
  for (const name of [SUSPECT, OPENING]) rmSync(join(directory, name), { force: true });
}

/** Why the store is not to be opened again, as earlier processes found; undefined when they found nothing. */
export function distrusted(directory: string): string | undefined {
  const why = read(directory, SUSPECT);
  if (why !== undefined) return why || 'it was found to be damaged while it was in use';
  const deaths = deathsWhileOpening(directory);
  return deaths >= DEATHS ? `the process died ${deaths} times while it opened it` : undefined;
}

function deathsWhileOpening(directory: string): number {
  return Number(read(directory, OPENING) ?? 0);
}

function read(directory: string, name: string): string | undefined {
  try {
    return readFileSync(join(directory, name), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function mark(directory: string, name: string, text: string): void {
  try {
    writeFileSync(join(directory, name), text, { mode: FILE_MODE });
  } catch {
    // a full disk, for one
  }
}

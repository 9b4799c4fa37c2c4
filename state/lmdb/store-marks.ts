/**
 * Marks beside the store, for the next start: it was found to be damaged while it was in use; it is being opened; it is
 * being written. A process that dies leaves the last two, as LMDB makes it do on what it cannot read. A mark that cannot
 * be written, on a full disk for one, is done without: the check of the store stands by itself.
 */
import { closeSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { FILE_MODE } from './private-folder.js';

const SUSPECT = 'suspect';
const OPENING = 'opening';
const WRITING = 'writing';
/** A process may be killed by others while it opens; twice in a row it was the store. */
const DEATHS_OPENING = 2;
/** A write is under way more often. */
const DEATHS_WRITING = 3;

/** Names of the files. */
export const MARKS: readonly string[] = [SUSPECT, OPENING, WRITING];

export function suspect(directory: string, why: string): void {
  unlessItFails(() => writeFileSync(join(directory, SUSPECT), why, { mode: FILE_MODE }));
}

export function opening(directory: string): void {
  const deaths = String(deathsWhileOpening(directory) + 1);
  unlessItFails(() => writeFileSync(join(directory, OPENING), deaths, { mode: FILE_MODE }));
}

export function opened(directory: string): void {
  remove(directory, [SUSPECT, OPENING]);
}

/** The store is another one from here on. */
export function clearMarks(directory: string): void {
  remove(directory, MARKS);
}

/** Why the store is not to be opened again, as earlier processes found; undefined when they found nothing. */
export function distrusted(directory: string): string | undefined {
  const why = read(directory, SUSPECT);
  if (why !== undefined) return why || 'it was found to be damaged while it was in use';
  const opening = deathsWhileOpening(directory);
  if (opening >= DEATHS_OPENING) return `the process died ${opening} times while it opened it`;
  const writing = deathsWhileWriting(directory);
  return writing >= DEATHS_WRITING ? `${writing} processes in a row died while they wrote it` : undefined;
}

/** Says in a file, while the store is in use, whether a write is under way: the deaths before this process, and `w` or `-`. */
export class WriteMark {
  readonly #directory: string;
  readonly #deaths: number;
  readonly #file: number | undefined;
  #writes = 0;

  constructor(directory: string) {
    this.#directory = directory;
    this.#deaths = deathsWhileWriting(directory);
    this.#file = unlessItFails(() => openSync(join(directory, WRITING), 'w', FILE_MODE));
  }

  begin(): void {
    this.#writes += 1;
    if (this.#writes === 1) this.#say('w');
  }

  end(): void {
    this.#writes -= 1;
    if (this.#writes === 0) this.#say('-');
  }

  /** The process ends as it should. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    remove(this.#directory, [WRITING]);
  }

  #say(state: 'w' | '-'): void {
    const file = this.#file;
    if (file !== undefined) unlessItFails(() => writeSync(file, `${this.#deaths}${state}`, 0));
  }
}

function deathsWhileOpening(directory: string): number {
  return Number(read(directory, OPENING) ?? 0);
}

/** In a row, that of the last process included. */
function deathsWhileWriting(directory: string): number {
  const deaths = /^(\d+)w$/.exec(read(directory, WRITING) ?? '')?.[1];
  return deaths === undefined ? 0 : Number(deaths) + 1;
}

function read(directory: string, name: string): string | undefined {
  try {
    return readFileSync(join(directory, name), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function remove(directory: string, names: readonly string[]): void {
  for (const name of names) rmSync(join(directory, name), { force: true });
}

function unlessItFails<T>(write: () => T): T | undefined {
  try {
    return write();
  } catch {
    return undefined; // as the head of this file says
  }
}

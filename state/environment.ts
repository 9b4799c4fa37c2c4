/**
 * The LMDB environment: one a process, on one directory, behind two small stores.
 *
 * lmdb-js defaults: a write is committed and visible when its promise resolves, and reaches the disk a little later
 * (overlappingSync); never noSync or a writable map, which can corrupt. That is enough, since Kafka holds the truth:
 * after a crash the store stands at an earlier commit and the changelog is replayed from there.
 */
import { mkdirSync } from 'node:fs';
import { open, type Database, type RootDatabase } from 'lmdb';
import { FatalError, messageOf } from '../topology/errors.js';

export type Table = Database<Buffer, Buffer>;

/** Named tables in one environment; lmdb-js's own default of 12 is too few for a table a task. */
const MAX_TABLES = 4096;

export class StateEnvironment {
  readonly #root: RootDatabase<Buffer, Buffer>;
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
    try {
      mkdirSync(directory, { recursive: true });
      this.#root = open({ path: directory, maxDbs: MAX_TABLES, encoding: 'binary', keyEncoding: 'binary' });
    } catch (error) {
      throw new FatalError(`STATE_DIR ${directory} can not be opened as a state store: ${messageOf(error)}`, error);
    }
  }

  table(name: string): Table {
    return this.#root.openDB({ name, encoding: 'binary', keyEncoding: 'binary' });
  }

  /** Names of the tables that exist. */
  tables(): string[] {
    return [...this.#root.getKeys()].map((name) => Buffer.from(name).toString('utf8').replaceAll('\0', ''));
  }

  /** Waits until everything written is on the disk, and closes. */
  async close(): Promise<void> {
    await this.#root.flushed;
    await this.#root.close();
  }
}

/** All writes of `write`, or none. Rejects with FatalError when the disk refuses: nothing that Kafka holds is lost. */
export async function writeAtomically(table: Table, write: () => void): Promise<void> {
  try {
    await table.batch(write);
  } catch (error) {
    // lmdb-js rejects a second promise with nobody listening (its issue 368), which would end the process unheard.
    const { commitError } = error as { commitError?: Promise<unknown> };
    commitError?.catch(() => undefined); // the same failure as `error`
    throw new FatalError(`the state store can not be written: ${messageOf(error)}`, error);
  }
}

// Uses private parts of lmdb-js (its exit listener, commitError, the option create); package.json pins it exactly.
/**
 * The LMDB environment: one a process, on one directory, behind a few small stores.
 *
 * lmdb-js defaults: a write is committed and visible when its promise resolves, and reaches the disk a little later
 * (overlappingSync); never noSync or a writable map, which can corrupt. That is enough, since Kafka holds the truth:
 * after a crash the store stands at an earlier commit and the changelog is replayed from there.
 */
import { chmodSync, mkdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { ABORT, open, type RootDatabase, type RootDatabaseOptionsWithPath } from 'lmdb';
import { atMost } from '../../common/at-most.js';
import { getOrMake } from '../../common/get-or-make.js';
import { FatalError, messageOf, StoreDamagedError, StoreFullError } from '../../common/errors.js';
import { DATA_FILE, LOCK_FILE } from './quarantine.js';
import { isDamage, isFull } from './native-errors.js';
import { FILE_MODE, FOLDER_MODE } from './private-folder.js';
import { suspect, WriteMark } from './store-marks.js';
import { Batch, pagesOf, Table, type TreeStats } from './table.js';

/** Named tables in one environment; lmdb-js's own default of 12 is too few for a table a task. */
const MAX_TABLES = 4096;
/**
 * With less no write is begun. A write that the disk refuses makes LMDB print a message of more than 100 bytes into a
 * buffer of 100 (mdb.c, lmdb-js 3.5), which now and then ends the process. Less than what free-space.ts waits for.
 */
const LEAST_FREE_BYTES = 2 * 1024 * 1024;
/** Bytes of one value: so many free pages in a row there seldom are, so that LMDB looks through its whole list for them. */
const FREE_LIST_BYTES = 16 * 1024 * 1024;
/** lmdb-js does not tell of the flush after a commit that failed, and its `close` waits for it: bounded, ms. */
const CLOSE_MS = 3000;

/** Bytes of the store's file, and what they are. */
export interface StoreUsage {
  readonly file: number;
  readonly used: number;
  /** To be written again: the file does not shrink. */
  readonly freePages: number;
}

/** LMDB's own, of each environment. */
const META_PAGES = 2;

export class StateEnvironment {
  readonly #root: RootDatabase<Buffer, Buffer>;
  readonly #writing = new Set<Promise<unknown>>();
  readonly #tables = new Map<string, Table>();
  #closing: Promise<void> | undefined;
  #mark: WriteMark | undefined;
  readonly directory: string;

  /** What is in the directory must be known to be sound: see open-state.ts. */
  constructor(directory: string) {
    this.directory = directory;
    try {
      mkdirSync(directory, { recursive: true, mode: FOLDER_MODE });
      this.#root = openUnhooked({
        path: directory,
        // Else a name with a dot in it is taken for that of a file.
        noSubdir: false,
        maxDbs: MAX_TABLES,
        encoding: 'binary',
        keyEncoding: 'binary',
        // Every write is a batch of its own; with it, a write that fails rejects a promise that nobody can listen to.
        eventTurnBatching: false,
      });
      // LMDB makes them as the umask has it.
      for (const file of [DATA_FILE, LOCK_FILE]) chmodSync(join(directory, file), FILE_MODE);
    } catch (error) {
      throw new FatalError(`STATE_DIR ${directory} cannot be opened as a state store: ${messageOf(error)}`, error);
    }
  }

  /** The same one for the same name: so its users see that it was made, and can take turns. */
  table(tableName: string): Table {
    this.#checkOpen();
    return getOrMake(this.#tables, tableName, () => this.#open(tableName));
  }

  #open(tableName: string): Table {
    return new Table(tableName, {
      open: (name, create) => {
        // `create` is not among the types of lmdb-js; without it, a table that is not there is undefined.
        const options = { name, encoding: 'binary', keyEncoding: 'binary', create } as const;
        return this.#root.openDB<Buffer, Buffer>(options);
      },
      failed: (error) => (isDamage(error) ? this.damaged(messageOf(error), error) : (error as Error)),
      checkOpen: () => this.#checkOpen(),
      during: (write) => this.#during(write),
      checkFreeSpace: () => this.#checkFreeSpace(),
    });
  }

  #checkOpen(): void {
    if (this.#closing) throw new FatalError(`the state store in STATE_DIR ${this.directory} is closed`);
  }

  #during(write: Promise<unknown>): void {
    const mark = (this.#mark ??= new WriteMark(this.directory));
    mark.begin();
    const ended = write
      .catch(() => undefined) // whoever writes hears of it
      .finally(() => {
        mark.end();
        this.#writing.delete(ended);
      });
    this.#writing.add(ended);
  }

  /** By the file system's own numbers, which know of no quota: what they do not tell, the write finds out. */
  #checkFreeSpace(): void {
    const { blocks, bfree, bsize } = statfsSync(this.directory);
    const free = bfree * bsize;
    if (blocks > 0 && free < LEAST_FREE_BYTES)
      throw new StoreFullError(
        `the state store is not written: ${free} bytes are left, and ${LEAST_FREE_BYTES} wanted`,
      );
  }

  /** Names of the tables that exist. */
  tables(): string[] {
    this.#checkOpen();
    return [...this.#root.getKeys()].map((name) => Buffer.from(name).toString('utf8').replaceAll('\0', ''));
  }

  /** What LMDB says of its pages, without looking at them: some 50 µs a table. Undefined once it closes. */
  usage(): StoreUsage | undefined {
    if (this.#closing) return undefined;
    const { pageSize, lastPageNumber, root, free } = this.#root.getStats() as {
      readonly pageSize: number;
      readonly lastPageNumber: number;
      readonly root: TreeStats;
      readonly free: TreeStats;
    };
    const tables = this.tables().reduce((sum, name) => sum + this.table(name).pages, 0);
    const pages = lastPageNumber + 1;
    const used = META_PAGES + pagesOf(root) + pagesOf(free) + tables;
    return { file: pages * pageSize, used: used * pageSize, freePages: Math.max(0, pages - used) * pageSize };
  }

  /** Has LMDB load its list of free pages, as the first write would: a write that needs more than there are is taken back. */
  loadFreeList(): void {
    this.#root.transactionSync(() => {
      void this.#root.put(Buffer.from('free list'), Buffer.alloc(FREE_LIST_BYTES));
      return ABORT;
    });
  }

  /** The error to throw for what is wrong in the store; the next start moves it into quarantine, whatever it looks like then. */
  damaged(why: string, cause?: unknown): StoreDamagedError {
    suspect(this.directory, why);
    return new StoreDamagedError(
      `the state store in STATE_DIR ${this.directory} is damaged: ${why}. The next start moves it into quarantine and restores it from the changelog`,
      cause,
    );
  }

  /**
   * Waits until everything written is on the disk, and closes. What is not by then, the kernel has: only the machine's end
   * would lose it. Nothing is read or written any more: LMDB is not to be closed under it.
   */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    const closed = Promise.all(this.#writing)
      .then(() => this.#root.flushed)
      .then(() => this.#root.close());
    if (await atMost(closed, CLOSE_MS)) this.#mark?.close();
  }
}

/**
 * lmdb-js closes every environment when the process exits, also in the midst of a write on a thread of its own, and the
 * process then dies of SIGSEGV, once in some hundred (3.5.6, EnvWrap::onExit). Node waits for its threads; what they have
 * written by then is whole, and the next start takes the place of readers that are gone.
 */
function openUnhooked(options: RootDatabaseOptionsWithPath): RootDatabase<Buffer, Buffer> {
  const before = process.listeners('exit');
  const root = open<Buffer, Buffer>(options);
  for (const listener of process.listeners('exit')) if (!before.includes(listener)) process.off('exit', listener);
  return root;
}

/**
 * All that `write` puts together, or nothing. Rejects with StoreFullError when the disk takes no more: nothing that
 * Kafka holds is lost, and the store stays as it was.
 */
export async function writeAtomically(table: Table, write: (batch: Batch) => void): Promise<void> {
  const batch = new Batch();
  write(batch);
  try {
    await table.write(batch);
  } catch (error) {
    if (error instanceof StoreFullError) throw error;
    const cause = await causeOf(error);
    const message = `the state store cannot be written: ${messageOf(cause)}`;
    if (isFull(cause)) throw new StoreFullError(message, cause);
    throw isDamage(cause) ? table.failed(cause) : new FatalError(message, cause);
  }
}

/** Removes everything from the table, or nothing. */
export function clear(table: Table): Promise<void> {
  return writeAtomically(table, (batch) => {
    for (const key of table.keys()) batch.remove(key);
  });
}

/** What lmdb-js's "Commit failed" is about, in a second promise that it rejects (its issue 368). */
async function causeOf(error: unknown): Promise<unknown> {
  const { commitError } = error as { commitError?: Promise<unknown> };
  let cause = error;
  const known = commitError?.catch((inner: unknown) => {
    cause = inner;
  });
  if (known) await atMost(known, CLOSE_MS);
  return cause;
}

/**
 * The process that reads all of a store for check-store.ts: `<directory> <identity>`. It opens the store as the worker
 * will, so that LMDB chooses the same of its states, and changes nothing in the store. Says a dot a line as it goes, and in the end its verdict.
 *
 *   1. headers    each page is where it belongs
 *   2. formats    a store of another, or of a newer version, is read too, but its checksums are not ours to know
 *   3. entries    each of every table: in order, as many as the table says, found by its key, with the checksum that it carries
 *   4. free list  LMDB is made to load it, by a write that is taken back
 */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { FatalError, messageOf, StoreDamagedError } from '../common/errors.js';
import type { StoreVerdict } from './check-store.js';
import { isTaskTable, storedTasks } from './dedup/task-store.js';
import { DIRECTORY_TABLE, isSealedInDirectory, readDirectoryHead } from './directory/user-directory.js';
import { StateEnvironment } from './lmdb/environment.js';
import { refusalOf, type StoreIdentity } from './lmdb/identity.js';
import { isDamage } from './lmdb/native-errors.js';
import { checkHeaders } from './lmdb/page-headers.js';
import { DATA_FILE } from './lmdb/quarantine.js';
import { unseal } from './lmdb/sealed.js';
import { distrusted } from './lmdb/store-marks.js';
import type { Table } from './lmdb/table.js';

/** Entries between two signs of life. */
const STRIDE = 1000;

const [directory, identity] = process.argv.slice(2) as [string, string];
say(JSON.stringify(examine(directory, JSON.parse(identity) as StoreIdentity)));
// At once: nothing was written, and a table that is damaged after all is not to be closed.
process.exit(0);

function examine(folder: string, own: StoreIdentity): StoreVerdict {
  let environment: StateEnvironment;
  try {
    const headers = checkHeaders(join(folder, DATA_FILE), alive);
    if (headers.kind !== 'sound') return headers;
    environment = new StateEnvironment(folder);
  } catch (error) {
    const cause = error instanceof FatalError ? error.cause : error;
    const isOfStore = isDamage(cause) || (cause as NodeJS.ErrnoException).code === 'EIO';
    // Such as a right that is missing: the worker tries by itself, and says so.
    return { kind: isOfStore ? 'damaged' : 'unchecked', why: messageOf(error) };
  }
  try {
    readAll(environment, own);
    return { kind: 'sound' };
  } catch (error) {
    // What a reader finds is said to the next start as well, in shorter words.
    return { kind: 'damaged', why: (error instanceof StoreDamagedError && distrusted(folder)) || messageOf(error) };
  }
}

function readAll(environment: StateEnvironment, own: StoreIdentity): void {
  const isOurs = hasOurFormats(environment, own);
  for (const name of environment.tables()) read(environment.table(name), (key) => isOurs && carriesChecksum(name, key));
  environment.loadFreeList();
}

/** False for what the worker will refuse. Throws StoreDamagedError for what no version of ours has written. */
function hasOurFormats(environment: StateEnvironment, own: StoreIdentity): boolean {
  try {
    if (refusalOf(environment, own)) return false;
    storedTasks(environment);
    readDirectoryHead(environment);
    return true;
  } catch (error) {
    if (error instanceof FatalError) return false;
    throw error;
  }
}

function carriesChecksum(table: string, key: Buffer): boolean {
  return isTaskTable(table) || (table === DIRECTORY_TABLE && isSealedInDirectory(key));
}

function read(table: Table, carriesChecksum: (key: Buffer) => boolean): void {
  let count = 0;
  let previous: Buffer | undefined;
  table.readAll((key, value) => {
    const fault =
      previous && previous.compare(key) >= 0
        ? 'is not in order'
        : value === undefined
          ? 'is not found by its key'
          : carriesChecksum(key) && !unseal(value)
            ? 'has a wrong checksum'
            : undefined;
    if (fault !== undefined) throw new Error(`entry ${count} of table ${table.name} ${fault}`);
    previous = key;
    count += 1;
    if (count % STRIDE === 0) alive();
  });
  if (count !== table.entryCount)
    throw new Error(`table ${table.name} says that it has ${table.entryCount} entries, and has ${count}`);
}

function alive(): void {
  say('.');
}

/** The worker is gone when this fails, and nobody wants to know. */
function say(line: string): void {
  writeSync(1, `${line}\n`);
}

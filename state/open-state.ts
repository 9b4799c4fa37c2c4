/**
 * Opening the state directory, whatever is in it: what is not a sound store of ours is moved aside, and the tasks
 * restore from their changelog. Only a store of a newer format is neither opened nor moved: it stops the worker.
 *
 *   1. room       on a full disk LMDB can not even be opened
 *   2. marks      an earlier process found it damaged, or died of it
 *   3. file       every page in use is read and checked, without LMDB
 *   4. identity   whose it is, and in what format
 *   5. tables     each task's checkpoint: its checksum, its format, its task
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { FatalError, messageOf, StoreDamagedError } from '../common/errors.js';
import type { Logger } from '../common/log.js';
import { DATA_FILE, moveAside } from './lmdb/aside.js';
import { checkDataFile, type DataFileVerdict } from './lmdb/data-file.js';
import { StateEnvironment } from './lmdb/environment.js';
import { claimIdentity, type Refusal, type StoreIdentity } from './lmdb/identity.js';
import type { Room } from './lmdb/room.js';
import { distrusted, opened, opening } from './lmdb/store-marks.js';
import { storedTasks } from './dedup/task-store.js';

export interface OpenStateOptions {
  readonly directory: string;
  readonly identity: StoreIdentity;
  readonly room: Room;
  readonly log: Logger;
}

/** The caller holds the directory's lock. Rejects with FatalError for a newer format. */
export async function openState(options: OpenStateOptions, signal: AbortSignal): Promise<StateEnvironment> {
  const { directory, room, log } = options;
  let environment: StateEnvironment | undefined;
  await room.ensure(signal);
  await room.write(async () => {
    for (;;) {
      const found = await examine(directory, options.identity);
      if (found instanceof StateEnvironment) {
        environment = found;
        return;
      }
      const { fault, why } = found;
      const aside = moveAside(directory, fault, why);
      opened(directory);
      log.error(
        { directory, fault, why, aside },
        'the state store can not be used: moved aside, it is restored from the changelog',
      );
    }
  }, signal);
  return environment!;
}

/** The store, opened, or why it is not to be used. Throws FatalError for a newer format. */
export async function examine(directory: string, identity: StoreIdentity): Promise<StateEnvironment | Refusal> {
  const file = join(directory, DATA_FILE);
  const doubt = existsSync(file) ? distrusted(directory) : undefined;
  if (doubt !== undefined) return { fault: 'damaged', why: doubt };
  const verdict = await checked(file, directory);
  if (verdict.kind === 'damaged') return { fault: 'damaged', why: verdict.why };
  if (verdict.kind === 'newer') {
    throw new FatalError(
      `STATE_DIR ${directory} was written by a newer LMDB (data format ${verdict.version}): run the version that wrote it, or a newer one`,
    );
  }
  opening(directory);
  const environment = new StateEnvironment(directory);
  try {
    const refusal = await claimIdentity(environment, identity);
    if (!refusal) {
      storedTasks(environment);
      opened(directory);
      return environment;
    }
    await environment.close();
    return refusal;
  } catch (error) {
    await environment.close();
    if (error instanceof StoreDamagedError) return { fault: 'damaged', why: distrusted(directory) ?? error.message };
    opened(directory);
    throw error;
  }
}

async function checked(file: string, directory: string): Promise<DataFileVerdict> {
  try {
    return await checkDataFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EIO') return { kind: 'damaged', why: messageOf(error) };
    throw new FatalError(`STATE_DIR ${directory} can not be opened as a state store: ${messageOf(error)}`, error);
  }
}

/**
 * Opening the state directory, whatever is in it: what is not a sound store of ours goes into quarantine, and the tasks
 * restore from their changelog. Only a store of a newer format is neither opened nor moved: it stops the worker.
 *
 *   1. free space  on a full disk LMDB cannot even be opened
 *   2. marks       earlier processes found it damaged, or died of it
 *   3. check       a process of its own reads everything, with checksums, and dies in our place
 *   4. identity    whose it is, and in what format
 *   5. tables      each task's checkpoint: its checksum, its format, its task
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { FatalError, StoreDamagedError } from '../common/errors.js';
import type { Logger } from '../common/log.js';
import { checkStore } from './check-store.js';
import { storedTasks } from './dedup/task-store.js';
import { StateEnvironment } from './lmdb/environment.js';
import type { FreeSpace } from './lmdb/free-space.js';
import { claimIdentity, type Refusal, type StoreIdentity } from './lmdb/identity.js';
import { DATA_FILE, quarantine } from './lmdb/quarantine.js';
import { clearMarks, distrusted, opened, opening } from './lmdb/store-marks.js';

export interface OpenStateOptions {
  readonly directory: string;
  readonly identity: StoreIdentity;
  readonly space: FreeSpace;
  readonly log: Logger;
}

/** The caller holds the directory's lock. Rejects with FatalError for a newer format. */
export async function openState(options: OpenStateOptions, signal: AbortSignal): Promise<StateEnvironment> {
  const { directory, space, log } = options;
  await space.ensure(signal);
  return space.write(async () => {
    for (;;) {
      const found = await examine(options, signal);
      if (found instanceof StateEnvironment) return found;
      const { fault, why } = found;
      const quarantined = quarantine(directory, fault, why);
      clearMarks(directory);
      log.error(
        { directory, fault, why, quarantined },
        'the state store cannot be used: moved into quarantine, it is restored from the changelog',
      );
    }
  }, signal);
}

/** The store, opened, or why it is not to be used. Throws FatalError for a newer format. */
export async function examine(
  { directory, identity, log }: Omit<OpenStateOptions, 'space'>,
  signal?: AbortSignal,
): Promise<StateEnvironment | Refusal> {
  if (existsSync(join(directory, DATA_FILE))) {
    const why = distrusted(directory) ?? (await damageOf({ directory, identity, log }, signal));
    if (why !== undefined) return { fault: 'damaged', why };
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

/** Undefined when the store is sound, as far as one that reads it can see. */
async function damageOf(
  { directory, identity, log }: Omit<OpenStateOptions, 'space'>,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const verdict = await checkStore(directory, identity, signal);
  switch (verdict.kind) {
    case 'sound':
      return undefined;
    case 'damaged':
      return verdict.why;
    case 'newer':
      throw new FatalError(
        `STATE_DIR ${directory} was written by a newer LMDB (data format ${verdict.version}): run the version that wrote it, or a newer one`,
      );
    case 'unchecked':
      // The marks still hold: two processes that die while they open it are enough.
      log.warn({ directory, why: verdict.why }, 'the state store could not be checked: it is opened without');
      return undefined;
  }
}

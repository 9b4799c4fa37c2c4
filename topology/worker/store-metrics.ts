/** What the state store takes, at a scrape. */
import { messageOf } from '../../common/errors.js';
import type { Logger } from '../../common/log.js';
import type { Metrics } from '../../common/metrics.js';
import type { UserDirectory } from '../../state/directory/user-directory.js';
import type { StateEnvironment } from '../../state/lmdb/environment.js';
import type { FreeSpace } from '../../state/lmdb/free-space.js';

export interface MeasuredStore {
  readonly space: FreeSpace;
  /** Once it is opened. */
  readonly state: { readonly environment: StateEnvironment; readonly directory: UserDirectory } | undefined;
  /** Entries of the tasks' stores. */
  readonly entries: number;
}

/** Never rejects: what cannot be asked for is not there in the scrape. */
export async function measureStore({ space, state, entries }: MeasuredStore, metrics: Metrics, log: Logger) {
  const { store_bytes: bytes, store_entries: held, disk_free_bytes: free, directory_entries: users } = metrics;
  const left = await space.bytes().catch((error: unknown) => {
    log.debug({ error: messageOf(error) }, 'the free space of STATE_DIR cannot be asked for');
    return undefined;
  });
  if (left === undefined) free.remove();
  else free.set(left);
  const usage = state?.environment.usage();
  bytes.reset();
  held.reset();
  users.set(state?.directory.size ?? 0);
  if (!state || !usage) return;
  bytes.set({ kind: 'file' }, usage.file);
  bytes.set({ kind: 'used' }, usage.used);
  bytes.set({ kind: 'free_pages' }, usage.freePages);
  held.set({ store: 'dedup' }, entries);
  held.set({ store: 'directory' }, state.directory.size);
}

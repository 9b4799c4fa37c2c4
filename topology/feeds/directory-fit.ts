/**
 * Whether the stored user directory is of its topic, and where to read on. The rows, first match:
 *
 *   store          topic                                    then
 *   ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
 *   no users       any                                      read from the start
 *   other topic    holds nothing                            stop: the store may be the only good copy
 *   other topic    holds records                            wiped, read from the start
 *   within         same topic, or not known                 read on
 *   beyond         holds nothing                            stop: the store may be the only good copy
 *   beyond         same topic: it lost its end              read from the start; entries are facts and stay
 *   beyond         not known                                wiped, read from the start
 */
import { FatalError } from '../../common/errors.js';

export interface DirectoryStand {
  readonly topic: string;
  readonly topicId: string | undefined;
  /** Last offsets by partition. */
  readonly ends: readonly number[];
  /** Looks whether a committed record is in the topic. */
  readonly holdsRecords: () => Promise<boolean>;
}

export interface DirectoryStore {
  readonly size: number;
  readonly topicId: string | undefined;
  position(partition: number): number | undefined;
}

export async function directoryFit(
  store: DirectoryStore,
  { topic, topicId, ends, holdsRecords }: DirectoryStand,
): Promise<'read-on' | 'read-again' | 'wipe'> {
  const isKnown = topicId !== undefined && store.topicId !== undefined;
  const isOther = isKnown && topicId !== store.topicId;
  if (store.size === 0) return isOther ? 'wipe' : 'read-on';
  const isBeyond = ends.some((end, partition) => (store.position(partition) ?? 0) > end);
  if (!isOther && !isBeyond) return 'read-on';
  if (!(await holdsRecords())) {
    throw new FatalError(
      `the user directory's topic ${topic} is empty beside a store that knows ${store.size} users: the topic was emptied or recreated, and the store ` +
        'may be the only good copy. Run `notification-streams state reseed` to write the store to the topic, or remove STATE_DIR to begin without it',
    );
  }
  return isKnown && !isOther ? 'read-again' : 'wipe';
}

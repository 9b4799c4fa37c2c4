/**
 * Whether a store is of its changelog, and what to do about it. The rows, first match:
 *
 *   store         changelog                                 then
 *   ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
 *   empty         any                                       replayed from the start
 *   other topic   holds nothing                             stop: the store may be the only good copy
 *   other topic   holds records                             wiped, replayed from the start
 *   inside        same topic, or not known                  replayed from where the store stands
 *   before        same topic, or not known: it expired      replayed from the start; the store is kept
 *   beyond        holds nothing                             stop: the store may be the only good copy
 *   beyond        same topic: it lost its end               stop: the store holds what the brokers lost
 *   beyond        not known                                 wiped, replayed from the start
 *
 * "Other topic" is another topic id: the topic was deleted and made again, or STATE_DIR is of elsewhere. "Not known":
 * the brokers are older than topic ids, so offsets alone must tell.
 */
import { FatalError } from '../../common/errors.js';

/** What the store says of the changelog that it follows. */
export interface StoreStand {
  readonly changelogId?: string | undefined;
  readonly changelogOffset: number;
}

/** A changelog partition as the brokers have it now. */
export interface ChangelogStand {
  /** Topic and partition, for messages. */
  readonly name: string;
  readonly id: string | undefined;
  readonly start: number;
  /** The high watermark. */
  readonly end: number;
  /** Looks whether a committed record is in it: it may hold aborted ones and markers only. */
  readonly holdsRecords: () => Promise<boolean>;
}

export type Fit =
  | { readonly kind: 'replay'; readonly from: number; readonly expired: number }
  | { readonly kind: 'wipe'; readonly why: string };

/** Throws FatalError, with the way out, where neither the store nor the changelog can be trusted over the other. */
export async function fitOf(store: StoreStand | undefined, changelog: ChangelogStand): Promise<Fit> {
  const { name, id, start, end, holdsRecords } = changelog;
  if (!store) return { kind: 'replay', from: start, expired: 0 };
  const { changelogId, changelogOffset: stored } = store;
  const isKnown = id !== undefined && changelogId !== undefined;
  if (isKnown && id !== changelogId) {
    if (!(await holdsRecords())) throw emptied(name, stored, `it has topic id ${id}, the store is of ${changelogId}`);
    return { kind: 'wipe', why: `the changelog has topic id ${id}, the store is of ${changelogId}` };
  }
  if (stored <= end) return { kind: 'replay', from: Math.max(stored, start), expired: Math.max(0, start - stored) };
  if (!(await holdsRecords())) throw emptied(name, stored, `it ends at ${end}`);
  if (isKnown) {
    throw new FatalError(
      `the changelog ${name} ends at offset ${end}, and its store stands at ${stored}: the brokers lost its end (an unclean leader election, a lost disk), and the store holds what they lost. ` +
        'To write the store back, empty the partition with kafka-delete-records (offset -1) and run `notification-streams state reseed`; to go on with what the changelog still has, remove STATE_DIR',
    );
  }
  return { kind: 'wipe', why: `the store stands at ${stored}, the changelog ends at ${end}` };
}

function emptied(name: string, stored: number, how: string): FatalError {
  return new FatalError(
    `the changelog ${name} is empty beside a store that stands at offset ${stored}: the topic was emptied or recreated (${how}), and the store ` +
      'may be the only good copy. Run `notification-streams state reseed` to write the store to the changelog, or remove STATE_DIR to begin without it',
  );
}

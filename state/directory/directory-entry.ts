import type { UserDirectoryEntry } from '../../schemas/types.js';
import { decimalOf } from '../../common/int64.js';

/** One user in the directory: the newest account event's state, or the dated marker that a deletion leaves. */
export type DirectoryEntry = UserDirectoryEntry;

/** How far ahead of a record's own timestamp, or of the clock, an account event may be stamped. */
export const CLOCK_SLACK_MS = 3_600_000;

type Dated = Pick<DirectoryEntry, 'timestamp'>;

/**
 * Whether an entry takes the place of the one that is there. Of equal timestamps the later wins: entries come in the
 * order of their account partition. One that is ahead of the clock yields to any: what is written today cannot be, so
 * it is of a version that believed every timestamp, or its record's clock was wrong as well.
 */
export function replaces(entry: Dated, present: Dated, clockMs: number): boolean {
  return entry.timestamp >= present.timestamp || isAhead(present, clockMs);
}

/** Whether an entry is stamped more than an hour after the clock. */
export function isAhead({ timestamp }: Dated, clockMs: number): boolean {
  return timestamp > BigInt(clockMs + CLOCK_SLACK_MS);
}

/** The record key of a user's records, here and on the in-app topic. */
export function userKey(tenantId: bigint, userId: bigint): string {
  return `${decimalOf(tenantId)}|${decimalOf(userId)}`;
}

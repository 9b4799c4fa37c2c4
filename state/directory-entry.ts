import type { UserDirectoryEntry } from '../schemas/types.js';
import { decimalOf } from '../topology/int64.js';

/** One user in the directory: the newest account event's state, or the dated marker that a deletion leaves. */
export type DirectoryEntry = UserDirectoryEntry;

/** The newest by (timestamp, eventId) wins, whatever order they come in. */
export function isNewer(
  a: Pick<DirectoryEntry, 'timestamp' | 'eventId'>,
  b: Pick<DirectoryEntry, 'timestamp' | 'eventId'>,
): boolean {
  return a.timestamp === b.timestamp ? a.eventId > b.eventId : a.timestamp > b.timestamp;
}

/** The record key of a user's records, here and on the in-app topic. */
export function userKey(tenantId: bigint, userId: bigint): string {
  return `${decimalOf(tenantId)}|${decimalOf(userId)}`;
}

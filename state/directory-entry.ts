import type { UserDirectoryEntry } from '../schemas/types.js';

/** One user in the directory: the newest account event's state, or the dated marker that a deletion leaves. */
export type DirectoryEntry = UserDirectoryEntry;

/** The newest by (timestamp, eventId) wins, whatever order they come in. */
export function isNewer(
  a: Pick<DirectoryEntry, 'timestamp' | 'eventId'>,
  b: Pick<DirectoryEntry, 'timestamp' | 'eventId'>,
): boolean {
  return a.timestamp === b.timestamp ? a.eventId > b.eventId : a.timestamp > b.timestamp;
}

/** The user that was named last: an event is routed by its user's entry and then sent under its key. */
const last = { tenantId: 0n, userId: 0n, key: '0|0' };

/** The record key of a user's records, here and on the in-app topic. */
export function userKey(tenantId: bigint, userId: bigint): string {
  if (last.userId !== userId || last.tenantId !== tenantId) {
    last.tenantId = tenantId;
    last.userId = userId;
    last.key = `${tenantId}|${userId}`;
  }
  return last.key;
}

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

const ids = new BigInt64Array(2);
const words = new Int32Array(ids.buffer);

/** The record key of a user's records, here and on the in-app topic. */
export function userKey(tenantId: bigint, userId: bigint): string {
  ids[0] = tenantId;
  ids[1] = userId;
  if (words[1] === 0 && words[3] === 0 && words[0]! >= 0 && words[2]! >= 0) return `${words[0]!}|${words[2]!}`;
  return `${tenantId}|${userId}`;
}

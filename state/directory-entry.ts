import type { UserDirectoryEntry } from '../schemas/types.js';
import { UserCache } from './user-cache.js';

/** The keys of 16,384 users are kept. */
const KEY_SET_BITS = 12;

/** One user in the directory: the newest account event's state, or the dated marker that a deletion leaves. */
export type DirectoryEntry = UserDirectoryEntry;

/** The newest by (timestamp, eventId) wins, whatever order they come in. */
export function isNewer(
  a: Pick<DirectoryEntry, 'timestamp' | 'eventId'>,
  b: Pick<DirectoryEntry, 'timestamp' | 'eventId'>,
): boolean {
  return a.timestamp === b.timestamp ? a.eventId > b.eventId : a.timestamp > b.timestamp;
}

/** Making the text of two numbers, and a hash of it, takes longer than looking it up. */
const keys = new UserCache<string>(KEY_SET_BITS);

/** The record key of a user's records, here and on the in-app topic. */
export function userKey(tenantId: bigint, userId: bigint): string {
  let key = keys.get(tenantId, userId);
  if (key === undefined) keys.set(tenantId, userId, (key = `${tenantId}|${userId}`));
  return key;
}

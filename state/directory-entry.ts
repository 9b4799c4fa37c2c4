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

/** A user that was named: making the text of two numbers, and a hash of it, takes longer than looking it up. */
interface NamedUser {
  readonly tenant: number;
  readonly user: number;
  readonly key: string;
}

/** The users that were named last, each where its numbers say; of two that share a place the later one. */
const NAMED_USERS = 1 << 14;
const named: (NamedUser | undefined)[] = Array.from({ length: NAMED_USERS }, () => undefined);

/** The record key of a user's records, here and on the in-app topic. */
export function userKey(tenantId: bigint, userId: bigint): string {
  const tenant = Number(tenantId);
  const user = Number(userId);
  const place = (user + 31 * tenant) & (NAMED_USERS - 1);
  const known = named[place];
  if (known?.user === user && known.tenant === tenant) return known.key;
  const key = `${tenantId}|${userId}`;
  // A number of more than 53 bits could be another's as well.
  if (Number.isSafeInteger(user) && Number.isSafeInteger(tenant)) named[place] = { tenant, user, key };
  return key;
}

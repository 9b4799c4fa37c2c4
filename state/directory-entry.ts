/** One user in the directory: the newest account event's state, or the dated marker that a deletion leaves. */
export interface DirectoryEntry {
  readonly tenantId: bigint;
  readonly userId: bigint;
  /** When the account event happened, ms since the epoch. */
  readonly timestamp: bigint;
  readonly eventId: string;
  readonly deleted: boolean;
  readonly email: string | null;
  readonly fullName: string | null;
  readonly locale: string | null;
  readonly timeZone: string | null;
  readonly deviceTokens: readonly string[];
  readonly mutedChannels: readonly string[];
}

/** The newest by (timestamp, eventId) wins, whatever order they come in. */
export function isNewer(
  a: Pick<DirectoryEntry, 'timestamp' | 'eventId'>,
  b: Pick<DirectoryEntry, 'timestamp' | 'eventId'>,
): boolean {
  return a.timestamp === b.timestamp ? a.eventId > b.eventId : a.timestamp > b.timestamp;
}

/** The record key of a user's records, here and on the in-app topic. */
export function userKey(tenantId: bigint, userId: bigint): string {
  return `${tenantId}|${userId}`;
}

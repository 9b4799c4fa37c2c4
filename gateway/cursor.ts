/**
 * A cursor says up to where a client has seen its user's notifications: an offset of the in-app topic, in which all
 * records of a user are in one partition, so it means the same on every gateway. The epoch says what the offset is
 * of: the topic, which may be deleted and recreated, or grow, and the partition.
 */

export interface Cursor {
  readonly epoch: string;
  /** The offset of the first record that has not been seen. */
  readonly offset: number;
}

/** `<offset>.<epoch>`: to a client it is a text to give back; safe in an address, and never taken for a JWT, since it begins with a digit. */
export function formatCursor({ epoch, offset }: Cursor): string {
  return `${offset}.${epoch}`;
}

/** Undefined for what is no cursor: whoever sent it has then missed what cannot be said. */
export function parseCursor(text: string): Cursor | undefined {
  const [, digits, epoch] = /^(\d{1,16})\.([\w.-]{1,64})$/.exec(text) ?? [];
  const offset = Number(digits);
  return epoch !== undefined && Number.isSafeInteger(offset) ? { epoch, offset } : undefined;
}

/** The partition, how many the topic has, and the topic's id in base64url (none with brokers before 2.8). */
export function epochOf(topicId: string | undefined, partitions: number, partition: number): string {
  return `${partition}.${partitions}.${topicId ?? '0'}`;
}

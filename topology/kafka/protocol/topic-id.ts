/** A topic's id (KIP-516), in the form that `kafka-topics --describe` prints: Java's Uuid.toString, base64url without padding. */
export const ID_BYTES = 16;

/** The bytes of an id, for a request. */
export function idBytes(id: string): Buffer {
  return Buffer.from(id, 'base64url');
}

export function idOf(bytes: Buffer): string {
  return bytes.toString('base64url');
}

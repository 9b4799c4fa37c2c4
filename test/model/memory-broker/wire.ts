/** Lists as the protocol writes them: with a plain length, and the compact ones of flexible versions (KIP-482). */
import type { ByteReader } from '../../../topology/bytes.js';

export function list<T>(body: ByteReader, read: () => T): T[] {
  return Array.from({ length: body.int32() }, read);
}

/** Of structures, each followed by tagged fields. */
export function compactList<T>(body: ByteReader, read: () => T): T[] {
  return Array.from({ length: body.uvarint() - 1 }, () => {
    const item = read();
    body.tags();
    return item;
  });
}

/** Lists as the protocol writes them: with a plain length, and the compact ones of flexible versions (KIP-482). */
import type { ByteReader, ByteWriter } from '../../../common/bytes.js';

export function list<T>(body: ByteReader, read: () => T): T[] {
  return Array.from({ length: body.int32() }, read);
}

/** A list of structures, each followed by tagged fields. */
export function compactList<T>(body: ByteReader, read: () => T): T[] {
  return Array.from({ length: body.uvarint() - 1 }, () => {
    const item = read();
    body.tags();
    return item;
  });
}

export function writeList<T>(out: ByteWriter, items: readonly T[], write: (item: T) => unknown): ByteWriter {
  out.int32(items.length);
  for (const item of items) write(item);
  return out;
}

/** A list of structures; the tagged fields behind each are none. */
export function writeCompactList<T>(out: ByteWriter, items: readonly T[], write: (item: T) => unknown): ByteWriter {
  out.uvarint(items.length + 1);
  for (const item of items) {
    write(item);
    out.uvarint(0);
  }
  return out;
}

/** A request of our own writing, as kafkajs's connections take one. */
import { ByteReader } from '../bytes.js';
import type { RawRequest } from './internals.js';

/** `body`: what comes after the header that every request has; of a flexible version, with the header's tagged fields. */
export function raw<T>(
  apiKey: number,
  apiVersion: number,
  apiName: string,
  body: Buffer,
  read: (reader: ByteReader) => T,
): RawRequest<T> {
  return {
    request: { apiKey, apiVersion, apiName, encode: () => Promise.resolve({ buffer: body }) },
    response: {
      // A rejection, not a throw, for kafkajs to pass on; an object, since it looks for a throttle time in it.
      decode: (payload) => Promise.resolve().then(() => ({ value: read(new ByteReader(payload)) })),
      parse: ({ value }) => Promise.resolve(value),
    },
  };
}

export function list<T>(reader: ByteReader, read: () => T): T[] {
  const items: T[] = [];
  for (let left = reader.int32(); left > 0; left -= 1) items.push(read());
  return items;
}

/** As the flexible versions have it; none for a null array. */
export function compactList<T>(reader: ByteReader, read: () => T): T[] {
  const items: T[] = [];
  for (let left = reader.uvarint() - 1; left > 0; left -= 1) {
    items.push(read());
    reader.tags();
  }
  return items;
}

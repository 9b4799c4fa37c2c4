/** A request of our own writing, as kafkajs's connections take one. */
import { ByteReader, ByteWriter } from '../../../common/bytes.js';
import { ApiKey, type ApiName } from './api-keys.js';
import type { RawRequest } from './internals.js';

/** Fewer bytes are sooner copied than sent from where they lie. */
const LEAST_REFERRED = 1024;

/** Writes a body whose large parts are sent from where they lie: a copy of all outputs was memory for the collector to give back at each commit. */
export class BodyWriter extends ByteWriter {
  readonly #parts: { readonly at: number; readonly bytes: Buffer }[] = [];

  /** As `raw`. The bytes must stay as they are until the request was answered. */
  refer(bytes: Buffer): this {
    if (bytes.length < LEAST_REFERRED) return this.raw(bytes);
    this.#parts.push({ at: this.length, bytes });
    return this;
  }

  /** The body, one piece after another. */
  pieces(): [Buffer, ...Buffer[]] {
    const written = this.bytes();
    const pieces: [Buffer, ...Buffer[]] = [written.subarray(0, this.#parts[0]?.at)];
    for (const [index, { at, bytes }] of this.#parts.entries()) {
      pieces.push(bytes, written.subarray(at, this.#parts[index + 1]?.at));
    }
    return pieces;
  }
}

/** An answer, and for how long the broker wants to hear no more of us on this connection (KIP-219), ms. */
export class AnswerReader extends ByteReader {
  throttleMs = 0;

  throttle(): void {
    this.throttleMs = this.int32();
  }
}

/**
 * `body`: what comes after the header that every request has; of a flexible version, with the header's tagged fields.
 * In pieces, it is sent without being put together.
 */
export function raw<T>(
  apiName: ApiName,
  apiVersion: number,
  body: Buffer | readonly [Buffer, ...Buffer[]],
  read: (reader: AnswerReader) => T,
): RawRequest<T> {
  const [buffer, ...more] = Buffer.isBuffer(body) ? [body] : body;
  return {
    request: { apiKey: ApiKey[apiName], apiVersion, apiName, encode: () => Promise.resolve({ buffer, more }) },
    response: {
      // A rejection, not a throw, for kafkajs to pass on. It sends nothing more for as long, and times nothing out that it did not send.
      decode: (payload) =>
        Promise.resolve().then(() => {
          const reader = new AnswerReader(payload);
          return { value: read(reader), clientSideThrottleTime: reader.throttleMs };
        }),
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

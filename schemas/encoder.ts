/** Encodes our sink records. */
import type avsc from 'avsc';
import type { EventEncoder, SinkEvents } from './codecs.js';
import { parseType } from './parse-type.js';
import { TOPIC_RECORDS } from './topic-records.js';
import { HEADER_BYTES, writeHeader } from './wire-format.js';

/** The registry's ids of our schemas, by logical topic. */
export type SinkSchemaIds = Readonly<Record<keyof SinkEvents, number>>;

const SLAB_BYTES = 256 * 1024;

/**
 * Values are written one after another into a slab and handed out as views of it: no copy. A slab lives as long as one
 * of its values, or is written again from its start once `rewind` says that nobody needs them.
 *
 * The slab must be our own: avsc writes a few junk bytes past the end of a string that is not ASCII. Here the next
 * value overwrites them; in Node's shared pool they would be somebody else's bytes.
 */
export class AvroEncoder implements EventEncoder {
  readonly #writers: ReadonlyMap<keyof SinkEvents, { readonly type: avsc.Type; readonly schemaId: number }>;
  #slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  #used = 0;

  constructor(ids: SinkSchemaIds) {
    this.#writers = new Map(
      (Object.keys(ids) as (keyof SinkEvents)[]).map((topic) => [
        topic,
        { type: parseType(TOPIC_RECORDS[topic]), schemaId: ids[topic] },
      ]),
    );
  }

  /** Throws a TypeError that names topic and field (never the value) when the event does not fit the schema. */
  encode<T extends keyof SinkEvents>(topic: T, event: SinkEvents[T]): Buffer {
    const writer = this.#writers.get(topic);
    if (writer === undefined) throw new TypeError(`no schema id is known for ${topic}`);
    let end = this.#write(writer.type, event, topic);
    if (end < 0) {
      // avsc says by how many bytes the slab was too short.
      const needed = this.#slab.length - this.#used - end;
      this.#slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, needed));
      this.#used = 0;
      end = this.#write(writer.type, event, topic);
    }
    const value = this.#slab.subarray(this.#used, end);
    writeHeader(value, 0, writer.schemaId);
    this.#used = end;
    return value;
  }

  /** What was handed out may be written over from now on. */
  rewind(): void {
    if (this.#slab.length > SLAB_BYTES) this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    this.#used = 0;
  }

  /** The end of the written value, or minus the number of bytes that were missing. */
  #write(type: avsc.Type, event: unknown, topic: string): number {
    try {
      return type.encode(event, this.#slab, this.#used + HEADER_BYTES);
    } catch (error) {
      throw new TypeError(misfit(type, event, topic), { cause: error });
    }
  }
}

function misfit(type: avsc.Type, event: unknown, topic: string): string {
  let fault = 'it does not fit the schema';
  type.isValid(event, {
    errorHook: (path, value) => {
      fault = `${path.join('.') || 'the whole'} is ${value === null ? 'null' : typeof value}`;
    },
  });
  return `can not encode an event for ${topic} as ${type.name ?? 'Avro'}: ${fault}`;
}

/** Encodes our sink records. */
import type avsc from 'avsc';
import type { EventEncoder, SinkEvents } from './codecs.js';
import { parseType } from './parse-type.js';
import { TOPIC_RECORDS } from './topic-records.js';
import { HEADER_BYTES, writeHeader } from './wire-format.js';

/** The registry's ids of our schemas, by logical topic. */
export type SinkSchemaIds = Readonly<Record<keyof SinkEvents, number>>;

const SCRATCH_BYTES = 4 * 1024;

export class AvroEncoder implements EventEncoder {
  readonly #writers: ReadonlyMap<keyof SinkEvents, { readonly type: avsc.Type; readonly schemaId: number }>;
  #scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);

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
    for (;;) {
      const end = this.encodeInto(topic, event, this.#scratch, 0);
      if (end >= 0) return Buffer.from(this.#scratch.subarray(0, end));
      this.#scratch = Buffer.allocUnsafeSlow(this.#scratch.length - end);
    }
  }

  /** Throws as `encode` does. */
  encodeInto<T extends keyof SinkEvents>(topic: T, event: SinkEvents[T], buffer: Buffer, at: number): number {
    const writer = this.#writers.get(topic);
    if (writer === undefined) throw new TypeError(`no schema id is known for ${topic}`);
    const missing = at + HEADER_BYTES - buffer.length;
    if (missing > 0) return -missing;
    writeHeader(buffer, at, writer.schemaId);
    try {
      return writer.type.encode(event, buffer, at + HEADER_BYTES);
    } catch (error) {
      throw new TypeError(misfit(writer.type, event, topic), { cause: error });
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

/** Encodes our sink records. */
import type avsc from 'avsc';
import type { EventEncoder, SinkEvents, TopicEncoder } from './codecs.js';
import { parseType } from './avro/parse-type.js';
import { SINK_RECORDS } from './topic-records.js';
import { HEADER_BYTES, writeHeader } from './wire-format.js';

/** The registry's ids of our schemas, by logical topic. */
export type SinkSchemaIds = Readonly<Record<keyof SinkEvents, number>>;

const SCRATCH_BYTES = 4 * 1024;

export class AvroEncoder implements EventEncoder {
  readonly #topics: ReadonlyMap<keyof SinkEvents, AvroTopicEncoder>;
  #scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);

  constructor(ids: SinkSchemaIds) {
    this.#topics = new Map(
      (Object.keys(ids) as (keyof SinkEvents)[]).map((topic) => [topic, new AvroTopicEncoder(topic, ids[topic])]),
    );
  }

  /** Throws a TypeError that names topic and field (never the value) when the event does not fit the schema. */
  encode<T extends keyof SinkEvents>(topic: T, event: SinkEvents[T]): Buffer {
    const encoder = this.forTopic(topic);
    for (;;) {
      const end = encoder.encodeInto(event, this.#scratch, 0);
      if (end >= 0) return Buffer.from(this.#scratch.subarray(0, end));
      this.#scratch = Buffer.allocUnsafeSlow(this.#scratch.length - end);
    }
  }

  forTopic<T extends keyof SinkEvents>(topic: T): TopicEncoder<SinkEvents[T]> {
    const encoder = this.#topics.get(topic);
    if (encoder === undefined) throw new TypeError(`no schema id is known for ${topic}`);
    return encoder;
  }
}

class AvroTopicEncoder implements TopicEncoder<unknown> {
  readonly #topic: keyof SinkEvents;
  readonly #type: avsc.Type;
  readonly #schemaId: number;

  constructor(topic: keyof SinkEvents, schemaId: number) {
    this.#topic = topic;
    this.#type = parseType(SINK_RECORDS[topic]);
    this.#schemaId = schemaId;
  }

  /** Throws as `AvroEncoder.encode` does. */
  encodeInto(event: unknown, buffer: Buffer, at: number): number {
    const missing = at + HEADER_BYTES - buffer.length;
    if (missing > 0) return -missing;
    writeHeader(buffer, at, this.#schemaId);
    try {
      return this.#type.encode(event, buffer, at + HEADER_BYTES);
    } catch (error) {
      throw new TypeError(misfit(this.#type, event, this.#topic), { cause: error });
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
  return `cannot encode an event for ${topic} as ${type.name ?? 'Avro'}: ${fault}`;
}

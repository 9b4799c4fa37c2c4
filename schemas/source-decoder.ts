/** Decodes the values of each source topic by the format that the topic has. */
import { messageOf } from '../common/errors.js';
import type { Decoded, EventDecoder } from './codecs.js';
import { compileJsonReader, type JsonReader } from './json/json-reader.js';
import type { SourceSpec } from './source-spec.js';
import { isMarked } from './wire-format.js';

/**
 * No value of a topic that is JSON alone is ever `unresolved`, so that the registry is asked for nothing that its bytes
 * might look like; where both are allowed, JSON never begins with Avro's byte 0.
 */
export class SourceDecoder implements EventDecoder {
  readonly #avro: EventDecoder;
  /** By topic; none for one that is Avro alone. */
  readonly #json = new Map<string, { readonly read: JsonReader; readonly isAvroToo: boolean }>();

  /** `avro` decodes what is Avro. Throws an Error for a schema that JSON cannot be read with. */
  constructor(avro: EventDecoder, sources: readonly Pick<SourceSpec, 'topic' | 'record' | 'format' | 'idField'>[]) {
    this.#avro = avro;
    for (const { topic, record, format, idField } of sources)
      if (format !== 'avro')
        this.#json.set(topic, { read: compileJsonReader(record, idField), isAvroToo: format === 'avro-or-json' });
  }

  decode(topic: string, value: Buffer): Decoded {
    const json = this.#json.get(topic);
    if (json === undefined || (json.isAvroToo && isMarked(value))) return this.#avro.decode(topic, value);
    try {
      return { kind: 'event', value: { topic, event: json.read(value) } };
    } catch (error) {
      const message = `the value is no JSON that ${topic} carries: ${messageOf(error)}`;
      return { kind: 'poison', reason: 'undecodable', message, attempts: 1, error };
    }
  }
}

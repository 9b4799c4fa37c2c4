import { SOURCE_RECORDS } from '../contract/sources.js';
import type avsc from 'avsc';
import type { SourceEvents } from '../../schemas/codecs.js';
import { parseType } from '../../schemas/avro/parse-type.js';
import { framed } from '../../schemas/wire-format.js';
import { SOURCE_TOPICS, type SourceTopic } from '../../common/record.js';

/** Writes events as the producers of the source topics do: Confluent wire format, under the registry's ids. */
export class SourceEncoder {
  readonly #ids: Readonly<Record<SourceTopic, number>>;
  readonly #types: ReadonlyMap<SourceTopic, avsc.Type>;

  constructor(ids: Readonly<Record<SourceTopic, number>>) {
    this.#ids = ids;
    this.#types = new Map(SOURCE_TOPICS.map((topic) => [topic, parseType(SOURCE_RECORDS[topic])]));
  }

  encode<T extends SourceTopic>(topic: T, event: SourceEvents[T]): Buffer {
    return framed(this.#types.get(topic)!.toBuffer(event), this.#ids[topic]);
  }
}

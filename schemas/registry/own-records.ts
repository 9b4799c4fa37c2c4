/** Our own records by name, each with the topics that carry it: what writers' schemas are read into. */
import { FatalError } from '../../common/errors.js';
import { type AvroRecord, fullName, isSameRecord } from '../avro/avro-schema.js';
import { withIds } from '../avro/id-type.js';
import { parseType } from '../avro/parse-type.js';
import { parseWriter, type RecordType, unqualified } from '../avro/writer-type.js';
import { avroSources, type SourceSpec } from '../source-spec.js';
import { SINK_RECORDS } from '../topic-records.js';
import { sameReader, type ReadRecord } from './same-reader.js';

/** A record of ours, ready to be read. */
export interface OwnRecord {
  /** Logical names of those that carry it. */
  readonly topics: readonly string[];
  readonly record: RecordType;
  /** For a writer whose bytes mean the same as ours. */
  readonly readSame: ReadRecord;
}

interface Carried {
  readonly topics: string[];
  readonly schema: AvroRecord;
  /** Fields that are ids. */
  readonly ids: string[];
  own?: OwnRecord;
}

export class OwnRecords {
  /** By name, without namespace. */
  readonly #carried = new Map<string, Carried>();

  /**
   * Those of the sources, and of the topics that we write, which are read back. Throws FatalError where two topics carry
   * different records of one name: a writer's record is told by its name.
   */
  constructor(sources: readonly SourceSpec[]) {
    for (const { topic, record, idField } of avroSources(sources)) {
      const carried = this.#add(topic, record);
      if (idField !== undefined) carried.ids.push(idField);
    }
    for (const [topic, record] of Object.entries(SINK_RECORDS)) this.#add(topic, record);
  }

  #add(topic: string, schema: AvroRecord): Carried {
    const name = unqualified(fullName(schema));
    const carried = this.#carried.get(name) ?? { topics: [], schema, ids: [] };
    if (!isSameRecord(carried.schema, schema))
      throw new FatalError(
        `${carried.topics.join(' and ')} and ${topic} carry different records of one name: ${fullName(carried.schema)} and ${fullName(schema)}. A record is told by its name without the namespace: expected one schema, or two names`,
      );
    carried.topics.push(topic);
    this.#carried.set(name, carried);
    return carried;
  }

  /** The record of that name, made ready at first use; undefined when it is none of ours. `name`: without namespace. */
  get(name: string): OwnRecord | undefined {
    const carried = this.#carried.get(name);
    return carried && (carried.own ??= made(carried));
  }
}

function made({ topics, schema, ids }: Carried): OwnRecord {
  const own = withIds(schema, ids);
  const record = parseWriter(own) as RecordType;
  return { topics, record, readSame: sameReader(record, parseType(own)) };
}

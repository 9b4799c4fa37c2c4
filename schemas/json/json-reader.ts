/**
 * Reads JSON, as Go's encoding/json writes it, into the event that Avro's decoder gives for the same schema:
 * docs/contract.md says what is taken for what. The schema is compiled once.
 */
import type { AvroRecord } from '../avro/avro-schema.js';
import { defaultValue } from '../avro/default-value.js';
import { withIds } from '../avro/id-type.js';
import { Dictionary } from '../avro/map-type.js';
import {
  type FieldType,
  parseWriter,
  type RecordType,
  takesNull,
  type UnionType,
  type WriterType,
} from '../avro/writer-type.js';
import { isObject, JsonFault, refuse } from './json-fault.js';
import { JsonSource } from './json-source.js';
import { type JsonReading, leafReading, readAsText, type ReadJson, wellFormed } from './leaf-readers.js';

/** A map's key is the event's own: only one that looks like a name is named in a fault. */
const PLAIN_KEY = /^[\w.~/-]{1,64}$/;

/** A whole value as an event. Throws a JsonFault that says where it does not fit. */
export type JsonReader = (value: Buffer) => Readonly<Record<string, unknown>>;

/**
 * `idField`: what tells its events apart beside `eventId`; it is refused where it is no valid Unicode. Throws an Error
 * for a schema that is no Avro, or that has a field which no event can have.
 */
export function compileJsonReader(record: AvroRecord, idField?: string): JsonReader {
  const { read } = new Compiler().compile(parseWriter(withIds(record, idField === undefined ? [] : [idField])));
  return (value) => {
    const source = JsonSource.parse(value);
    const event = read(source.root, source);
    const written = source.wantsWritten ? source.asWritten() : undefined;
    return (written ? read(written.root, written) : event) as Readonly<Record<string, unknown>>;
  };
}

interface FieldReading {
  readonly name: string;
  readonly read: ReadJson;
  /** For a field that is not there. Throws a JsonFault where it must be. */
  readonly absent: () => unknown;
  /** For null. */
  readonly nil: () => unknown;
  /** A name that every object of JavaScript answers to. */
  readonly isInherited: boolean;
}

class Compiler {
  /** A record may hold itself. */
  readonly #records = new Map<RecordType, JsonReading>();

  compile(type: WriterType): JsonReading {
    if (type.kind === 'record') return this.#records.get(type) ?? this.#record(type);
    if (type.kind === 'union') return this.#union(type);
    if (type.kind === 'array') return arrayReading(this.compile(type.items));
    if (type.kind !== 'map') return leafReading(type);
    return mapReading(type.values.kind === 'string' ? readAsText : this.compile(type.values).read);
  }

  #record(type: RecordType): JsonReading {
    const fields: FieldReading[] = [];
    const blank = Object.fromEntries(type.fields.map(({ name }) => [name, undefined as unknown]));
    const reading = objectReading((json, source) => readFields(json, source, fields, { ...blank }));
    // Known before its fields are, for they may name it.
    this.#records.set(type, reading);
    for (const field of type.fields) fields.push(this.#field(field, type.name));
    return reading;
  }

  #field({ name, type, default: json }: FieldType, record: string): FieldReading {
    if (name === '__proto__')
      throw new Error(`${record} has a field ${name}, which is no name for a field of an event`);
    const { read, expected } = this.compile(type);
    const missing = (found: string) => (): never => {
      throw new JsonFault(found, expected);
    };
    const nothing = takesNull(type) ? () => null : undefined;
    const otherwise = json === undefined ? nothing : defaultValue(type, json, `${record}.${name}`);
    return {
      name,
      read,
      absent: otherwise ?? missing('missing'),
      nil: nothing ?? otherwise ?? missing('null'),
      isInherited: name in Object.prototype,
    };
  }

  #union({ branches }: UnionType): JsonReading {
    const types = branches.filter(({ kind }) => kind !== 'null');
    const readings = types.map((branch) => this.compile(branch));
    const isNullable = types.length < branches.length;
    const takesEmpty = branches.some(({ kind }) => kind === 'string' || kind === 'bytes');
    const expected = [...readings.map((reading) => reading.expected), ...(isNullable ? ['null'] : [])].join(' or ');
    // A text that may be a number, bytes or a symbol as well is a text.
    const isText = (_: unknown, at: number): boolean => types[at]!.kind === 'string';
    const texts = [...readings.filter(isText), ...readings.filter((reading, at) => !isText(reading, at))];
    const read: ReadJson =
      readings.length === 1
        ? readings[0]!.read
        : (json, source) => firstOf(typeof json === 'string' ? texts : readings, json, source, expected);
    if (!isNullable) return { expected, read };
    // Go writes an empty text where it has no symbol, decimal or number as a text.
    const isNone = (json: unknown): boolean => json === null || (json === '' && !takesEmpty);
    return { expected, read: (json, source) => (isNone(json) ? null : read(json, source)) };
  }
}

/** JSON does not say which branch was written: the first that the value fits. */
function firstOf(readings: readonly JsonReading[], json: unknown, source: JsonSource, expected: string): unknown {
  for (const { read } of readings) {
    const { depth } = source;
    try {
      return read(json, source);
    } catch (error) {
      if (!(error instanceof JsonFault) || source.givesUp()) throw error;
      source.depth = depth;
    }
  }
  return refuse(json, expected);
}

function readFields(
  json: Readonly<Record<string, unknown>>,
  source: JsonSource,
  fields: readonly FieldReading[],
  event: Record<string, unknown>,
): unknown {
  let at = 0;
  try {
    for (; at < fields.length; at += 1) {
      const { name, read, absent, nil, isInherited } = fields[at]!;
      const value = isInherited && !Object.hasOwn(json, name) ? undefined : json[name];
      event[name] = value === undefined ? absent() : value === null ? nil() : read(value, source);
    }
  } catch (error) {
    throw located(error, fields[at]!.name);
  }
  return event;
}

function arrayReading({ read }: JsonReading): JsonReading {
  const expected = 'an array';
  return {
    expected,
    read: (json, source) => {
      if (!Array.isArray(json)) return refuse(json, expected);
      source.enter();
      const items: unknown[] = [];
      try {
        for (const item of json) items.push(read(item, source));
      } catch (error) {
        throw located(error, items.length);
      }
      source.leave();
      return items;
    },
  };
}

function mapReading(readValue: ReadJson): JsonReading {
  return objectReading((json, source) => {
    const map = new Dictionary();
    let at = '';
    try {
      for (const [key, value] of Object.entries(json)) {
        at = key;
        map[wellFormed(key)] = readValue(value, source);
      }
    } catch (error) {
      throw located(error, PLAIN_KEY.test(at) ? at : '*');
    }
    return map;
  });
}

function objectReading(read: (json: Readonly<Record<string, unknown>>, source: JsonSource) => unknown): JsonReading {
  const expected = 'an object';
  return {
    expected,
    read: (json, source) => {
      if (!isObject(json)) return refuse(json, expected);
      source.enter();
      const value = read(json, source);
      source.leave();
      return value;
    },
  };
}

function located(error: unknown, key: string | number): unknown {
  return error instanceof JsonFault ? error.under(key) : error;
}

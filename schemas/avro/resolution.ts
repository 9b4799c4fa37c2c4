/**
 * Reads a value by its writer's schema into ours, as Avro resolves the two: fields by their names, a union by the branch
 * that was written, numbers into wider ones. What cannot be read is found where a value of it stands, and not before:
 * the writer's other values are read.
 */
import { readBoolean } from './boolean-type.js';
import { assertBytesLeft, type Cursor, enter, MalformedBodyError, readBlocks, readInt } from './cursor.js';
import { readId } from './id-type.js';
import { readLong } from './long-type.js';
import { Dictionary } from './map-type.js';
import { branchAt, type Skips } from './skip.js';
import { readString } from './string-type.js';
import { isOfOneUnit, millisOf } from './timestamp-unit.js';
import type { PrimitiveType, RecordType, WriterType } from './writer-type.js';

export type Read = (cursor: Cursor) => unknown;

/** Compiles the reading of one writer's values. */
export class Resolution {
  readonly #skips: Skips;
  /** By our record and the writer's: a writer's may stand in many places, of each of which one reading is enough. */
  readonly #records = new Map<RecordType, Map<RecordType, Read>>();

  constructor(skips: Skips) {
    this.#skips = skips;
  }

  /** `field` is the one of ours whose values these are. */
  compile(writer: WriterType, own: WriterType, field = 'the record'): Read {
    if (writer.kind === 'union') {
      const branches = writer.branches.map((branch) => this.compile(branch, own, field));
      return (cursor) => branchAt(branches, cursor)(cursor);
    }
    if (own.kind === 'union') {
      const branch = own.branches.find(({ kind }) => kind === writer.kind) ?? own.branches.find(isReadFrom(writer));
      return branch === undefined ? unreadable(writer, own, field) : this.compile(writer, branch, field);
    }
    if (writer.kind === 'record' && own.kind === 'record') return this.#record(writer, own);
    if (writer.kind === 'array' && own.kind === 'array') return this.#array(writer.items, own.items, field);
    if (writer.kind === 'map' && own.kind === 'map') return readMap(this.compile(writer.values, own.values, field));
    return readPrimitive(writer, own) ?? unreadable(writer, own, field);
  }

  #array(writer: WriterType, own: WriterType, field: string): Read {
    const readItem = this.compile(writer, own, field);
    // No items of no bytes are read: null, an empty fixed or record is nothing that our arrays hold.
    const itemBytes = this.#skips.itemBytes(writer);
    return (cursor) => {
      const items: unknown[] = [];
      readBlocks(cursor, itemBytes, (at) => void items.push(readItem(at)));
      return items;
    };
  }

  #record(writer: RecordType, own: RecordType): Read {
    const known = this.#records.get(own) ?? new Map<RecordType, Read>();
    this.#records.set(own, known);
    const read = known.get(writer) ?? this.#makeRecord(writer, own);
    known.set(writer, read);
    return read;
  }

  #makeRecord(writer: RecordType, own: RecordType): Read {
    const written = new Set(writer.fields.map(({ name }) => name));
    const missing = own.fields.filter(({ name }) => !written.has(name));
    const lacking = missing.find((field) => field.default === undefined);
    if (lacking !== undefined) return refusing(`the writer has no ${lacking.name}, which ours has no default for`);
    const readers = new Map(own.fields.map(({ name, type }) => [name, type]));
    const steps = writer.fields.map(({ name, type }) => {
      const reader = readers.get(name);
      return reader === undefined
        ? { name: undefined, read: this.#skips.compile(type) }
        : { name, read: this.compile(type, reader, name) };
    });
    const refusal = steps.find(({ read }) => refusals.has(read));
    if (refusal !== undefined) return refusal.read;
    // Each event begins with all fields of ours, in our order.
    const blank = Object.fromEntries(own.fields.map((field) => [field.name, field.default]));
    const collections = missing.filter((field) => typeof field.default === 'object' && field.default !== null);
    return (cursor) => {
      enter(cursor);
      const event: Record<string, unknown> = { ...blank };
      for (const { name } of collections) event[name] = Array.isArray(blank[name]) ? [] : new Dictionary();
      for (const { name, read } of steps) {
        const value: unknown = read(cursor);
        if (name !== undefined) event[name] = value;
      }
      cursor.depth--;
      return event;
    };
  }
}

/** Whether bytes of the writer mean the same as ours. Names of records do not stand in them. */
export function isSameEncoding(writer: WriterType, own: WriterType): boolean {
  if (writer.kind === 'record' && own.kind === 'record')
    return areSame(
      writer.fields,
      own.fields,
      (field, ours) => field.name === ours.name && isSameEncoding(field.type, ours.type),
    );
  if (writer.kind === 'union' && own.kind === 'union') return areSame(writer.branches, own.branches, isSameEncoding);
  if (writer.kind === 'array' && own.kind === 'array') return isSameEncoding(writer.items, own.items);
  if (writer.kind === 'map' && own.kind === 'map') return isSameEncoding(writer.values, own.values);
  return writer.kind === own.kind && isOfOneUnit(writer as PrimitiveType, own as PrimitiveType);
}

function areSame<T>(writers: readonly T[], owns: readonly T[], isSame: (writer: T, own: T) => boolean): boolean {
  return writers.length === owns.length && owns.every((own, index) => isSame(writers[index]!, own));
}

function readMap(readValue: Read): Read {
  return (cursor) => {
    const entries = new Dictionary();
    readBlocks(cursor, 1, (at) => {
      const key = readString(at);
      entries[key] = readValue(at);
    });
    return entries;
  };
}

function isReadFrom(writer: WriterType): (own: WriterType) => boolean {
  return (own) => readPrimitive(writer, own) !== undefined;
}

/** Undefined where Avro does not read the one from the other. */
function readPrimitive(writer: WriterType, own: WriterType): Read | undefined {
  return READS[`${writer.kind} ${own.kind}`]?.(writer as PrimitiveType, own as PrimitiveType);
}

const readText = (_: PrimitiveType, { isId }: PrimitiveType): Read => (isId === true ? readId : readString);

/** By the writer's kind and ours. No record of ours has an int, a float, bytes, a fixed or an enum. */
const READS: Readonly<Record<string, ((writer: PrimitiveType, own: PrimitiveType) => Read) | undefined>> = {
  'null null': () => () => null,
  'boolean boolean': () => readBoolean,
  'int long': (writer, own) => asMillis((cursor) => BigInt(readInt(cursor)), writer, own),
  'long long': (writer, own) => asMillis(readLong, writer, own),
  'int double': () => readInt,
  'long double': () => (cursor) => Number(readLong(cursor)),
  'float double': () => readFloat,
  'double double': () => readDouble,
  'string string': readText,
  'bytes string': readText,
};

/** A timestamp of ours is one of milliseconds, whatever unit the writer's schema says. */
function asMillis(read: (cursor: Cursor) => bigint, writer: PrimitiveType, own: PrimitiveType): Read {
  const convert = own.logicalType === undefined ? undefined : millisOf(writer);
  return convert === undefined ? read : (cursor) => convert(read(cursor));
}

function readFloat(cursor: Cursor): number {
  assertBytesLeft(cursor, 4);
  cursor.pos += 4;
  return cursor.buf.readFloatLE(cursor.pos - 4);
}

function readDouble(cursor: Cursor): number {
  assertBytesLeft(cursor, 8);
  cursor.pos += 8;
  return cursor.buf.readDoubleLE(cursor.pos - 8);
}

function unreadable(writer: WriterType, own: WriterType, field: string): Read {
  return refusing(`${field}: the writer has ${kindsOf(writer)} where ours has ${kindsOf(own)}`);
}

function kindsOf(type: WriterType): string {
  return type.kind === 'union' ? type.branches.map(({ kind }) => kind).join(' or ') : type.kind;
}

/** Why no value can be read by these. */
const refusals = new WeakMap<Read, string>();

/** Why no value of the writer can be read, if none can. */
export function refusalOf(read: Read): string | undefined {
  return refusals.get(read);
}

function refusing(message: string): Read {
  const read = (): never => {
    throw new MalformedBodyError(message);
  };
  refusals.set(read, message);
  return read;
}

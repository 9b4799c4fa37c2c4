/**
 * Reads a value by its writer's schema into ours, as Avro resolves the two: fields by their names, a union by the branch
 * that was written, numbers into wider ones. What cannot be read is found where a value of it stands, and not before:
 * the writer's other values are read.
 */
import { readBoolean } from './boolean-type.js';
import { assertBytesLeft, type Cursor, enter, MalformedBodyError, readBlocks, readInt, readLength } from './cursor.js';
import { atScale, decimalText } from './decimal.js';
import { defaultValue } from './default-value.js';
import { readId } from './id-type.js';
import { readLong } from './long-type.js';
import { Dictionary } from './map-type.js';
import { branchAt, type Skips } from './skip.js';
import { readString } from './string-type.js';
import { isOfOneUnit, millisOf } from './timestamp-unit.js';
import {
  type EnumType,
  type FixedType,
  type PrimitiveType,
  type RecordType,
  unqualified,
  type WriterType,
} from './writer-type.js';

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
      const branch = branchFor(writer, own.branches);
      return branch === undefined ? unreadable(writer, own, field) : this.compile(writer, branch, field);
    }
    if (writer.kind === 'record' && own.kind === 'record') return this.#record(writer, own);
    if (writer.kind === 'array' && own.kind === 'array') return this.#array(writer.items, own.items, field);
    if (writer.kind === 'map' && own.kind === 'map') return readMap(this.compile(writer.values, own.values, field));
    return readLeaf(writer, own) ?? unreadable(writer, own, field);
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
    const compiled = known.get(writer);
    if (compiled !== undefined) return compiled;
    // Known before its fields are, for they may be records of the same kind.
    known.set(writer, (cursor) => read(cursor));
    const read = this.#makeRecord(writer, own);
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
    const blank = Object.fromEntries(own.fields.map(({ name }) => [name, undefined as unknown]));
    const defaults = missing.map(({ name, type, default: json }) => ({ name, make: defaultValue(type, json, name) }));
    return (cursor) => {
      enter(cursor);
      const event = { ...blank };
      for (const { name, make } of defaults) event[name] = make();
      for (const { name, read } of steps) {
        const value: unknown = read(cursor);
        if (name !== undefined) event[name] = value;
      }
      cursor.depth--;
      return event;
    };
  }
}

/**
 * Whether bytes of the writer mean the same as ours. Names of records do not stand in them. `asked`: the writer's records
 * that are being compared already, by ours.
 */
export function isSameEncoding(
  writer: WriterType,
  own: WriterType,
  asked: ReadonlyMap<WriterType, WriterType> = new Map(),
): boolean {
  const isSame = (part: WriterType, ownPart: WriterType): boolean => isSameEncoding(part, ownPart, asked);
  if (writer.kind === 'record' && own.kind === 'record') {
    if (asked.has(own)) return asked.get(own) === writer;
    const inside = new Map([...asked, [own, writer] as const]);
    return areSame(
      writer.fields,
      own.fields,
      (field, ours) => field.name === ours.name && isSameEncoding(field.type, ours.type, inside),
    );
  }
  if (writer.kind === 'union' && own.kind === 'union') return areSame(writer.branches, own.branches, isSame);
  if (writer.kind === 'array' && own.kind === 'array') return isSame(writer.items, own.items);
  if (writer.kind === 'map' && own.kind === 'map') return isSame(writer.values, own.values);
  if (writer.kind === 'enum' && own.kind === 'enum')
    return areSame(writer.symbols, own.symbols, (symbol, ours) => symbol === ours);
  if (writer.kind === 'fixed' && own.kind === 'fixed') return writer.size === own.size && isOfOneScale(writer, own);
  const [primitive, ours] = [writer as PrimitiveType, own as PrimitiveType];
  return writer.kind === own.kind && isOfOneUnit(primitive, ours) && isOfOneScale(primitive, ours);
}

/** Whether bytes of the writer are the same decimal for both. One that says no scale is taken for one of ours. */
function isOfOneScale(writer: PrimitiveType | FixedType, own: PrimitiveType | FixedType): boolean {
  return own.scale === undefined || writer.scale === undefined || own.scale === writer.scale;
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

/** The one of the writer's name, if there is one, else of its kind, else the first that it can be read as. */
function branchFor(writer: WriterType, branches: readonly WriterType[]): WriterType | undefined {
  const alike = branches.filter(({ kind }) => kind === writer.kind);
  return (
    alike.find((own) => 'name' in own && 'name' in writer && unqualified(own.name) === unqualified(writer.name)) ??
    alike[0] ??
    branches.find((own) => readLeaf(writer, own) !== undefined)
  );
}

/** Undefined where Avro does not read the one from the other. */
function readLeaf(writer: WriterType, own: WriterType): Read | undefined {
  if (writer.kind === 'enum' && own.kind === 'enum') return readEnum(writer, own);
  if (writer.kind === 'fixed' && own.kind === 'fixed') {
    const { size } = writer;
    return size === own.size ? asDecimal((cursor) => readBytes(cursor, size), writer, own) : undefined;
  }
  return READS[`${writer.kind} ${own.kind}`]?.(writer as PrimitiveType, own as PrimitiveType);
}

const readText = (_: PrimitiveType, { isId }: PrimitiveType): Read => (isId === true ? readId : readString);

const readBinary = (writer: PrimitiveType, own: PrimitiveType): Read =>
  asDecimal((cursor) => readBytes(cursor, readLength(cursor)), writer, own);

/** By the writer's kind and ours. */
const READS: Readonly<Record<string, ((writer: PrimitiveType, own: PrimitiveType) => Read) | undefined>> = {
  'null null': () => () => null,
  'boolean boolean': () => readBoolean,
  'int int': () => readInt,
  'int long': (writer, own) => asMillis((cursor) => BigInt(readInt(cursor)), writer, own),
  'long long': (writer, own) => asMillis(readLong, writer, own),
  'int float': () => (cursor) => Math.fround(readInt(cursor)),
  'long float': () => (cursor) => Math.fround(Number(readLong(cursor))),
  'float float': () => readFloat,
  'int double': () => readInt,
  'long double': () => (cursor) => Number(readLong(cursor)),
  'float double': () => readFloat,
  'double double': () => readDouble,
  'string string': readText,
  'bytes string': readText,
  'string bytes': readBinary,
  'bytes bytes': readBinary,
};

/** A symbol of the writer's that ours has not is read as our default; without one no value of it is read. */
function readEnum(writer: EnumType, own: EnumType): Read {
  const symbols = writer.symbols.map((symbol) => (own.symbols.includes(symbol) ? symbol : own.default));
  return (cursor) => {
    const index = readInt(cursor);
    const symbol = symbols[index];
    if (symbol === undefined) throw new MalformedBodyError(`our ${own.name} has no symbol for the writer's ${index}`);
    return symbol;
  };
}

/** A decimal of ours is a text, of our scale, whatever scale the writer's schema says. */
function asDecimal(
  read: (cursor: Cursor) => Buffer,
  writer: PrimitiveType | FixedType,
  own: PrimitiveType | FixedType,
): Read {
  const { scale } = own;
  if (scale === undefined) return read;
  return (cursor) => {
    const text = atScale(decimalText(read(cursor), writer.scale ?? scale), scale);
    if (text === undefined)
      throw new MalformedBodyError(`a decimal has more than our ${scale} digits behind the point`);
    return text;
  };
}

/** A copy: the value's own bytes are the fetched batch's. */
function readBytes(cursor: Cursor, size: number): Buffer {
  assertBytesLeft(cursor, size);
  const from = cursor.pos;
  cursor.pos += size;
  return Buffer.from(cursor.buf.subarray(from, cursor.pos));
}

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

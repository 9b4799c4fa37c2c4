/**
 * Writes JSON as Avro by any schema: what schemas/avro/read-traced.ts makes of a value, and a person may have edited. Takes
 * each number as it is written, and nothing that the schema does not name.
 */
import { LosslessNumber, stringify } from 'lossless-json';
import { ByteWriter } from '../../common/bytes.js';
import { decimalBytes } from '../avro/decimal.js';
import { pathKey, type TracedValue } from '../avro/read-traced.js';
import { INT64_MAX, INT64_MIN } from '../avro/long-type.js';
import type { FieldType, RecordType, UnionType, WriterType } from '../avro/writer-type.js';
import { bytesOfBase64 } from './base64.js';
import { isObject, JsonFault, refuse } from './json-fault.js';

const INT = /^-?\d{1,19}$/;
const NO_NUMBERS: readonly unknown[] = ['NaN', 'Infinity', '-Infinity'];

/**
 * The body, without the header of a schema id. Throws a JsonFault that says where it does not fit. `before`: what was read
 * by the same schema and then edited; a part of a union keeps its branch, as long as that fits.
 */
export function writeAvro(type: WriterType, json: unknown, before?: Pick<TracedValue, 'value' | 'branches'>): Buffer {
  const out = new ByteWriter();
  write(type, json, out, before && new Before(before.value, before.branches, []));
  return out.bytes();
}

/** A part as it was before it was edited. */
class Before {
  readonly value: unknown;
  readonly #branches: ReadonlyMap<string, number>;
  readonly #path: readonly string[];

  constructor(value: unknown, branches: ReadonlyMap<string, number>, path: readonly string[]) {
    this.value = value;
    this.#branches = branches;
    this.#path = path;
  }

  get branch(): number | undefined {
    return this.#branches.get(pathKey(this.#path));
  }

  under(key: string | number): Before | undefined {
    const { value } = this;
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    return new Before((value as Record<string | number, unknown>)[key], this.#branches, [...this.#path, String(key)]);
  }

  /** By the index of an item; where some were added or removed, by what it is. */
  items(count: number): (index: number, item: unknown) => Before | undefined {
    const { value } = this;
    if (!Array.isArray(value) || value.length === count) return (index) => this.under(index);
    const indices = new Map(value.map((item, index) => [stringify(item), index]));
    return (_, item) => this.under(indices.get(stringify(item)) ?? -1);
  }
}

function write(type: WriterType, json: unknown, out: ByteWriter, before: Before | undefined): void {
  switch (type.kind) {
    case 'record': {
      writeRecord(type, json, out, before);
      return;
    }
    case 'union': {
      writeUnion(type, json, out, before);
      return;
    }
    case 'array': {
      writeItems(type.items, json, out, before);
      return;
    }
    case 'map': {
      if (!isObject(json)) return refuse(json, 'an object');
      const entries = Object.entries(json);
      const writeEntry = (key: string, value: unknown): void => {
        writeBytes(Buffer.from(key), out);
        under(key, () => write(type.values, value, out, before?.under(key)));
      };
      writeBlock(entries.length, entries, writeEntry, out);
      return;
    }
    case 'null':
      return json === null ? undefined : refuse(json, 'null');
    case 'boolean':
      return typeof json === 'boolean' ? void out.int8(json ? 1 : 0) : refuse(json, 'true or false');
    case 'int':
      return void out.varlong(integerOf(json, -(2n ** 31n), 2n ** 31n - 1n, 'an integer of 32 bits'));
    case 'long':
      return void out.varlong(integerOf(json, INT64_MIN, INT64_MAX, 'an integer of 64 bits'));
    case 'float':
    case 'double': {
      writeFloat(type.kind, json, out);
      return;
    }
    case 'string': {
      if (typeof json !== 'string') return refuse(json, 'a text');
      writeBytes(Buffer.from(json), out);
      return;
    }
    case 'enum': {
      const index = type.symbols.indexOf(json as string);
      return index < 0 ? refuse(json, `one of ${type.symbols.join(', ')}`) : void out.varint(index);
    }
    case 'bytes': {
      writeBytes(bytesOf(json, type.scale), out);
      return;
    }
    case 'fixed':
      return void out.raw(bytesOf(json, type.scale, type.size));
  }
}

function writeRecord({ name, fields }: RecordType, json: unknown, out: ByteWriter, before: Before | undefined): void {
  if (!isObject(json)) return refuse(json, `an object, a ${name}`);
  for (const key of Object.keys(json))
    if (!fields.some((field) => field.name === key))
      throw new JsonFault('no field of it', `those of ${name}`).under(key);
  for (const field of fields) under(field.name, () => writeField(field, json, out, before?.under(field.name)));
}

/** One that is left out has its default, if that is written as any other value. */
function writeField(
  { name, type, default: otherwise }: FieldType,
  json: Readonly<Record<string, unknown>>,
  out: ByteWriter,
  before: Before | undefined,
): void {
  const isThere = Object.hasOwn(json, name);
  const hasDefault = otherwise !== undefined && type.kind !== 'bytes' && type.kind !== 'fixed';
  if (!isThere && !hasDefault) throw new JsonFault('missing', 'a value: the field has no default');
  write(type, isThere ? json[name] : otherwise, out, before);
}

/**
 * JSON does not say which branch was written: the one that was there before, else the first that the value fits, a text
 * before what may be written as one.
 */
function writeUnion({ branches }: UnionType, json: unknown, out: ByteWriter, before: Before | undefined): void {
  const was = before?.branch;
  const rank = ([index, { kind }]: [number, WriterType]): number => (index === was ? 0 : kind === 'string' ? 1 : 2);
  const order = [...branches.entries()].sort((a, b) => rank(a) - rank(b));
  const start = out.length;
  const faults: JsonFault[] = [];
  for (const [index, branch] of order) {
    try {
      out.varint(index);
      write(branch, json, out, before);
      return;
    } catch (error) {
      if (!(error instanceof JsonFault)) throw error;
      out.moveTo(start);
      if (branch.kind !== 'null') faults.push(error);
    }
  }
  const [only, ...others] = faults;
  if (only !== undefined && others.length === 0 && json !== null) throw only;
  refuse(json, `one of ${branches.map(({ kind }) => kind).join(', ')}`);
}

function writeItems(type: WriterType, json: unknown, out: ByteWriter, before: Before | undefined): void {
  if (!Array.isArray(json)) return refuse(json, 'an array');
  const items = json.entries() as Iterable<[number, unknown]>;
  const itemBefore = before?.items(json.length);
  const writeItem = (index: number, item: unknown): void =>
    under(index, () => write(type, item, out, itemBefore?.(index, item)));
  writeBlock(json.length, items, writeItem, out);
}

/** One block, as long as there is something; then the end. */
function writeBlock<K>(
  count: number,
  entries: Iterable<[K, unknown]>,
  writeEntry: (key: K, value: unknown) => void,
  out: ByteWriter,
): void {
  if (count > 0) out.varint(count);
  for (const [key, value] of entries) writeEntry(key, value);
  out.varint(0);
}

function under(key: string | number, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw error instanceof JsonFault ? error.under(key) : error;
  }
}

function writtenNumber(json: unknown): string | undefined {
  if (json instanceof LosslessNumber) return json.value;
  return typeof json === 'number' || typeof json === 'bigint' ? String(json) : undefined;
}

function integerOf(json: unknown, least: bigint, most: bigint, expected: string): bigint {
  const written = writtenNumber(json);
  if (written === undefined || !INT.test(written)) return refuse(json, expected);
  const value = BigInt(written);
  return value >= least && value <= most ? value : refuse(json, expected);
}

/** What JSON has no number for is written by its name. */
function writeFloat(kind: 'float' | 'double', json: unknown, out: ByteWriter): void {
  const written = NO_NUMBERS.includes(json) ? (json as string) : writtenNumber(json);
  if (written === undefined) return refuse(json, 'a number');
  const bytes = Buffer.alloc(kind === 'float' ? 4 : 8);
  if (kind === 'float') bytes.writeFloatLE(Number(written));
  else bytes.writeDoubleLE(Number(written));
  out.raw(bytes);
}

function writeBytes(bytes: Buffer, out: ByteWriter): void {
  out.varint(bytes.length).raw(bytes);
}

function bytesOf(json: unknown, scale: number | undefined, size?: number): Buffer {
  if (scale !== undefined) {
    const written = typeof json === 'string' ? json : writtenNumber(json);
    const bytes = written === undefined ? undefined : decimalBytes(written, scale, size);
    return bytes ?? refuse(json, `a decimal with at most ${scale} digits behind the point`);
  }
  const expected = `${size === undefined ? 'bytes' : `${size} bytes`} in base64`;
  const bytes = bytesOfBase64(json);
  return bytes === undefined || bytes.length !== (size ?? bytes.length) ? refuse(json, expected) : bytes;
}

/** A record with a field of each type that a source's schema may have, events of any schema, and how Go writes them as JSON. */
import fc from 'fast-check';
import type { AvroRecord, AvroSchema } from '../../../schemas/avro/avro-schema.js';
import { decimalText } from '../../../schemas/avro/decimal.js';
import { INT64_MAX, INT64_MIN } from '../../../schemas/avro/long-type.js';
import type { RecordType, WriterType } from '../../../schemas/avro/writer-type.js';

const decimal = { logicalType: 'decimal', precision: 12, scale: 2 } as const;
const colour = { type: 'enum', name: 'Colour', symbols: ['RED', 'GREEN'], default: 'RED' } as const;
const part: AvroSchema = {
  type: 'record',
  name: 'Part',
  fields: [
    { name: 'label', type: 'string' },
    { name: 'inner', type: ['null', 'Part'], default: null },
  ],
};

const FIELDS: Readonly<Record<string, AvroSchema>> = {
  eventId: 'string',
  yes: 'boolean',
  small: 'int',
  id: 'long',
  at: { type: 'long', logicalType: 'timestamp-millis' },
  ratio: 'float',
  weight: 'double',
  bytes: 'bytes',
  four: { type: 'fixed', name: 'Four', size: 4 },
  colour,
  amount: { type: 'bytes', ...decimal },
  fixedAmount: { type: 'fixed', name: 'Cents', size: 8, ...decimal },
  ids: { type: 'array', items: 'long' },
  texts: { type: 'map', values: 'string' },
  numbers: { type: 'map', values: 'long' },
  part,
  parts: { type: 'array', items: 'Part' },
  text: ['null', 'string'],
  maybeAmount: ['null', { type: 'bytes', ...decimal }],
  maybeColour: ['null', 'Colour'],
  either: ['null', 'long', 'string', 'boolean', { type: 'array', items: 'string' }],
  constructor: 'string',
};

export const EveryType: AvroRecord = {
  type: 'record',
  name: 'EveryType',
  namespace: 'a.b',
  doc: 'All of them.',
  fields: Object.entries(FIELDS).map(([name, type]) => ({ name, type })),
};

const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }));
const wellFormed = fc.string({ unit: 'grapheme', minLength: 1 });
const int64 = fc.oneof(fc.bigInt(INT64_MIN, INT64_MAX), fc.bigInt(-100n, 100n), fc.constantFrom(INT64_MIN, INT64_MAX));
const finite = { noNaN: true, noDefaultInfinity: true } as const;
const bytesOf = (size?: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array(size === undefined ? {} : { minLength: size, maxLength: size }).map((bytes) => Buffer.from(bytes));
const amounts = (scale: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: 1, maxLength: 8 }).map((bytes) => decimalText(bytes, scale));

/** The values of a type that Avro's decoder may give. */
export function valuesOf(type: WriterType, depth = 0): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'int':
      return fc.integer();
    case 'long':
      return int64;
    case 'float':
      return fc.float(finite);
    case 'double':
      return fc.double(finite);
    case 'string':
      return type.isId === true ? wellFormed : text;
    case 'enum':
      return fc.constantFrom(...type.symbols);
    case 'bytes':
      return type.scale === undefined ? bytesOf() : amounts(type.scale);
    case 'fixed':
      return type.scale === undefined ? bytesOf(type.size) : amounts(type.scale);
    case 'array':
      return fc.array(valuesOf(type.items, depth + 1), { maxLength: 4 });
    case 'map':
      return fc.dictionary(fc.oneof(wellFormed, fc.constant('__proto__')), valuesOf(type.values, depth), {
        maxKeys: 4,
      });
    case 'union':
      return depth > 2 ? fc.constant(null) : fc.oneof(...type.branches.map((branch) => valuesOf(branch, depth + 1)));
    case 'record':
      return fc.record(Object.fromEntries(type.fields.map((field) => [field.name, valuesOf(field.type, depth + 1)])));
  }
}

/** What Go's encoding/json makes of it. */
export function asGoWrites(type: WriterType, value: unknown): string {
  if (value === null) return 'null';
  if (type.kind === 'float') return shortestFloat(value as number);
  if (type.kind === 'array') return `[${(value as unknown[]).map((item) => asGoWrites(type.items, item)).join()}]`;
  if (type.kind === 'map') return object(Object.entries(value as object).sort(), () => type.values);
  if (type.kind === 'union')
    return asGoWrites(
      type.branches.find(({ kind }) => kind !== 'null' && isOf(kind, value))!,
      value,
    );
  if (type.kind !== 'record') return Buffer.isBuffer(value) ? `"${value.toString('base64')}"` : goLeaf(value);
  const fields = type.fields.map(({ name }): [string, unknown] => [name, (value as Record<string, unknown>)[name]]);
  return object(fields, (name) => fieldOf(type, name));
}

function fieldOf({ fields }: RecordType, name: string): WriterType {
  return fields.find((field) => field.name === name)!.type;
}

function object(entries: [string, unknown][], typeOf: (name: string) => WriterType): string {
  return `{${entries.map(([name, value]) => `${goLeaf(name)}:${asGoWrites(typeOf(name), value)}`).join()}}`;
}

function goLeaf(value: unknown): string {
  if (typeof value === 'bigint') return `${value}`;
  if (Object.is(value, -0)) return '-0';
  const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value).replaceAll(/[<>&\u2028\u2029]/g, escaped);
}

function shortestFloat(value: number): string {
  for (let digits = 1; ; digits += 1) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return goLeaf(value === 0 ? value : short);
  }
}

function isOf(kind: string, value: unknown): boolean {
  const kinds: Record<string, readonly string[]> = {
    string: ['string', 'bytes', 'enum', 'fixed'],
    bigint: ['long'],
    number: ['int', 'float', 'double'],
    boolean: ['boolean'],
    object: Array.isArray(value) ? ['array'] : ['map', 'record'],
  };
  return kinds[typeof value]!.includes(kind);
}

/** What differs between two schemas of a record, field by field in words. */
import type { AvroComplex, AvroField, AvroSchema } from './avro-schema.js';

/** What the two are called: ours, the registry's. */
export interface Sides {
  readonly one: string;
  readonly other: string;
}

/** Nothing when both say the same; what a field is documented as is said last. */
export function schemaDifferences(one: AvroSchema, other: AvroSchema, sides: Sides): readonly string[] {
  return typeDifferences(one, other, 'the record', sides);
}

function typeDifferences(one: AvroSchema, other: AvroSchema, path: string, sides: Sides): string[] {
  const [mine, theirs] = [plain(one), plain(other)];
  const [name, otherName] = [textOf(mine), textOf(theirs)];
  if (name !== otherName) return [`${path}: ${name} in ${sides.one}, ${otherName} in ${sides.other}`];
  if (Array.isArray(mine) && Array.isArray(theirs))
    return (mine as readonly AvroSchema[]).flatMap((branch, index) =>
      typeDifferences(branch, (theirs as readonly AvroSchema[])[index]!, path, sides),
    );
  if (typeof mine === 'string' || typeof theirs === 'string') return [];
  return insideDifferences(mine as AvroComplex, theirs as AvroComplex, path, sides);
}

function insideDifferences(one: AvroComplex, other: AvroComplex, path: string, sides: Sides): string[] {
  const items = one.items ?? one.values;
  const otherItems = other.items ?? other.values;
  return [
    ...(one.fields && other.fields ? fieldDifferences(one.fields, other.fields, path, sides) : []),
    ...(items !== undefined && otherItems !== undefined ? typeDifferences(items, otherItems, `${path}[]`, sides) : []),
    ...symbolDifferences(one.symbols ?? [], other.symbols ?? [], path, sides),
    ...valueDifference(`${path}: its default`, one.default, other.default, sides),
    ...docDifference(path, one.doc, other.doc),
  ];
}

function fieldDifferences(
  fields: readonly AvroField[],
  others: readonly AvroField[],
  path: string,
  sides: Sides,
): string[] {
  const at = path === 'the record' ? '' : `${path}.`;
  const only = (list: readonly AvroField[], from: readonly AvroField[], side: string): string[] =>
    list
      .filter(({ name }) => !from.some((field) => field.name === name))
      .map((field) => `${at}${field.name}: only in ${side}, ${textOf(plain(field.type))}, ${defaultOf(field)}`);
  return [
    ...only(fields, others, sides.one),
    ...only(others, fields, sides.other),
    ...fields.flatMap((field) => {
      const other = others.find(({ name }) => name === field.name);
      if (other === undefined) return [];
      return [
        ...typeDifferences(field.type, other.type, `${at}${field.name}`, sides),
        ...valueDifference(`${at}${field.name}: its default`, field.default, other.default, sides),
        ...docDifference(`${at}${field.name}`, field.doc, other.doc),
      ];
    }),
    ...orderDifference(fields, others, path, sides),
  ];
}

/** Bytes are in the order of the writer's fields: a reader needs its schema either way. */
function orderDifference(fields: readonly AvroField[], others: readonly AvroField[], path: string, sides: Sides) {
  const order = (list: readonly AvroField[], from: readonly AvroField[]): string =>
    list
      .map(({ name }) => name)
      .filter((name) => from.some((field) => field.name === name))
      .join();
  if (order(fields, others) === order(others, fields)) return [];
  return [`${path}: the fields are in another order in ${sides.other}`];
}

function symbolDifferences(symbols: readonly string[], others: readonly string[], path: string, sides: Sides) {
  const only = (list: readonly string[], from: readonly string[], side: string): string[] => {
    const left = list.filter((symbol) => !from.includes(symbol));
    return left.length === 0 ? [] : [`${path}: ${left.join(', ')} only in ${side}`];
  };
  return [...only(symbols, others, sides.one), ...only(others, symbols, sides.other)];
}

function valueDifference(what: string, one: unknown, other: unknown, sides: Sides): string[] {
  const [value, otherValue] = [shown(one), shown(other)];
  return value === otherValue ? [] : [`${what} is ${value} in ${sides.one}, ${otherValue} in ${sides.other}`];
}

function docDifference(path: string, one: string | undefined, other: string | undefined): string[] {
  return one === other ? [] : [`${path}: documented in other words`];
}

function defaultOf({ default: value }: AvroField): string {
  return value === undefined ? 'without a default' : `default ${shown(value)}`;
}

function shown(value: unknown): string {
  return value === undefined ? 'none' : JSON.stringify(value);
}

/** `{"type": "string"}` is "string". */
function plain(schema: AvroSchema): AvroSchema {
  if (typeof schema === 'string' || Array.isArray(schema)) return schema;
  const complex = schema as AvroComplex;
  const { type, logicalType } = complex;
  const isNamed = complex.name !== undefined || complex.items !== undefined || complex.values !== undefined;
  return isNamed || logicalType !== undefined ? schema : plain(type);
}

function textOf(schema: AvroSchema): string {
  if (typeof schema === 'string') return schema;
  if (Array.isArray(schema))
    return (schema as readonly AvroSchema[]).map((branch) => textOf(plain(branch))).join(' or ');
  const { type, name, namespace, logicalType, size, precision, scale } = schema as AvroComplex;
  if (type === 'array') return 'an array';
  if (type === 'map') return 'a map';
  const kind = typeof type === 'string' ? type : textOf(type);
  if (logicalType === 'decimal')
    return `${kind} (decimal of ${precision ?? '?'} digits, ${scale ?? 0} behind the point)`;
  if (logicalType !== undefined) return `${kind} (${logicalType})`;
  const full = namespace === undefined ? name : `${namespace}.${name ?? ''}`;
  return [kind, full, size === undefined ? undefined : `of ${size} bytes`]
    .filter((part) => part !== undefined)
    .join(' ');
}

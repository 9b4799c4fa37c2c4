/**
 * Whether every value of a writer's schema can be read by a reader's, by Avro's rules of resolution, and the same thing be
 * meant by it. Before a schema is used: `Resolution` finds out at the value that cannot be read.
 */
import {
  unqualified,
  type EnumType,
  type FixedType,
  type PrimitiveType,
  type RecordType,
  type WriterType,
} from './writer-type.js';

/** What a reader takes besides its own kind. */
const PROMOTED: Readonly<Record<string, readonly string[]>> = {
  long: ['int'],
  float: ['int', 'long'],
  double: ['int', 'long', 'float'],
  string: ['bytes'],
  bytes: ['string'],
};

interface Context {
  /** The reader is ours, which converts times and decimals; others take the bytes for what their schema says. */
  readonly converts: boolean;
  /** Records that are being compared already, by the writer's. */
  readonly compared: ReadonlyMap<WriterType, readonly WriterType[]>;
}

/** What cannot be read, a field each by its path; none when all can. `isOurs`: we are the reader. */
export function readFaults(writer: WriterType, reader: WriterType, { isOurs }: { readonly isOurs: boolean }) {
  return typeFaults(writer, reader, 'the record', { converts: isOurs, compared: new Map() });
}

function typeFaults(writer: WriterType, reader: WriterType, path: string, context: Context): readonly string[] {
  if (writer.kind === 'union') return writer.branches.flatMap((branch) => typeFaults(branch, reader, path, context));
  if (reader.kind === 'union') return unionFaults(writer, reader.branches, path, context);
  if (writer.kind === 'record' && reader.kind === 'record') return recordFaults(writer, reader, path, context);
  if (writer.kind === 'array' && reader.kind === 'array')
    return typeFaults(writer.items, reader.items, `${path}[]`, context);
  if (writer.kind === 'map' && reader.kind === 'map')
    return typeFaults(writer.values, reader.values, `${path}{}`, context);
  if (writer.kind === 'enum' && reader.kind === 'enum') return enumFaults(writer, reader, path);
  if (writer.kind === 'fixed' && reader.kind === 'fixed') return fixedFaults(writer, reader, path, context);
  return leafFaults(writer as PrimitiveType, reader as PrimitiveType, path, context);
}

function unionFaults(writer: WriterType, branches: readonly WriterType[], path: string, context: Context) {
  const each = branches.map((branch) => typeFaults(writer, branch, path, context));
  if (each.some((faults) => faults.length === 0)) return [];
  const alike = branches.findIndex(({ kind }) => kind === writer.kind);
  return each[alike] ?? [`${path} may be ${writer.kind}, which the reader's ${kindsOf(branches)} does not take`];
}

function kindsOf(branches: readonly WriterType[]): string {
  return branches.map(({ kind }) => kind).join(' or ');
}

function recordFaults(writer: RecordType, reader: RecordType, path: string, context: Context): readonly string[] {
  const { converts, compared } = context;
  const known = compared.get(writer) ?? [];
  if (known.includes(reader)) return [];
  const inside = { converts, compared: new Map(compared).set(writer, [...known, reader]) };
  if (unqualified(writer.name) !== unqualified(reader.name))
    return [`${path} is ${writer.name} for the writer, ${reader.name} for the reader`];
  const at = path === 'the record' ? '' : `${path}.`;
  return reader.fields.flatMap((field) => {
    const written = writer.fields.find(({ name }) => name === field.name);
    if (written !== undefined) return typeFaults(written.type, field.type, `${at}${field.name}`, inside);
    if (field.default !== undefined) return [];
    return [`${at}${field.name} is not written, and the reader has no default for it`];
  });
}

function enumFaults(writer: EnumType, reader: EnumType, path: string): string[] {
  if (unqualified(writer.name) !== unqualified(reader.name))
    return [`${path} is ${writer.name} for the writer, ${reader.name} for the reader`];
  const unknown = writer.symbols.filter((symbol) => !reader.symbols.includes(symbol));
  if (unknown.length === 0 || reader.default !== undefined) return [];
  return [`${path} may be ${unknown.join(', ')}, which the reader does not know and has no default for`];
}

function fixedFaults(writer: FixedType, reader: FixedType, path: string, context: Context): string[] {
  if (unqualified(writer.name) !== unqualified(reader.name) || writer.size !== reader.size)
    return [
      `${path} is ${writer.name} of ${writer.size} bytes for the writer, ${reader.name} of ${reader.size} for the reader`,
    ];
  return meaningFaults(writer, reader, path, context);
}

function leafFaults(writer: PrimitiveType, reader: PrimitiveType, path: string, context: Context): string[] {
  if (writer.kind !== reader.kind && !PROMOTED[reader.kind]?.includes(writer.kind))
    return [`${path} is ${writer.kind} for the writer, ${reader.kind} for the reader`];
  return meaningFaults(writer, reader, path, context);
}

/** Bytes that can be read and mean something else: another unit of a time, other digits of a decimal. */
function meaningFaults(
  writer: PrimitiveType | FixedType,
  reader: PrimitiveType | FixedType,
  path: string,
  { converts }: Context,
): string[] {
  if (converts) return [];
  const [written, read] = [meaningOf(writer), meaningOf(reader)];
  if (written === undefined || read === undefined || written === read) return [];
  return [`${path} is ${written} for the writer, ${read} for the reader`];
}

function meaningOf(type: PrimitiveType | FixedType): string | undefined {
  if (type.scale !== undefined) return `a decimal of scale ${type.scale}`;
  return 'logicalType' in type ? type.logicalType : undefined;
}

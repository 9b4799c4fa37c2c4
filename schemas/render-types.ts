/** Renders types.ts from the schemas. */
import type { AvroComplex, AvroRecord, AvroSchema } from './avro/avro-schema.js';

const PRIMITIVES: Readonly<Record<string, string>> = {
  null: 'null',
  boolean: 'boolean',
  int: 'number',
  long: 'bigint',
  float: 'number',
  double: 'number',
  string: 'string',
  bytes: 'Buffer',
};

const HEADER = `// Generated from schemas/*.avsc by \`npm run schemas:generate\`: change those, not this file.
/* eslint-disable max-lines */
import type { AvroRecord } from './avro/avro-schema.js';
`;

/** The whole text of types.ts. Throws on a schema that our own events do not use (enum, fixed). */
export function renderTypes(schemas: readonly AvroRecord[]): string {
  const interfaces = new Map<string, string>();
  for (const schema of schemas) renderRecord(schema, interfaces);
  const entries = schemas.map((schema) => `  ${schema.name}: ${indent(JSON.stringify(schema, null, 2))},`);
  return [
    HEADER,
    ...[...interfaces.values()].map((text) => `${text}\n`),
    '/** The schemas, by record name. */',
    `export const SCHEMAS = {\n${entries.join('\n')}\n} satisfies Readonly<Record<string, AvroRecord>>;\n`,
    '/** The names of our records, without namespace. */',
    'export type RecordName = keyof typeof SCHEMAS;\n',
  ].join('\n');
}

function renderRecord(schema: AvroComplex, interfaces: Map<string, string>): string {
  const name = schema.name ?? '';
  const fields = (schema.fields ?? []).map((field) => {
    const unit = isTimestamp(field.type) ? ' Milliseconds since the epoch.' : '';
    return `${comment((field.doc ?? '') + unit, '  ')}  readonly ${field.name}: ${tsType(field.type, interfaces)};`;
  });
  const text = `${comment(schema.doc ?? '', '')}export interface ${name} {\n${fields.join('\n')}\n}`;
  const known = interfaces.get(name);
  if (known !== undefined && known !== text) throw new Error(`two different records are named ${name}`);
  interfaces.set(name, text);
  return name;
}

function tsType(schema: AvroSchema, interfaces: Map<string, string>): string {
  if (Array.isArray(schema)) {
    const branches = (schema as readonly AvroSchema[]).map((branch) => tsType(branch, interfaces));
    return [...branches.filter((type) => type !== 'null'), ...branches.filter((type) => type === 'null')].join(' | ');
  }
  if (typeof schema === 'string') {
    return PRIMITIVES[schema] ?? unsupported(schema);
  }
  const complex = schema as AvroComplex;
  switch (complex.type) {
    case 'record':
      return renderRecord(complex, interfaces);
    case 'array':
      return `readonly ${parenthesised(tsType(complex.items ?? 'null', interfaces))}[]`;
    case 'map':
      return `Readonly<Record<string, ${tsType(complex.values ?? 'null', interfaces)}>>`;
    default:
      return tsType(complex.type, interfaces);
  }
}

function unsupported(schema: string): never {
  throw new Error(`the generator does not know the type ${schema}; expected a primitive, record, array, map or union`);
}

function parenthesised(type: string): string {
  return type.includes(' ') ? `(${type})` : type;
}

function isTimestamp(schema: AvroSchema): boolean {
  if (typeof schema === 'string') return false;
  if ('logicalType' in schema) return schema.logicalType === 'timestamp-millis';
  return Array.isArray(schema) && (schema as readonly AvroSchema[]).some(isTimestamp);
}

function comment(doc: string, margin: string): string {
  return doc === '' ? '' : `${margin}/** ${doc.replaceAll('*/', '*\\/')} */\n`;
}

function indent(text: string): string {
  return text.replaceAll('\n', '\n  ');
}

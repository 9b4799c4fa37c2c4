/** Schemas as avsc's types, with our own boolean, int, long, string, id, decimal, map and unions: what we write, and read back unchanged. */
import avsc from 'avsc';
import type { AvroComplex, AvroSchema } from './avro-schema.js';
import { booleanType } from './boolean-type.js';
import { DecimalType } from './decimal-type.js';
import { idType } from './id-type.js';
import { intType } from './int-type.js';
import { longType } from './long-type.js';
import { mapType } from './map-type.js';
import { isNullable, nullableType } from './nullable-type.js';
import { stringType } from './string-type.js';
import { isUnionOfMany, unionType } from './union-type.js';

/** The avsc type of a schema, with longs as bigint. Throws on a schema that is no valid Avro. */
export function parseType(schema: AvroSchema): avsc.Type {
  return avsc.Type.forSchema(schema as avsc.Schema, {
    // A prototype-less registry: a type may be called `toString`.
    registry: Object.assign(Object.create(null) as Record<string, avsc.Type>, { long: longType }),
    // Events are data: none of avsc's methods (`toString`, `clone`) on them.
    omitRecordMethods: true,
    logicalTypes: { decimal: DecimalType },
    typeHook: (inner, options) => {
      if (inner === 'boolean') return booleanType;
      if (inner === 'int') return intType;
      if (inner === 'long') return longType;
      if (inner === 'string') return stringType;
      if (isNullable(inner)) return nullableType(inner, options);
      if (isUnionOfMany(inner)) return unionType(inner, options);
      return typeof inner === 'object' && 'type' in inner ? complexType(inner, options) : undefined;
    },
  });
}

/** Undefined where avsc's own will do. */
function complexType(schema: object & { readonly type: unknown }, options: object): avsc.Type | undefined {
  const { type, isId } = schema as AvroComplex;
  switch (type) {
    case 'int':
      return intType;
    case 'long':
      return longType;
    case 'string':
      return isId === true ? idType : stringType;
    case 'map':
      return mapType(schema, options);
    default:
      return undefined;
  }
}

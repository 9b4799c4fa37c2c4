/** Schemas as avsc's types, with our own long, string, map and nullable. */
import avsc from 'avsc';
import type { AvroSchema } from './avro-schema.js';
import { longType } from './long-type.js';
import { mapType } from './map-type.js';
import { isNullable, nullableType } from './nullable-type.js';
import { stringType } from './string-type.js';

/**
 * The avsc type of a schema. Logical types are plain: a timestamp is its bigint of milliseconds. Throws on a schema
 * that is no valid Avro, or that names types of other subjects.
 */
export function parseType(schema: AvroSchema): avsc.Type {
  return avsc.Type.forSchema(schema as avsc.Schema, {
    // A prototype-less registry: a type may be called `toString`.
    registry: Object.assign(Object.create(null) as Record<string, avsc.Type>, { long: longType }),
    // Events are data: none of avsc's methods (`toString`, `clone`) on them.
    omitRecordMethods: true,
    typeHook: (inner, options) => {
      if (inner === 'long') return longType;
      if (inner === 'string') return stringType;
      if (isNullable(inner)) return nullableType(inner, options);
      if (typeof inner !== 'object' || !('type' in inner)) return undefined;
      if (inner.type === 'long') return longType;
      return inner.type === 'map' ? mapType(inner, options) : undefined;
    },
  });
}

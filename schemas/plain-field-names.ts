/** A writer's field names that avsc would take for what every object has. */
import type { AvroComplex, AvroField, AvroSchema } from './avro-schema.js';

/**
 * The schema, with another name for each field that is called as a member of `Object.prototype` (`toString`, `__proto__`): avsc looks
 * fields up in plain objects, takes such a one for known, and misreads what follows. No field of ours is called so: under any
 * name it is passed over. What is no valid schema is left as it is.
 */
export function withPlainFieldNames(schema: AvroSchema): AvroSchema {
  if (Array.isArray(schema)) return (schema as readonly AvroSchema[]).map(withPlainFieldNames);
  const complex = complexOf(schema);
  if (complex === undefined) return schema;
  const { type, items, values, fields } = complex;
  return {
    ...(schema as AvroComplex),
    ...(type !== undefined && { type: withPlainFieldNames(type) }),
    ...(items !== undefined && { items: withPlainFieldNames(items) }),
    ...(values !== undefined && { values: withPlainFieldNames(values) }),
    ...(Array.isArray(fields) && { fields: withPlainFields(fields) }),
  };
}

/** What the registry answered may be no schema at all. */
function complexOf(schema: unknown): Partial<AvroComplex> | undefined {
  return typeof schema === 'object' && schema !== null ? schema : undefined;
}

function withPlainFields(fields: readonly AvroField[]): readonly AvroField[] {
  const names = new Set(fields.map((field) => field.name));
  return fields.map((field) => ({
    ...field,
    type: withPlainFieldNames(field.type),
    ...(field.name in {} && { name: freeName(field.name, names) }),
  }));
}

function freeName(name: string, taken: Set<string>): string {
  let free = `_${name}`;
  while (taken.has(free)) free = `_${free}`;
  taken.add(free);
  return free;
}

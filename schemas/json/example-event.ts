/** Completes an event that a person wrote as JSON: what its schema wants and was left out has a value of its type. */
import type { AvroRecord } from '../avro/avro-schema.js';
import { parseWriter, takesNull, type FieldType, type RecordType, type WriterType } from '../avro/writer-type.js';
import { isObject } from './json-fault.js';

/** As JSON has it; numbers may be those of lossless-json. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** A field with a default, or that may be null, is left out still. `now`: ms, for what is a time. */
export function completed(record: AvroRecord, given: JsonObject, now: number): JsonObject {
  return completeRecord(parseWriter(record) as RecordType, given, now);
}

function completeRecord({ fields }: RecordType, given: JsonObject, now: number): JsonObject {
  const added = fields.flatMap((field) => {
    const value = given[field.name];
    if (value === undefined) return isOptional(field) ? [] : [[field.name, exampleOf(field.type, field.name, now)]];
    const { type } = field;
    return type.kind === 'record' && isObject(value) ? [[field.name, completeRecord(type, value, now)]] : [];
  });
  return { ...given, ...(Object.fromEntries(added) as JsonObject) };
}

function isOptional({ type, default: otherwise }: FieldType): boolean {
  return otherwise !== undefined || takesNull(type);
}

/** A text is the field's own name. */
function exampleOf(type: WriterType, name: string, now: number): unknown {
  switch (type.kind) {
    case 'string':
      return name;
    case 'enum':
      return type.symbols[0];
    case 'int':
    case 'long':
      return type.logicalType?.includes('timestamp') === true ? now : 1;
    case 'float':
    case 'double':
      return 1;
    case 'boolean':
      return true;
    case 'bytes':
      return type.scale === undefined ? '' : '1';
    case 'fixed':
      return type.scale === undefined ? Buffer.alloc(type.size).toString('base64') : '1';
    case 'array':
      return [];
    case 'map':
      return {};
    case 'record':
      return completeRecord(type, {}, now);
    case 'union':
      return takesNull(type) ? null : exampleOf(type.branches[0]!, name, now);
    case 'null':
      return null;
  }
}

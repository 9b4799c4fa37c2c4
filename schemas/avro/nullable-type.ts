// Uses private parts of avsc (_read, _write, its tap); package.json pins it exactly.
/**
 * Avro's union of null and one more type, written without avsc's search for the branch: it makes a text of the value's
 * kind and looks that up in an object, for each of the many fields that are mostly null.
 */
import avsc from 'avsc';
import { MalformedBodyError, readInt } from './cursor.js';
import type { Tap } from './long-type.js';

/** A type as avsc calls it inside of others. */
export interface TappedType extends avsc.Type {
  _read(tap: Tap): unknown;
  _write(tap: Tap, value: unknown): void;
}

/** A byte each: the branches' numbers, 0 and 1, as zigzag varints. */
const NULL_BRANCH = 0;
const VALUE_BRANCH = 2;

/** Whether a schema is such a union, of a type that refuses by itself what is none of its values: a long or a string. */
export function isNullable(schema: unknown): boolean {
  return Array.isArray(schema) && schema.length === 2 && schema[0] === 'null' && isChecked(schema[1]);
}

/** The type of a schema that `isNullable`; `options` as avsc hands them to its type hook. */
export function nullableType(schema: avsc.Schema, options: object): avsc.Type {
  const type = new avsc.types.UnwrappedUnionType(schema, options);
  const inner = type.types[1] as TappedType;
  const write = (tap: Tap, value: unknown): void => {
    tap.buf[tap.pos++] = value === null ? NULL_BRANCH : VALUE_BRANCH;
    if (value !== null) inner._write(tap, value);
  };
  const read = (tap: Tap): unknown => {
    const branch = readInt(tap);
    if (branch === 0) return null;
    if (branch === 1) return inner._read(tap);
    throw new MalformedBodyError(`a union has no branch ${branch}`);
  };
  return Object.create(type, { _read: { value: read }, _write: { value: write } }) as avsc.Type;
}

function isChecked(schema: unknown): boolean {
  const name: unknown = typeof schema === 'object' && schema !== null && 'type' in schema ? schema.type : schema;
  return name === 'long' || name === 'string';
}

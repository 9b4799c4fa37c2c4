// Uses private parts of avsc (_read, _check); package.json pins it exactly.
/**
 * Avro's int, as strict as one of another writer: avsc reads something of one that takes more than 32 bits, and throws
 * where it is asked whether a bigint is an int.
 */
import avsc from 'avsc';
import { readInt } from './cursor.js';

function isInt(this: avsc.Type, value: unknown, _: unknown, hook?: (value: unknown, type: avsc.Type) => void): boolean {
  const isOne = typeof value === 'number' && (value | 0) === value;
  if (!isOne) hook?.(value, this);
  return isOne;
}

/** The int that our types use. */
export const intType = Object.create(new avsc.types.IntType(), {
  _read: { value: readInt },
  _check: { value: isInt },
}) as avsc.Type;

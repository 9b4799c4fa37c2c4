// Uses private parts of avsc (_read, _write, _check, its tap); package.json pins it exactly.
/**
 * Avro's union of several types, without the wrapper that avsc puts around a value where two of them look alike: an
 * event holds the value itself. It is written as the first branch that it fits.
 */
import avsc from 'avsc';
import { type Tap, writeLong } from './long-type.js';
import type { TappedType } from './nullable-type.js';
import { branchAt } from './skip.js';

/** Whether a schema is such a union: of two types besides null, or more. */
export function isUnionOfMany(schema: unknown): boolean {
  return Array.isArray(schema) && schema.filter((branch) => branch !== 'null').length > 1;
}

/** The type of a schema that `isUnionOfMany`; `options` as avsc hands them to its type hook. */
export function unionType(schema: avsc.Schema, options: object): avsc.Type {
  const type = new avsc.types.WrappedUnionType(schema, options);
  const branches = type.types as TappedType[];
  const fits = (value: unknown): number => branches.findIndex((branch) => branch.isValid(value));
  const read = (tap: Tap): unknown => branchAt(branches, tap)._read(tap);
  const write = (tap: Tap, value: unknown): void => {
    const index = fits(value);
    if (index < 0) throw new TypeError(`none of the union's ${branches.length} branches takes a ${typeof value}`);
    writeLong(tap, BigInt(index));
    branches[index]!._write(tap, value);
  };
  const check = (value: unknown, _: unknown, hook?: (value: unknown, type: avsc.Type) => void): boolean => {
    const isOne = fits(value) >= 0;
    if (!isOne) hook?.(value, type);
    return isOne;
  };
  return Object.create(type, {
    _read: { value: read },
    _write: { value: write },
    _check: { value: check },
  }) as avsc.Type;
}

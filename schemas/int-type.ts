/**
 * Avro's int as avsc has it, but refused where it takes more than 32 bits: avsc reads whatever number stands there, and
 * a producer's `int` that no other decoder takes would become an id of ours.
 */
import avsc from 'avsc';
import type { Tap } from './long-type.js';

interface ReadableTap extends Tap {
  readInt(): number;
}

function readInt(tap: ReadableTap): number {
  const value = tap.readInt();
  if (value !== (value | 0)) throw new RangeError('an int takes more than 32 bits');
  return value;
}

/** The int that our types use. */
export const intType = Object.create(new avsc.types.IntType(), { _read: { value: readInt } }) as avsc.Type;

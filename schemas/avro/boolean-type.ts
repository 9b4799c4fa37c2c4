// Uses private parts of avsc (_read); package.json pins it exactly.
/** Avro's boolean, read as Java has it: true is 1, and no other byte. */
import avsc from 'avsc';
import type { Tap } from './long-type.js';

export function readBoolean(tap: Tap): boolean {
  return tap.buf[tap.pos++] === 1;
}

/** The boolean that our types use. */
export const booleanType = Object.create(new avsc.types.BooleanType(), { _read: { value: readBoolean } }) as avsc.Type;

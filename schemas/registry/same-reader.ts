/** Reads a record that a writer wrote as we would: its bytes mean the same as ours. */
import type avsc from 'avsc';
import { assertAtEnd, cursorAt, MalformedBodyError } from '../avro/cursor.js';
import { Skips } from '../avro/skip.js';
import type { RecordType, WriterType } from '../avro/writer-type.js';

/** Reads a record that begins at a position of a value and ends with it. */
export type ReadRecord = (value: Buffer, at: number) => unknown;

/** By avsc, whose readers are made of code: faster than ours by half. */
export function sameReader(record: RecordType, type: avsc.Type): ReadRecord {
  // What a count says is checked before avsc believes it.
  const scan = hasBlocks(record) ? new Skips().compile(record) : undefined;
  return (value, at) => {
    if (scan !== undefined) {
      const cursor = cursorAt(value, at);
      scan(cursor);
      assertAtEnd(cursor);
    }
    const decoded: { value: unknown; offset: number } = type.decode(value, at);
    const { offset } = decoded;
    if (offset < 0) throw new MalformedBodyError('the value ends inside the record');
    if (offset !== value.length)
      throw new MalformedBodyError(`${value.length - offset} bytes are left after the record`);
    return decoded.value;
  };
}

/** Whether a value can be larger, or deeper, than its type. `inside`: the records that the type is part of. */
function hasBlocks(type: WriterType, inside: readonly WriterType[] = []): boolean {
  if (inside.includes(type)) return true;
  if (type.kind === 'record') return type.fields.some((field) => hasBlocks(field.type, [...inside, type]));
  if (type.kind === 'union') return type.branches.some((branch) => hasBlocks(branch, inside));
  return type.kind === 'array' || type.kind === 'map';
}

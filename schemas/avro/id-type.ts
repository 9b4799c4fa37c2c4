// Uses private parts of avsc (_read); package.json pins it exactly.
/**
 * Avro's string where it is an id: bytes that are no UTF-8 are refused. Read as a text they become U+FFFD, and two ids
 * of different bytes one: the second event would pass for a copy of the first.
 */
import { isUtf8 } from 'node:buffer';
import type avsc from 'avsc';
import type { AvroRecord } from './avro-schema.js';
import type { Tap } from './long-type.js';
import { readString, stringType } from './string-type.js';

/** What stands for bytes that are no UTF-8; a producer may mean it, too. */
const REPLACEMENT = '\ufffd';
/** The field of our records that tells events apart. */
const ID_FIELD = 'eventId';

/** Throws a RangeError; the message holds no bytes. */
export function readId(tap: Tap): string {
  const { buf, pos } = tap;
  const text = readString(tap);
  // A text without it, as nearly all are, is of one byte a character: the answer comes at once.
  if (text.includes(REPLACEMENT) && !isUtf8(buf.subarray(afterVarint(buf, pos), tap.pos))) {
    throw new RangeError('an id is no valid UTF-8');
  }
  return text;
}

function afterVarint(buf: Buffer, pos: number): number {
  let at = pos;
  while ((buf[at] ?? 0) >= 0x80) at += 1;
  return at + 1;
}

export const idType = Object.create(stringType, { _read: { value: readId } }) as avsc.Type;

/** The record as it is read: its ids are marked for `parseType` and `parseWriter`. `others`: further fields that are ids. */
export function withIds(record: AvroRecord, others: readonly string[] = []): AvroRecord {
  const ids = [ID_FIELD, ...others];
  const fields = record.fields.map((field) =>
    ids.includes(field.name) && field.type === 'string'
      ? { ...field, type: { type: 'string', isId: true } as const }
      : field,
  );
  return { ...record, fields };
}

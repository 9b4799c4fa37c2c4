/** A writer's schema from the registry, made ready to read into our own records, or refused. */
import { messageOf } from '../../common/errors.js';
import { assertAtEnd, cursorAt, MalformedBodyError, skipInt } from '../avro/cursor.js';
import { isSameEncoding, type Read, refusalOf, Resolution } from '../avro/resolution.js';
import { branchAt, Skips } from '../avro/skip.js';
import { HEADER_BYTES } from '../wire-format.js';
import { parseWriter, unqualified, type WriterType } from '../avro/writer-type.js';
import type { OwnRecords } from './own-records.js';

/** What the registry holds under an id. */
export interface RegisteredSchema {
  /** AVRO, JSON or PROTOBUF. */
  readonly schemaType: string;
  readonly schema: string;
  /** The schemas that it refers to, each behind those that it refers to itself. */
  readonly references?: readonly string[];
}

/** Reads a whole record value into our event. Throws when the body is malformed, or is none that ours can be read from. */
type ReadEvent = (value: Buffer) => unknown;

interface ReadableWriter {
  readonly kind: 'readable';
  /** Those that carry our record of that name. */
  readonly topics: readonly string[];
  readonly recordName: string;
  readonly read: ReadEvent;
  /** Why `read` throws for each value, if it does: a fault of each record, and of the schema none. */
  readonly fault?: string | undefined;
}

/** What becomes of a record. */
type RecordWriter =
  | ReadableWriter
  /** No record of ours: `message` says what it is and why it cannot be read. */
  | { readonly kind: 'refused'; readonly message: string };

export type Writer =
  | RecordWriter
  /** One record or another: each value says which. Throws where no record was written. */
  | {
      readonly kind: 'union';
      readonly records: readonly ReadableWriter[];
      readonly writerOf: (value: Buffer) => RecordWriter;
    };

/**
 * Accepts a schema only when it is Avro and has a record of ours by name, itself or as a branch of its union: an id alone
 * proves nothing, for a producer may write any id into its header. Never throws.
 */
export function admitWriter({ schemaType, schema, references = [] }: RegisteredSchema, records: OwnRecords): Writer {
  if (schemaType !== 'AVRO') return refused(`a schema of type ${clip(schemaType)}, not AVRO`);
  try {
    const type = parseWriter(
      JSON.parse(schema),
      references.map((text) => JSON.parse(text) as unknown),
    );
    const admit = admission(records);
    return type.kind === 'union' ? unionWriter(type.branches, admit) : admit(type, () => HEADER_BYTES);
  } catch (error) {
    // Whatever the registry's text leads to (a stack overflow as well) is a fault of that text.
    return refused(`a schema that cannot be read: ${clip(messageOf(error))}`);
  }
}

/** Where in a value the record begins. */
type Start = (value: Buffer) => number;

/** Admits a writer's record; what its types have in common is compiled once. */
function admission(records: OwnRecords): (type: WriterType, start: Start) => RecordWriter {
  const skips = new Skips();
  const resolution = new Resolution(skips);
  return (type, start) => {
    const recordName = type.kind === 'record' ? type.name : type.kind;
    const reader = type.kind === 'record' ? records.get(unqualified(recordName)) : undefined;
    if (reader === undefined) return refused(`${clip(recordName)}, which is no record of ours`);
    const { topics, record, readSame } = reader;
    const base = { kind: 'readable', topics, recordName: clip(recordName) } as const;
    if (isSameEncoding(type, record)) return { ...base, read: (value) => readSame(value, start(value)) };
    const read = resolution.compile(type, record);
    return { ...base, read: (value) => readOther(read, value, start(value)), fault: refusalOf(read) };
  };
}

function unionWriter(types: readonly WriterType[], admit: ReturnType<typeof admission>): Writer {
  const afterBranch: Start = (value) => {
    const cursor = cursorAt(value, HEADER_BYTES);
    skipInt(cursor);
    return cursor.pos;
  };
  const branches = types.map((type) => (type.kind === 'record' ? admit(type, afterBranch) : type.kind));
  const records = branches.filter((branch) => typeof branch === 'object' && branch.kind === 'readable');
  if (records.length === 0) return refused(`a union of ${types.length} types, of which none is a record of ours`);
  return {
    kind: 'union',
    records,
    writerOf: (value) => {
      const branch = branchAt(branches, cursorAt(value, HEADER_BYTES));
      if (typeof branch === 'string') throw new MalformedBodyError(`${branch} was written in the place of a record`);
      return branch;
    },
  };
}

function readOther(read: Read, value: Buffer, at: number): unknown {
  const cursor = cursorAt(value, at);
  const event = read(cursor);
  assertAtEnd(cursor);
  return event;
}

function refused(message: string): RecordWriter {
  return { kind: 'refused', message };
}

/** Names and messages made of the registry's text are kept short: they go to headers and logs. */
export function clip(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

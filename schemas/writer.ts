/** A writer's schema from the registry, made ready to read into our own record, or refused. */
import type avsc from 'avsc';
import { messageOf } from '../topology/errors.js';
import { type AvroSchema, fullName } from './avro-schema.js';
import { compileScan, type Scan } from './block-scan.js';
import { withIds } from './id-type.js';
import { parseType } from './parse-type.js';
import { withPlainFieldNames } from './plain-field-names.js';
import { isOtherUnit } from './timestamp-type.js';
import { type AvroTopic, TOPIC_RECORDS } from './topic-records.js';
import { reachable } from './type-graph.js';
import { HEADER_BYTES } from './wire-format.js';

/** What the registry holds under an id. */
export interface RegisteredSchema {
  /** AVRO, JSON or PROTOBUF. */
  readonly schemaType: string;
  readonly schema: string;
}

/** Reads a whole record value into our event. Throws when the body is malformed. */
type ReadEvent = (value: Buffer) => unknown;

export type Writer =
  | { readonly kind: 'readable'; readonly topic: AvroTopic; readonly recordName: string; readonly read: ReadEvent }
  /** Of no topic of ours: `message` says what it is and why it can not be read. */
  | { readonly kind: 'refused'; readonly message: string };

interface Reader {
  readonly topic: AvroTopic;
  readonly type: avsc.Type;
}

let readers: ReadonlyMap<string, Reader> | undefined;

/** Our own types by full name; made at first use. */
function ownReaders(): ReadonlyMap<string, Reader> {
  readers ??= new Map(
    (Object.keys(TOPIC_RECORDS) as AvroTopic[]).map((topic) => {
      const record = TOPIC_RECORDS[topic];
      return [fullName(record), { topic, type: parseType(withIds(record)) }];
    }),
  );
  return readers;
}

/**
 * Accepts a schema only when it is Avro, bears the name of one of our records and resolves to ours: an id alone proves
 * nothing, for a producer may write any id into its header. Never throws.
 */
export function admitWriter(registered: RegisteredSchema): Writer {
  if (registered.schemaType !== 'AVRO') return refused(`a schema of type ${clip(registered.schemaType)}, not AVRO`);
  try {
    const writer = parseType(withPlainFieldNames(JSON.parse(registered.schema) as AvroSchema));
    const recordName = writer.name ?? writer.typeName;
    const reader = ownReaders().get(recordName);
    if (reader === undefined) return refused(`${clip(recordName)}, which is no record of ours`);
    return { kind: 'readable', topic: reader.topic, recordName, read: compileRead(reader.type, writer) };
  } catch (error) {
    // Whatever the registry's text makes avsc throw (a stack overflow as well) is a fault of that text.
    return refused(`a schema that does not resolve to ours: ${clip(messageOf(error))}`);
  }
}

function compileRead(reader: avsc.Type, writer: avsc.Type): ReadEvent {
  // Of the same canonical form, which has no units, the bytes mean the same without a resolver, and are read faster.
  const isSame = reader.equals(writer) && ![...reachable(writer)].some(isOtherUnit);
  const resolver = isSame ? undefined : reader.createResolver(writer);
  const scan: Scan | undefined = compileScan(writer);
  return (value) => {
    scan?.(value, HEADER_BYTES);
    const decoded: { value: unknown; offset: number } = reader.decode(value, HEADER_BYTES, resolver);
    const { offset } = decoded;
    if (offset < 0) throw new RangeError('the value ends inside the record');
    if (offset !== value.length) throw new RangeError(`${value.length - offset} bytes are left after the record`);
    return decoded.value;
  };
}

function refused(message: string): Writer {
  return { kind: 'refused', message };
}

/** Names and messages made of the registry's text are kept short: they go to headers and logs. */
function clip(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

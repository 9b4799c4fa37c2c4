/** A writer's schema, a value of it in bytes, and what Avro's own reader makes of it with our schema: how such a row is made. */
import { TOPIC_RECORDS, type AvroTopic } from '../../../../../dev/contract/sources.js';
import type { AvroField } from '../../../../../schemas/avro/avro-schema.js';
import { writeLong } from '../../../../../schemas/avro/long-type.js';
import { parseType } from '../../../../../schemas/avro/parse-type.js';
import { request, task } from '../../samples.js';

/** What Avro's reader makes of a value: the event, or that this value is not read, or that the schema is none. */
export type Outcome = { readonly reads: object } | 'unread' | 'no-schema';

export interface ResolutionRow {
  readonly name: string;
  readonly topic: AvroTopic;
  readonly writer: unknown;
  readonly references?: readonly unknown[];
  readonly body: Buffer;
  /** Undefined where it is never done. */
  readonly java: Outcome | undefined;
  /** What we make of it where that is something else, and why. */
  readonly ours?: { readonly outcome: OurOutcome; readonly why: string };
}

export type OurOutcome = { readonly reads: object } | 'undecodable' | 'wrong-record';

export function long(value: bigint | number): Buffer {
  const tap = { buf: Buffer.alloc(10), pos: 0 };
  writeLong(tap, BigInt(value));
  return tap.buf.subarray(0, tap.pos);
}

export const bytes = (...values: number[]): Buffer => Buffer.from(values);
export const none = bytes();
export const all = (...parts: readonly Buffer[]): Buffer => Buffer.concat(parts);
export const text = (value: string): Buffer => raw(Buffer.from(value));
export const raw = (value: Buffer): Buffer => all(long(value.length), value);
export const branch = (index: number, value: Buffer): Buffer => all(long(index), value);
export const items = (...parts: readonly Buffer[]): Buffer =>
  parts.length === 0 ? long(0) : all(long(parts.length), ...parts, long(0));
export const sized = (size: number, ...parts: readonly Buffer[]): Buffer =>
  all(long(-parts.length), long(size), ...parts, long(0));
export const double = (value: number): Buffer => {
  const eight = Buffer.alloc(8);
  eight.writeDoubleLE(value);
  return eight;
};
export const float = (value: number): Buffer => {
  const four = Buffer.alloc(4);
  four.writeFloatLE(value);
  return four;
};
/** A number in more bytes than it needs. */
export const overlong = (value: number, size: number): Buffer => {
  const longer = Buffer.alloc(size, 0x80);
  longer[0]! |= value * 2;
  longer[size - 1] = 0;
  return longer;
};

export const array = (items: unknown): object => ({ type: 'array', items });
export const map = (values: unknown): object => ({ type: 'map', values });
export const timestamp = (type: string, logicalType: string): object => ({ type, logicalType });
export const enumOf = (name: string, ...symbols: string[]): object => ({ type: 'enum', name, symbols });
export const fixed = (size: number): object => ({ type: 'fixed', name: `Fixed${size}`, size });
export const record = (name: string, ...fields: object[]): object => ({ type: 'record', name, fields });

const { timestamp: AT } = task;
const common = { eventId: task.eventId, timestamp: AT, userId: 42n, tenantId: 7n };
export const EVENTS: Partial<Record<AvroTopic, object>> = {
  TASK_EVENT_TOPIC: { ...task, deadlineMs: AT },
  NOTIFICATION_REQUEST_TOPIC: request,
  CRM_EVENT_TOPIC: crmEvent(),
  USER_DIRECTORY: {
    ...common,
    deleted: true,
    ...{ email: 'ada@example.org', fullName: null, locale: null, timeZone: null },
    ...{ deviceTokens: ['a', 'b'], mutedChannels: [] },
  },
  NOTIFICATION_DELIVERED_TOPIC: {
    ...common,
    notificationId: 9n,
    deliveries: [{ channel: 'EMAIL', status: 'SKIPPED', reason: 'MUTED' }],
  },
};

function crmEvent(): object {
  const known: Record<string, unknown> = { ...common, value: 0.5, metadata: { k: 'v' } };
  // Whatever else the record has.
  return Object.fromEntries(
    TOPIC_RECORDS.CRM_EVENT_TOPIC.fields.map(({ name, type }) => [
      name,
      known[name] ?? (type === 'string' ? name : type === 'long' ? 5n : null),
    ]),
  );
}

export interface Change {
  /** For a field of ours: the writer's type, and how the value is written. */
  readonly writes?: Readonly<Record<string, readonly [type: unknown, written: Buffer, attributes?: object]>>;
  readonly without?: readonly string[];
  /** Behind the other fields: name, type, value, attributes. */
  readonly adds?: readonly (readonly [name: string, type: unknown, written: Buffer, attributes?: object])[];
  /** For the record itself. */
  readonly as?: object;
  readonly reversed?: boolean;
  /** What becomes of the whole. */
  readonly wrap?: (schema: object, body: Buffer) => { readonly writer: unknown; readonly body: Buffer };
  readonly references?: readonly unknown[];
  /** Fields of the event that are read as something else; of an unread one none. */
  readonly reads?: object;
  readonly java?: Outcome | undefined;
  readonly ours?: OurOutcome;
  readonly why?: string;
}

function rowOf(topic: AvroTopic, name: string, change: Change): ResolutionRow {
  const { writes = {}, without = [], adds = [], as = {}, wrap, references, reads = {}, ours, why } = change;
  const own = TOPIC_RECORDS[topic];
  const event = EVENTS[topic] as Record<string, unknown>;
  const kept = own.fields
    .filter((field) => !without.includes(field.name))
    .map((field) => {
      const [type, written, attributes] = writes[field.name] ?? [field.type, valueOf(field, event[field.name])];
      return { field: { name: field.name, type, ...attributes }, written };
    });
  if (change.reversed) kept.reverse();
  const added = adds.map(([field, type, written, attributes]) => ({
    field: { name: field, type, ...attributes },
    written,
  }));
  const fields = [...kept, ...added];
  const schema = { ...own, ...as, fields: fields.map(({ field }) => field) };
  const body = all(...fields.map(({ written }) => written));
  return {
    name,
    topic,
    ...(wrap?.(schema, body) ?? { writer: schema, body }),
    ...(references && { references }),
    java: 'java' in change ? change.java : { reads: { ...event, ...reads } },
    ...(ours !== undefined && { ours: { outcome: ours, why: why! } }),
  };
}

function valueOf({ type }: AvroField, value: unknown): Buffer {
  return parseType(type).toBuffer(value);
}

export const taskRow = (name: string, change: Change): ResolutionRow => rowOf('TASK_EVENT_TOPIC', name, change);
export const requestRow = (name: string, change: Change): ResolutionRow =>
  rowOf('NOTIFICATION_REQUEST_TOPIC', name, change);
export const crmRow = (name: string, change: Change): ResolutionRow => rowOf('CRM_EVENT_TOPIC', name, change);
export const directoryRow = (name: string, change: Change): ResolutionRow => rowOf('USER_DIRECTORY', name, change);
export const deliveredRow = (name: string, change: Change): ResolutionRow =>
  rowOf('NOTIFICATION_DELIVERED_TOPIC', name, change);

export const unread = { java: 'unread' } as const;
export const noSchema = { java: 'no-schema' } as const;

/** A field of ours, and whether it is read when written so. */
export const asLong = (name: string, type: unknown, written: Buffer, read?: bigint): ResolutionRow =>
  taskRow(`${name} where ours is a long`, {
    writes: { taskId: [type, written] },
    ...(read === undefined ? unread : { reads: { taskId: read } }),
  });
export const asText = (name: string, type: unknown, written: Buffer, read?: string): ResolutionRow =>
  taskRow(`${name} where ours is a string`, {
    writes: { priority: [type, written] },
    ...(read === undefined ? unread : { reads: { priority: read } }),
  });

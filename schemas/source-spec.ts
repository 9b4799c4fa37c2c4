/** The source topics as data: what the topology reads, and how. */
import type { AvroRecord } from './avro/avro-schema.js';
import { SOURCE_RECORDS } from './topic-records.js';

/** How the values of a source are written: in the Confluent wire format, as JSON text, or in either, which the first byte tells. */
export type SourceFormat = 'avro' | 'json' | 'avro-or-json';

/** A source topic as the topology reads it. */
export interface SourceSpec {
  /** What its node on the map is called: `tasks`. */
  readonly name: string;
  /** Logical name. */
  readonly topic: string;
  /** What its events are read as. */
  readonly record: AvroRecord;
  readonly format: SourceFormat;
  /** The field that tells its events apart; default `eventId`. */
  readonly idField?: string | undefined;
  /** The store that is made of it: its records come before those of other sources. */
  readonly bootstraps?: 'user-directory' | undefined;
}

/** The sources of the contract. */
export const SOURCES: readonly SourceSpec[] = [
  avro('requests', 'NOTIFICATION_REQUEST_TOPIC'),
  avro('tasks', 'TASK_EVENT_TOPIC'),
  avro('crm', 'CRM_EVENT_TOPIC'),
  avro('sales', 'SALES_EVENT_TOPIC'),
  { ...avro('accounts', 'USER_EVENT_TOPIC'), bootstraps: 'user-directory' },
];

function avro(name: string, topic: keyof typeof SOURCE_RECORDS): SourceSpec {
  return { name, topic, record: SOURCE_RECORDS[topic], format: 'avro' };
}

/** Those that may carry Avro: they have a subject in the registry. */
export function avroSources(sources: readonly SourceSpec[]): readonly SourceSpec[] {
  return sources.filter(({ format }) => format !== 'json');
}

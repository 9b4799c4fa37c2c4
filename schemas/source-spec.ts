/** The source topics as data: what the topology reads, and how. */
import type { AvroRecord } from './avro/avro-schema.js';

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

/** Those that may carry Avro: they have a subject in the registry. */
export function avroSources(sources: readonly SourceSpec[]): readonly SourceSpec[] {
  return sources.filter(({ format }) => format !== 'json');
}

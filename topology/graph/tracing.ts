/** Traces, as a task tells of its records and commits. Off, it is nothing at all: the executor is left as it is. */
import type { SourceRecord } from '../../common/record.js';
import type { Executor } from './executor.js';
import type { RecordCollector } from './outputs.js';

export interface Tracing {
  /** The executor, with each record's trace around it, which its outputs carry on. */
  around<Stores>(executor: Executor<Stores>): Executor<Stores>;
  /** Runs the commit of what is collected there. */
  commit(outputs: RecordCollector, records: number, run: () => Promise<void>): Promise<void>;
  /** What a log line about the record says of its trace, by OpenTelemetry's name. */
  logFields(record: SourceRecord): { readonly trace_id?: string };
}

const NOTHING = {};

/** TRACING=off. */
export const NO_TRACING: Tracing = {
  around: (executor) => executor,
  commit: (_outputs, _records, run) => run(),
  logFields: () => NOTHING,
};

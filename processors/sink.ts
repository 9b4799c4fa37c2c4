/** A sink: the last step of a record's way, which makes the records of one topic. */
import type { DeadLetter, SourceRecord } from '../common/record.js';
import type { NotificationStores, ProcessorContext } from './context.js';
import type { DeadLetterCause } from './outcome.js';

/** Takes the outputs of a sink. */
export interface Emitter<Event> {
  /** The record's key, and the event that becomes its value. */
  emit(key: string, event: Event): void;
}

/** Turns what the last processor forwards into the records of one topic: none, one, or many. Pure, except for `out`. */
export type Sink<In, Event, Stores = NotificationStores> = (
  value: In,
  out: Emitter<Event>,
  context: ProcessorContext<Stores>,
) => void;

/** What every dead letter says besides its own cause. */
export interface DeadLetterOptions {
  readonly appId: string;
  readonly stackTraces: boolean;
  /** The name on the broker of a source topic. */
  readonly topicName: (topic: string) => string;
}

/** Turns a record that cannot be processed into the dead letter for it. */
export type DeadLetterSink = (record: SourceRecord, cause: DeadLetterCause, options: DeadLetterOptions) => DeadLetter;

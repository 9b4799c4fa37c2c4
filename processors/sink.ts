/** A sink: the last step of a record's way, which makes the records of one topic. */
import type { DeadLetter, SourceRecord, SourceTopic } from '../common/record.js';
import type { ProcessorContext } from './context.js';
import type { DeadLetterCause } from './outcome.js';
import type { RoutedEvent } from './routed-event.js';

/** Takes the outputs of a sink. */
export interface Emitter<Event> {
  /** The record's key, and the event that becomes its value. */
  emit(key: string, event: Event): void;
}

/** Turns a routed event into the records of one topic: none, one, or one a recipient. Pure, but for `out`. */
export type Sink<Event> = (routed: RoutedEvent, out: Emitter<Event>, context: ProcessorContext) => void;

/** What every dead letter says besides its own cause. */
export interface DeadLetterOptions {
  readonly appId: string;
  readonly stackTraces: boolean;
  /** The name on the broker of a source topic. */
  readonly topicName: (topic: SourceTopic) => string;
}

/** Turns a record that can not be processed into the dead letter for it. */
export type DeadLetterSink = (record: SourceRecord, cause: DeadLetterCause, options: DeadLetterOptions) => DeadLetter;

/** The seam between the topology and Avro: what a decoder and an encoder promise. */
import type { SourceTopic } from '../common/record.js';
import type {
  CrmEvent,
  EmailRequestEvent,
  InAppNotification,
  NotificationDeliveredEvent,
  NotificationRequestEvent,
  PushRequestEvent,
  SalesEvent,
  TaskEvent,
  UserDirectoryEntry,
  UserEvent,
} from './types.js';

/** The event that each source topic of the contract carries. int64 fields are bigint. */
export interface SourceEvents {
  NOTIFICATION_REQUEST_TOPIC: NotificationRequestEvent;
  TASK_EVENT_TOPIC: TaskEvent;
  CRM_EVENT_TOPIC: CrmEvent;
  SALES_EVENT_TOPIC: SalesEvent;
  USER_EVENT_TOPIC: UserEvent;
}

/** The record that each of our encoded topics carries. */
export interface SinkEvents {
  EMAIL_REQUEST_TOPIC: EmailRequestEvent;
  PUSH_REQUEST_TOPIC: PushRequestEvent;
  NOTIFICATION_INAPP_TOPIC: InAppNotification;
  NOTIFICATION_DELIVERED_TOPIC: NotificationDeliveredEvent;
  USER_DIRECTORY: UserDirectoryEntry;
}

/** An event of the contract, tagged with its topic so that a `switch` narrows it. */
export type ContractEvent = { [T in SourceTopic]: { readonly topic: T; readonly event: SourceEvents[T] } }[SourceTopic];

/** An event of any source, by field; int64 are bigint. */
export type EventRecord = Readonly<Record<string, unknown>>;

/** A decoded event, with the logical name of its topic. */
export interface SourceEvent {
  readonly topic: string;
  readonly event: EventRecord;
}

export type Decoded =
  | { readonly kind: 'event'; readonly value: SourceEvent }
  /** The schema id has not been asked of the registry yet (or long ago): call `SchemaCatalog.resolve` and decode again. */
  | { readonly kind: 'unresolved'; readonly schemaId: number }
  | {
      readonly kind: 'poison';
      readonly reason: 'bad-magic' | 'unknown-schema' | 'undecodable' | 'wrong-record';
      readonly message: string;
      readonly attempts: number;
      readonly error?: unknown;
    };

export interface EventDecoder {
  /** Never throws and never waits. `value` is the whole record value: magic byte, schema id, Avro body. */
  decode(topic: string, value: Buffer): Decoded;
}

/** As `Decoded`, for a topic that we write and read back: the directory, the in-app topic. */
export type DecodedSink<T extends keyof SinkEvents> =
  { readonly kind: 'event'; readonly event: SinkEvents[T] } | Exclude<Decoded, { readonly kind: 'event' }>;

export interface SinkDecoder {
  /** As `EventDecoder.decode`; a record of another name on the topic is `wrong-record`. */
  decodeSink<T extends keyof SinkEvents>(topic: T, value: Buffer): DecodedSink<T>;
}

export interface EventEncoder {
  /** The value in the Confluent wire format, under the id that the registry gave to our schema of that topic. */
  encode<T extends keyof SinkEvents>(topic: T, event: SinkEvents[T]): Buffer;
  /** The encoder of one topic's events, to be asked for once. Throws a TypeError for a topic without a schema id. */
  forTopic<T extends keyof SinkEvents>(topic: T): TopicEncoder<SinkEvents[T]>;
}

export interface TopicEncoder<Event> {
  /**
   * Writes an event's value into a buffer, from a position on. Gives the position behind it, or minus the number of
   * bytes that the buffer lacks. What stands behind the value may be written over: a string that is not ASCII is
   * written before its length is known.
   */
  encodeInto(event: Event, buffer: Buffer, at: number): number;
}

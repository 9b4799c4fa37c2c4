/** The records that enter and leave the topology, and where each came from. */
import type { RecordHeaders } from './record-headers.js';

/**
 * The contract's event topics, by their logical names (its defaults, without TOPIC_PREFIX). Never changed: a topic's index
 * is stored, and the indices from there on are of the further sources of each store (state/dedup/source-numbers.ts).
 */
export const SOURCE_TOPICS = [
  'NOTIFICATION_REQUEST_TOPIC',
  'TASK_EVENT_TOPIC',
  'CRM_EVENT_TOPIC',
  'SALES_EVENT_TOPIC',
  'USER_EVENT_TOPIC',
] as const;
export type SourceTopic = (typeof SOURCE_TOPICS)[number];

/** One partition of a source topic, by the topic's logical name: `TASK_EVENT_TOPIC-3`. What is kept of it, is kept under this name. */
export type SourceName = `${string}-${number}`;

export interface SourcePartition {
  readonly name: SourceName;
  readonly topic: string;
  readonly partition: number;
}

export function sourcePartition(topic: string, partition: number): SourcePartition {
  return { name: `${topic}-${partition}`, topic, partition };
}

/** What a name stands for, whether the topic is read or not; undefined for what is no source partition's name. */
export function parseSourceName(name: string): SourcePartition | undefined {
  const [, topic, partition] = /^(.+)-(\d+)$/.exec(name) ?? [];
  return topic === undefined ? undefined : sourcePartition(topic, Number(partition));
}

/** The topics that the topology writes, by their logical names. USER_DIRECTORY is internal and compacted. */
export const SINK_TOPICS = [
  'EMAIL_REQUEST_TOPIC',
  'PUSH_REQUEST_TOPIC',
  'NOTIFICATION_INAPP_TOPIC',
  'NOTIFICATION_DELIVERED_TOPIC',
  'NOTIFICATION_DLQ',
  'USER_DIRECTORY',
] as const;
export type SinkTopic = (typeof SINK_TOPICS)[number];

/** Those of them that others read: all but the directory. */
export const OUTPUT_TOPICS = SINK_TOPICS.filter((topic) => topic !== 'USER_DIRECTORY');

/** Why a record was not taken whole: it is dead-lettered without being processed. */
export type RecordDefect =
  /** Larger than MAX_RECORD_BYTES: key, value and headers are what is left of them. */
  | { readonly kind: 'too-large'; readonly bytes: number; readonly maxBytes: number; readonly value: WholeValue }
  /** A whole batch that cannot be unpacked; it has neither key nor value. */
  | {
      readonly kind: 'unreadable-batch';
      readonly lastOffset: number;
      /** Its name, such as `gzip`. */
      readonly codec: string;
      /** As it stands in the log. */
      readonly bytes: number;
      readonly message: string;
    };

/** What is said of a value that is not there whole. */
export interface WholeValue {
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

/** One record of a source topic, undecoded. */
export interface SourceRecord {
  /** Logical topic name. */
  readonly topic: string;
  readonly partition: number;
  /** Both of them. */
  readonly source: SourceName;
  /** A Kafka offset is an int64 that stays far below 2^53: a number is exact. */
  readonly offset: number;
  /** Record timestamp in ms since the epoch; -1 when the producer set none. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  /** Null for a tombstone. */
  readonly value: Buffer | null;
  readonly headers: RecordHeaders;
  /** Undefined for nearly every record. */
  readonly defect?: RecordDefect | undefined;
}

/** One record to be produced, encoded. The partition is murmur2 of the key, as the Java client's default partitioner. */
export interface SinkRecord {
  /** Logical topic name. */
  readonly topic: string;
  readonly key: Buffer | string | null;
  readonly value: Buffer | null;
  readonly headers: RecordHeaders;
}

/** A dead letter, before it is cut to what its topic takes. One without a key goes to the task's own partition. */
export interface DeadLetter extends SinkRecord {
  readonly key: Buffer | null;
  /** As the record had them. */
  readonly headers: RecordHeaders;
  /** Behind them: where the record came from, and why it could not be processed. */
  readonly added: RecordHeaders;
  /** Set when `value` is only a part of the record's. */
  readonly wholeValue?: WholeValue | undefined;
}

/** Where its source goes on behind it. */
export function nextOffsetOf({ offset, defect }: SourceRecord): number {
  return (defect?.kind === 'unreadable-batch' ? defect.lastOffset : offset) + 1;
}

/** Where a record came from, for logs and dead letters: `TASK_EVENT_TOPIC-3@42`. */
export function origin({ source, offset }: Pick<SourceRecord, 'source' | 'offset'>): string {
  return `${source}@${offset}`;
}

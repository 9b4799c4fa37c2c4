/** The records that enter and leave the topology, and where each came from. */

/** The ERP's event topics, by their logical names (the contract's defaults, without TOPIC_PREFIX). */
export const SOURCE_TOPICS = [
  'NOTIFICATION_REQUEST_TOPIC',
  'TASK_EVENT_TOPIC',
  'CRM_EVENT_TOPIC',
  'SALES_EVENT_TOPIC',
  'USER_EVENT_TOPIC',
] as const;
export type SourceTopic = (typeof SOURCE_TOPICS)[number];

/** One partition of a source topic, by the topic's logical name: `TASK_EVENT_TOPIC-3`. What is kept of it, is kept under this name. */
export type SourceName = `${SourceTopic}-${number}`;

export interface SourcePartition {
  readonly name: SourceName;
  readonly topic: SourceTopic;
  readonly partition: number;
}

export function sourcePartition(topic: SourceTopic, partition: number): SourcePartition {
  return { name: `${topic}-${partition}`, topic, partition };
}

/** What a name stands for; undefined for none of a source topic that this version knows. */
export function parseSourceName(name: string): SourcePartition | undefined {
  const [, topic, partition] = /^(.+)-(\d+)$/.exec(name) ?? [];
  const known = SOURCE_TOPICS.find((source) => source === topic);
  return known && sourcePartition(known, Number(partition));
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

/** Record headers as the client hands them over: a name may stand more than once. */
export type RecordHeaders = Readonly<Record<string, Buffer | string | (Buffer | string)[] | undefined>>;

/** One record of a source topic, undecoded. */
export interface SourceRecord {
  /** Logical topic name. */
  readonly topic: SourceTopic;
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
}

/** One record to be produced, encoded. The partition is murmur2 of the key, as the Java client's default partitioner. */
export interface SinkRecord {
  /** Logical topic name. */
  readonly topic: SinkTopic;
  readonly key: Buffer | string | null;
  readonly value: Buffer | null;
  readonly headers?: RecordHeaders;
}

/** Where a record came from, for logs and dead letters: `TASK_EVENT_TOPIC-3@42`. */
export function origin({ source, offset }: Pick<SourceRecord, 'source' | 'offset'>): string {
  return `${source}@${offset}`;
}

/** A read_committed reader that is not ours (the Java client), which watches the outputs while the faults happen. */
import { followCommitted, type Following, type OracleRecord } from '../../dev/oracle/read-committed.js';
import { EVENT_OUTPUTS } from '../../dev/contract/expected-outputs.js';
import { SINK_RECORDS } from '../../schemas/topic-records.js';
import type { RecordName } from '../../schemas/types.js';
import { decode } from '../integration/harness/avro.js';

/** One committed record of an output topic. */
export interface Output {
  /** Without the prefix. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  /** Undefined for a dead letter. */
  readonly eventId: string | undefined;
  readonly notificationId: bigint | undefined;
  /** A delivery record that says that a client confirmed the notification, not what we did with it. */
  readonly isConfirmation: boolean;
  readonly record: OracleRecord;
}

const RECORD_OF = new Map<string, RecordName>(
  EVENT_OUTPUTS.map(([, topic]) => [topic, SINK_RECORDS[topic].name as RecordName]),
);

export const WATCHED_TOPICS = [...RECORD_OF.keys(), 'NOTIFICATION_DLQ'];

export function outputOf(prefix: string, record: OracleRecord): Output {
  const topic = record.topic.slice(prefix.length);
  const name = RECORD_OF.get(topic);
  const decoded = name && record.value ? decode(name, record.value) : undefined;
  return {
    topic,
    partition: record.partition,
    offset: Number(record.offset),
    key: record.key?.toString() ?? '',
    eventId: decoded?.['eventId'] as string | undefined,
    notificationId: decoded?.['notificationId'] as bigint | undefined,
    isConfirmation: ((decoded?.['deliveries'] ?? []) as { status: string }[]).some(
      ({ status }) => status === 'DELIVERED',
    ),
    record,
  };
}

/** Names a record by where it is. */
export function placeOf({ topic, partition, offset }: Pick<Output, 'topic' | 'partition' | 'offset'>): string {
  return `${topic}-${partition}@${offset}`;
}

export class Witness {
  /** Places of everything that was visible at some time. */
  readonly seen = new Set<string>();
  /** When each event's first output was seen, performance.now(). */
  readonly firstSeen = new Map<string, number>();
  readonly #prefix: string;
  readonly #following: Following;

  constructor(brokers: string, prefix: string) {
    this.#prefix = prefix;
    const topics = WATCHED_TOPICS.map((topic) => prefix + topic);
    this.#following = followCommitted({ brokers, topics }, (record) => this.#see(record));
  }

  /** Outputs seen so far. */
  get count(): number {
    return this.seen.size;
  }

  async stop(): Promise<void> {
    await this.#following.stop();
  }

  #see(record: OracleRecord): void {
    const output = outputOf(this.#prefix, record);
    this.seen.add(placeOf(output));
    const { eventId } = output;
    if (eventId !== undefined && !this.firstSeen.has(eventId)) this.firstSeen.set(eventId, performance.now());
  }
}

/** Dead letters as the product writes them, and a dead-letter topic in memory. */
import { RecordHeaders, type Header } from '../../../../../common/record-headers.js';
import { sourcePartition, type SourceRecord } from '../../../../../common/record.js';
import type { Reason } from '../../../../../common/reasons.js';
import { TopicNames } from '../../../../../common/topic-names.js';
import type { DeadLetterCause } from '../../../../../processors/outcome.js';
import { writeDeadLetter } from '../../../../../processors/sinks/dead-letter.js';
import {
  isForeign,
  readDeadLetter,
  type DeadLetter,
} from '../../../../../topology/operations/dead-letters/dead-letter.js';
import type { Connections, FetchedRecord, PartitionConsumer } from '../../../../../topology/kafka/index.js';

/** With TOPIC_PREFIX `it.` and APP_ID `app`. */
export const NAMES = new TopicNames('it.', 'app');

export interface LetterParts extends Partial<Omit<SourceRecord, 'headers'>> {
  readonly cause?: Partial<DeadLetterCause>;
  readonly headers?: readonly Header[];
  /** Behind those of the sink, as where it was cut. */
  readonly more?: readonly Header[];
  readonly appendedAt?: number;
}

/** The record of a dead letter at this offset of its topic. */
export function letterRecord(offset: number, parts: LetterParts = {}): FetchedRecord {
  const { cause, headers = [], more = [], appendedAt = 1_700_000_000_000 + offset, ...record } = parts;
  const topic = record.topic ?? 'TASK_EVENT_TOPIC';
  const source: SourceRecord = {
    ...{ topic, partition: 1, source: sourcePartition(topic, 1).name, offset: 70, timestamp: 1_600_000_000_000 },
    ...{ key: Buffer.from('k'), value: Buffer.from('v') },
    ...record,
    headers: RecordHeaders.of(headers),
  };
  const letter = writeDeadLetter(
    source,
    { reason: 'invalid-event', message: 'tenantId is 0; expected a positive id', attempts: 1, ...cause },
    { appId: 'app', stackTraces: false, topicName: (name) => `it.${name}` },
  );
  const all = letter.headers.and(letter.added).and(RecordHeaders.of(more));
  return { offset, timestamp: appendedAt, key: letter.key, value: letter.value, headers: all, bytes: 500 };
}

/** The dead letter of that record. */
export function deadLetter(parts: LetterParts = {}): DeadLetter {
  const found = readDeadLetter(3, letterRecord(42, parts));
  if (isForeign(found)) throw new Error(found.fault);
  return found;
}

/** Connections to a dead-letter topic of these partitions; gives a few records at a time. */
export class LetterTopic {
  readonly #partitions: FetchedRecord[][];
  readonly #lows: number[];
  /** How often records were given. */
  fetches = 0;
  /** Why none are. */
  outage: Reason | undefined;

  constructor(...partitions: FetchedRecord[][]) {
    this.#partitions = partitions;
    this.#lows = partitions.map((records) => records[0]?.offset ?? 0);
  }

  /** Its retention takes what is before the offset. */
  deleteBefore(partition: number, offset: number): void {
    this.#lows[partition] = offset;
    this.#partitions[partition] = this.#partitions[partition]!.filter((record) => record.offset >= offset);
  }

  get connections(): Pick<Connections, 'leaders' | 'fetcher' | 'offsets' | 'outages'> {
    return {
      leaders: { partitionCount: () => this.#partitions.length },
      fetcher: { add: this.#add.bind(this), remove: () => undefined, wake: () => undefined },
      outages: { reason: () => this.outage },
      offsets: () => ({ at: this.#at.bind(this), topicIds: () => Promise.resolve(new Map()) }),
    } as unknown as Connections;
  }

  #end(partition: number): number {
    return (this.#partitions[partition]!.at(-1)?.offset ?? this.#lows[partition]! - 1) + 1;
  }

  #at(spec: string | number, asked: readonly { topic: string; partition: number }[]) {
    const offset = (partition: number): number => {
      if (spec === 'earliest') return this.#lows[partition]!;
      const records = spec === 'latest' ? [] : this.#partitions[partition]!;
      return records.find(({ timestamp }) => timestamp >= Number(spec))?.offset ?? this.#end(partition);
    };
    return Promise.resolve(asked.map((one) => ({ ...one, offset: offset(one.partition) })));
  }

  #add(_: string, partition: number, from: number, consumer: PartitionConsumer): void {
    let position = from;
    const give = (): void => {
      if (this.outage !== undefined) return;
      if (position < this.#lows[partition]!) {
        consumer.outOfRange(position);
        return;
      }
      const records = this.#partitions[partition]!.filter(({ offset }) => offset >= position).slice(0, 2);
      if (records.length === 0) return;
      this.fetches += 1;
      position = records.at(-1)!.offset + 1;
      consumer.deliver({ records, nextOffset: position, bytes: 0 }, this.#end(partition), this.#end(partition));
      setImmediate(give);
    };
    setImmediate(give);
  }
}

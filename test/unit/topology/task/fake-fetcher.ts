/** Sources and changelog as a task's fetcher and its questions for offsets see them: what the fake broker holds. */
import type { FetchedRecord, Offsets, PartitionConsumer } from '../../../../topology/kafka/index.js';
import { RecordHeaders } from '../../../../common/record-headers.js';
import type { FakeBroker } from './fake-producer.js';
import { fetchedRecord } from './records.js';

interface Fetched {
  readonly consumer: PartitionConsumer;
  readonly topicId: string | undefined;
  position: number;
}

/** Delivers what the fake broker holds, from each position on, in the next turn of the event loop. */
export class FakeFetcher {
  readonly logs = new Map<string, FetchedRecord[]>();
  readonly fetched = new Map<string, Fetched>();
  /** Topic ids; a topic that is not in here has none, as on an older broker. */
  readonly ids = new Map<string, string>();
  readonly #broker: FakeBroker;

  constructor(broker: FakeBroker) {
    this.#broker = broker;
  }

  add(topic: string, _: number, position: number, consumer: PartitionConsumer, topicId?: string): void {
    this.fetched.set(topic, { consumer, position, topicId });
    this.wake();
  }

  remove(topic: string): void {
    this.fetched.delete(topic);
  }

  seek(topic: string, _: number, position: number): void {
    const found = this.fetched.get(topic);
    if (found) found.position = position;
    this.wake();
  }

  append(topic: string, texts: readonly string[], timestamp?: number): void {
    const log = this.logs.get(topic) ?? [];
    this.logs.set(topic, [...log, ...texts.map((text, i) => fetchedRecord(log.length + i, text, timestamp))]);
    this.wake();
  }

  /** Deletes the topic and creates it again, with these records; its reader hears of it. */
  recreate(topic: string, topicId: string, texts: readonly string[]): void {
    this.ids.set(topic, topicId);
    this.logs.set(topic, []);
    this.append(topic, texts);
    const found = this.fetched.get(topic);
    if (found && found.topicId !== topicId) found.consumer.recreated(topicId);
  }

  wake(): void {
    setImmediate(() => {
      for (const [topic, fetched] of this.fetched) {
        const [records, end] = this.#read(topic, fetched.position);
        if (!fetched.consumer.hasRoom() || end <= fetched.position || fetched.topicId !== this.ids.get(topic)) continue;
        fetched.position = end;
        const bytes = records.reduce((sum, record) => sum + record.bytes, 0);
        fetched.consumer.deliver({ records, nextOffset: end, bytes }, end, end);
        this.wake();
      }
    });
  }

  #read(topic: string, position: number): [FetchedRecord[], number] {
    if (topic === this.#broker.changelogTopic) {
      const records = this.#broker.changelog.map(({ offset, value }) => ({
        offset,
        timestamp: 0,
        key: null,
        value,
        headers: RecordHeaders.NONE,
        bytes: value.length,
      }));
      return [records.filter(({ offset }) => offset >= position), this.#broker.changelogEnd];
    }
    const log = this.logs.get(topic) ?? [];
    return [log.slice(position), log.length];
  }
}

/** What the brokers say of the positions: the logs' ends and what was committed. */
export function offsetsOf(broker: FakeBroker, fetcher: FakeFetcher): Offsets {
  const end = (topic: string): number =>
    topic === broker.changelogTopic ? broker.changelogEnd : (fetcher.logs.get(topic)?.length ?? 0);
  const offsets: Pick<Offsets, 'at' | 'committed' | 'highWatermarks' | 'topicIds'> = {
    at: (spec, partitions) =>
      Promise.resolve(
        partitions.map(({ topic, partition }) => ({ topic, partition, offset: spec === 'latest' ? end(topic) : 0 })),
      ),
    highWatermarks: (partitions) =>
      Promise.resolve(partitions.map(({ topic, partition }) => ({ topic, partition, offset: end(topic) }))),
    committed: (partitions) =>
      Promise.resolve(
        partitions.flatMap(({ topic, partition }) =>
          broker.offsets.has(topic)
            ? [{ topic, partition, offset: broker.offsets.get(topic)!, metadata: broker.metadata.get(topic) ?? '' }]
            : [],
        ),
      ),
    topicIds: (topics) => Promise.resolve(new Map([...fetcher.ids].filter(([topic]) => topics.includes(topic)))),
  };
  return offsets as Offsets;
}

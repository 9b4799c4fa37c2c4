import { RecordHeaders } from '../../../../../common/record-headers.js';
import { pino } from 'pino';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { FetchedPartition } from '../../../../../topology/kafka/fetch/fetched-records.js';
import { Fetcher } from '../../../../../topology/kafka/fetch/fetcher.js';
import type { PartitionConsumer } from '../../../../../topology/kafka/fetch/partition-consumer.js';
import { ErrorCode } from '../../../../../topology/kafka/protocol/error-codes.js';
import { Leaders } from '../../../../../topology/kafka/cluster/leaders.js';
import { PartitionFeed } from '../../../../../topology/kafka/fetch/partition-feed.js';
import { connectionLost, MemoryKafka } from '../memory-kafka.js';

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 3000, interval: 5 });

/** Topics of one partition, whose records are their names, a batch each; node 1 leads those that end in "2". */
class Brokers extends MemoryKafka {
  /** Nodes whose connections are lost. */
  readonly down = new Set<number>();
  /** Lets requests wait. */
  gate: Promise<void> = Promise.resolve();

  constructor(ends: Readonly<Record<string, number>>) {
    super(Object.fromEntries(Object.keys(ends).map((topic) => [topic, 1])));
    for (const [topic, end] of Object.entries(ends)) {
      this.fill(topic, end);
      if (topic.endsWith('2')) this.broker.lead(topic, 1);
    }
    this.meddle = async ({ nodeId }) => {
      await this.gate;
      if (nodeId !== undefined && this.down.has(nodeId)) throw connectionLost(`node ${nodeId} is down`);
    };
  }
}

describe('Fetcher', () => {
  let fetcher: Fetcher;
  let outages: unknown[];
  afterEach(() => fetcher.close());

  const fetching = async (brokers: Brokers): Promise<void> => {
    outages = [];
    const leaders = new Leaders(brokers.cluster());
    await leaders.track([...brokers.topics]);
    // A fetch brings one batch, whatever the consumer has room for.
    const options = { maxWaitMs: 5, maxBytes: 1, maxBytesPerPartition: 1, maxRecordBytes: 1_000_000 };
    fetcher = new Fetcher(leaders, options, pino({ level: 'silent' }), (error) => outages.push(error));
  };
  const consumer = (
    room = Infinity,
  ): PartitionConsumer & { offsets: number[]; out: number[]; bad: number[]; ids: string[]; room: number } => {
    const reader = {
      room,
      offsets: [] as number[],
      out: [] as number[],
      bad: [] as number[],
      ids: [] as string[],
      hasRoom: () => reader.offsets.length < reader.room,
      isPaused: () => false,
      deliver: ({ records }: FetchedPartition) => void reader.offsets.push(...[...records].map(({ offset }) => offset)),
      outOfRange: (position: number) => void reader.out.push(position),
      recreated: (topicId: string) => void reader.ids.push(topicId),
      unreadable: (position: number) => void reader.bad.push(position),
    };
    return reader;
  };

  it('delivers each record once, in order, from the position on, and goes on as records come', async () => {
    const brokers = new Brokers({ a: 5 });
    const reader = consumer();
    await fetching(brokers);
    fetcher.add('a', 0, 2, reader);
    await until(() => expect(reader.offsets).toEqual([2, 3, 4]));
    brokers.fill('a', 7);
    await until(() => expect(reader.offsets).toEqual([2, 3, 4, 5, 6]));
  });

  it('leaves out a partition whose consumer is full, until it has room, and serves the others', async () => {
    const brokers = new Brokers({ a: 10, b: 10 });
    const [full, free] = [consumer(3), consumer()];
    await fetching(brokers);
    fetcher.add('a', 0, 0, full);
    fetcher.add('b', 0, 0, free);
    await until(() => expect(free.offsets).toHaveLength(10));
    expect(full.offsets).toEqual([0, 1, 2]);
    full.room = 5;
    fetcher.wake();
    await until(() => expect(full.offsets).toEqual([0, 1, 2, 3, 4]));
  });

  it('drops what was fetched before a seek', async () => {
    const brokers = new Brokers({ a: 10 });
    let open = (): void => undefined;
    await fetching(brokers);
    brokers.gate = new Promise((resolve) => (open = resolve));
    const reader = consumer(2);
    fetcher.add('a', 0, 0, reader);
    await until(() => expect(brokers.count('Fetch')).toBe(1));
    fetcher.seek('a', 0, 7);
    open();
    await until(() => expect(reader.offsets).toEqual([7, 8]));
  });

  it('delivers nothing to a consumer that was removed or replaced', async () => {
    const brokers = new Brokers({ a: 3 });
    let open = (): void => undefined;
    await fetching(brokers);
    brokers.gate = new Promise((resolve) => (open = resolve));
    const [old, next] = [consumer(), consumer()];
    fetcher.add('a', 0, 0, old);
    await until(() => expect(brokers.count('Fetch')).toBe(1));
    fetcher.remove('a', 0);
    fetcher.add('a', 0, 1, next);
    open();
    await until(() => expect(next.offsets).toEqual([1, 2]));
    expect(old.offsets).toEqual([]);
  });

  it('stops at a position that is out of range until it is sought', async () => {
    const brokers = new Brokers({ a: 3 });
    const reader = consumer();
    await fetching(brokers);
    fetcher.add('a', 0, 9, reader);
    await until(() => expect(reader.out).toEqual([9]));
    fetcher.seek('a', 0, 2);
    await until(() => expect(reader.offsets).toEqual([2]));
    expect(reader.out).toEqual([9]);
  });

  it('gives up on data that cannot be read after some tries, and goes on with the other partitions', async () => {
    const brokers = new Brokers({ a: 3, b: 3 });
    brokers.broker.faults.damaged.add('a');
    const [bad, good] = [consumer(), consumer()];
    await fetching(brokers);
    fetcher.add('a', 0, 1, bad);
    fetcher.add('b', 0, 0, good);
    await until(() => expect(bad.bad).toEqual([1]));
    expect(bad.offsets).toEqual([]);
    await until(() => expect(good.offsets).toEqual([0, 1, 2]));
  });

  it('says that a broker does not answer until that one does, whatever another answers', async () => {
    const brokers = new Brokers({ a: 1, a2: 1 });
    brokers.down.add(1);
    const [one, two] = [consumer(), consumer()];
    await fetching(brokers);
    fetcher.add('a', 0, 0, one);
    fetcher.add('a2', 0, 0, two);
    await until(() => expect(outages.some(Boolean)).toBe(true));
    const since = outages.length;
    brokers.fill('a', 5);
    await until(() => expect(one.offsets).toHaveLength(5));
    expect(outages.slice(since).every(Boolean)).toBe(true);
    brokers.down.clear();
    await until(() => expect(two.offsets).toEqual([0]));
    expect(outages.at(-1)).toBeUndefined();
  });

  it('ends the outage of a broker when its partitions are led by another', async () => {
    const brokers = new Brokers({ a2: 1 });
    brokers.down.add(1);
    const reader = consumer();
    await fetching(brokers);
    fetcher.add('a2', 0, 0, reader);
    await until(() => expect(outages.some(Boolean)).toBe(true));
    brokers.broker.lead('a2', 0);
    await until(() => expect(reader.offsets).toEqual([0]));
    await until(() => expect(outages.at(-1)).toBeUndefined());
  });

  it('says steadily which topic the broker does not know, and serves the others at their pace meanwhile', async () => {
    const brokers = new Brokers({ gone: 1, a: 1 });
    const { faults } = brokers.broker;
    faults.refuse = (_, place) => (place === 'gone/0' ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.NONE);
    const [gone, reader] = [consumer(), consumer()];
    await fetching(brokers);
    fetcher.add('gone', 0, 0, gone);
    fetcher.add('a', 0, 0, reader);
    await until(() => expect(outages.some(Boolean)).toBe(true));
    const since = outages.length;
    for (let end = 1; end < 100; end += 1) {
      brokers.fill('a', end);
      await until(() => expect(reader.offsets).toHaveLength(end));
    }
    expect(outages.slice(since).every(Boolean)).toBe(true);
    expect(outages.find(Boolean)).toMatchObject({ type: 'UNKNOWN_TOPIC_OR_PARTITION', place: { topic: 'gone' } });
    faults.refuse = () => ErrorCode.NONE;
    await until(() => expect(gone.offsets).toEqual([0]));
    await until(() => expect(outages.at(-1)).toBeUndefined());
  });

  it('waits for a partition that has no leader, and says so', async () => {
    const brokers = new Brokers({ a: 1 });
    brokers.broker.lead('a', -1);
    const reader = consumer();
    await fetching(brokers);
    fetcher.add('a', 0, 0, reader);
    await until(() => expect(outages.some(Boolean)).toBe(true));
    brokers.broker.lead('a', 0);
    await until(() => expect(reader.offsets).toEqual([0]));
    await until(() => expect(outages.at(-1)).toBeUndefined());
  });

  it('is closed when nothing is asked any more: a fetch that fails after it looks for no broker', async () => {
    const brokers = new Brokers({ a: 0 });
    let open = (): void => undefined;
    await fetching(brokers);
    brokers.gate = new Promise((resolve) => (open = resolve));
    brokers.down.add(0);
    const looks = brokers.count('Metadata');
    fetcher.add('a', 0, 0, consumer());
    await until(() => expect(brokers.count('Fetch')).toBe(1));
    const closed = fetcher.close();
    open();
    await closed;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect([brokers.count('Metadata'), brokers.count('Fetch'), outages]).toEqual([looks, 1, []]);
  });

  it('fetches on by itself when a feed that was full has been read, with nothing else to fetch', async () => {
    const brokers = new Brokers({ a: 30 });
    const feed = new PartitionFeed('a-0', { maxBytes: 3 });
    await fetching(brokers);
    fetcher.add('a', 0, 0, feed);
    await until(() => expect(feed.hasRoom()).toBe(false));
    const read: number[] = [];
    const { signal } = new AbortController();
    while (read.length < 30) read.push(...[...(await feed.next(signal)).records].map(({ offset }) => offset));
    expect(read).toEqual(Array.from({ length: 30 }, (_, i) => i));
  });
});

describe('PartitionFeed', () => {
  const piece = (offset: number) => ({
    records: [{ offset, timestamp: 0, key: null, value: null, headers: RecordHeaders.NONE, bytes: 0 }],
    nextOffset: offset + 1,
    bytes: 1,
  });

  it('gives pieces in order, and waits for the next', async () => {
    const feed = new PartitionFeed('t-0');
    const { signal } = new AbortController();
    feed.deliver(piece(0), 1);
    feed.deliver(piece(1), 2);
    expect((await feed.next(signal)).nextOffset).toBe(1);
    expect((await feed.next(signal)).nextOffset).toBe(2);
    const waiting = feed.next(signal);
    feed.deliver(piece(2), 3);
    expect((await waiting).nextOffset).toBe(3);
  });

  it('keeps a move past control records, and only one of many that say the same', async () => {
    const feed = new PartitionFeed('t-0');
    for (let i = 0; i < 5; i += 1) feed.deliver({ records: [], nextOffset: 9, bytes: 0 }, 9);
    feed.deliver(piece(9), 10);
    const { signal } = new AbortController();
    expect((await feed.next(signal)).nextOffset).toBe(9);
    expect((await feed.next(signal)).nextOffset).toBe(10);
  });

  it('ends a wait when it is told to', async () => {
    const controller = new AbortController();
    const waiting = new PartitionFeed('t-0').next(controller.signal);
    controller.abort();
    await expect(waiting).rejects.toThrow();
  });

  it('says which position of what is out of range', async () => {
    const feed = new PartitionFeed('changelog t-0');
    const waiting = feed.next(new AbortController().signal);
    feed.outOfRange(5);
    await expect(waiting).rejects.toThrow('changelog t-0 must be read from offset 5, but it begins after that');
  });

  it('says that the topic was recreated', async () => {
    const feed = new PartitionFeed('changelog t-0');
    const waiting = feed.next(new AbortController().signal);
    feed.recreated('an-id');
    await expect(waiting).rejects.toThrow('changelog t-0 was deleted and recreated (topic id an-id)');
  });
});

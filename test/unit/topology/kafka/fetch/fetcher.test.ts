import { RecordHeaders } from '../../../../../common/record-headers.js';
import { pino } from 'pino';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ByteReader, ByteWriter } from '../../../../../common/bytes.js';
import type { FetchedPartition } from '../../../../../topology/kafka/fetch/fetched-records.js';
import { Fetcher, type PartitionConsumer } from '../../../../../topology/kafka/fetch/fetcher.js';
import type { RawRequest } from '../../../../../topology/kafka/protocol/internals.js';
import type { Leaders } from '../../../../../topology/kafka/cluster/leaders.js';
import { PartitionFeed } from '../../../../../topology/kafka/fetch/partition-feed.js';
import { textsAt } from '../records/log-segment.js';

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 3000, interval: 5 });

/** Brokers 1 and 2; the topic's name is the text of its records, and broker 2 leads the topics that end in "2". */
class FakeBrokers {
  /** How many records each topic has. */
  readonly ends = new Map<string, number>();
  readonly asked: { readonly nodeId: number; readonly topic: string; readonly offset: number }[] = [];
  readonly down = new Set<number>();
  readonly errors = new Map<string, number>();
  /** Topics whose batches arrive damaged. */
  readonly corrupt = new Set<string>();
  refreshed = 0;
  /** Lets an answer wait. */
  gate: Promise<void> = Promise.resolve();
  leaderOf = (topic: string): number => (topic.endsWith('2') ? 2 : 1);

  leaders(): Leaders {
    return {
      leaderOf: (topic: string) => this.leaderOf(topic),
      partitionCount: () => 1,
      broker: (nodeId: number) =>
        Promise.resolve({ connectionPool: { send: (request: RawRequest<unknown>) => this.#serve(nodeId, request) } }),
      refresh: () => Promise.resolve((this.refreshed += 1)),
    } as unknown as Leaders;
  }

  async #serve<T>(nodeId: number, { request, response }: RawRequest<T>): Promise<T> {
    const body = new ByteReader((await request.encode()).buffer);
    body.raw(25);
    const out = new ByteWriter().int32(0).int16(0).int32(0);
    const topics = body.int32();
    out.int32(topics);
    for (let t = 0; t < topics; t += 1) {
      const topic = body.string();
      const partitions = body.int32();
      out.string(topic).int32(partitions);
      for (let p = 0; p < partitions; p += 1) {
        const partition = body.int32();
        body.int32();
        const offset = body.int64();
        body.raw(12);
        this.asked.push({ nodeId, topic, offset });
        const end = this.ends.get(topic) ?? 0;
        const isOut = offset > end;
        const data = offset < end ? textsAt(offset, [topic]) : Buffer.alloc(0);
        if (this.corrupt.has(topic)) data[data.length - 1]! ^= 1;
        out
          .int32(partition)
          .int16(isOut ? 1 : (this.errors.get(topic) ?? 0))
          .int64(end)
          .int64(end)
          .int64(0)
          .int32(0)
          .int32(-1)
          .int32(data.length)
          .raw(data);
      }
    }
    await Promise.all([this.gate, new Promise(setImmediate)]);
    if (this.down.has(nodeId))
      throw Object.assign(new Error(`broker ${nodeId} is down`), { name: 'KafkaJSConnectionError' });
    return response.parse(await response.decode(Buffer.from(out.bytes())));
  }
}

describe('Fetcher', () => {
  let fetcher: Fetcher;
  let outages: unknown[];
  afterEach(() => fetcher.close());

  const fetching = (brokers: FakeBrokers): Fetcher => {
    outages = [];
    fetcher = new Fetcher(
      brokers.leaders(),
      { maxWaitMs: 5, maxBytes: 1000, maxBytesPerPartition: 1000, maxRecordBytes: 1_000_000 },
      pino({ level: 'silent' }),
      (error) => outages.push(error),
    );
    return fetcher;
  };
  const consumer = (
    room = Infinity,
  ): PartitionConsumer & { offsets: number[]; out: number[]; bad: number[]; ids: string[]; room: number } => {
    const of = {
      room,
      offsets: [] as number[],
      out: [] as number[],
      bad: [] as number[],
      ids: [] as string[],
      hasRoom: () => of.offsets.length < of.room,
      isHeld: () => false,
      deliver: ({ records }: FetchedPartition) => void of.offsets.push(...[...records].map(({ offset }) => offset)),
      outOfRange: (position: number) => void of.out.push(position),
      recreated: (topicId: string) => void of.ids.push(topicId),
      unreadable: (position: number) => void of.bad.push(position),
    };
    return of;
  };

  it('delivers each record once, in order, from the position on, and goes on as records come', async () => {
    const brokers = new FakeBrokers();
    brokers.ends.set('a', 5);
    const of = consumer();
    fetching(brokers).add('a', 0, 2, of);
    await until(() => expect(of.offsets).toEqual([2, 3, 4]));
    brokers.ends.set('a', 7);
    await until(() => expect(of.offsets).toEqual([2, 3, 4, 5, 6]));
  });

  it('leaves out a partition whose consumer is full, until it has room, and serves the others', async () => {
    const brokers = new FakeBrokers();
    brokers.ends.set('a', 10).set('b', 10);
    const [full, free] = [consumer(3), consumer()];
    fetching(brokers).add('a', 0, 0, full);
    fetcher.add('b', 0, 0, free);
    await until(() => expect(free.offsets).toHaveLength(10));
    expect(full.offsets).toEqual([0, 1, 2]);
    full.room = 5;
    fetcher.wake();
    await until(() => expect(full.offsets).toEqual([0, 1, 2, 3, 4]));
  });

  it('drops what was fetched before a seek', async () => {
    const brokers = new FakeBrokers();
    brokers.ends.set('a', 10);
    let open = (): void => undefined;
    brokers.gate = new Promise((resolve) => (open = resolve));
    const of = consumer(2);
    fetching(brokers).add('a', 0, 0, of);
    await until(() => expect(brokers.asked).toHaveLength(1));
    fetcher.seek('a', 0, 7);
    open();
    await until(() => expect(of.offsets).toEqual([7, 8]));
  });

  it('delivers nothing to a consumer that was removed or replaced', async () => {
    const brokers = new FakeBrokers();
    brokers.ends.set('a', 3);
    let open = (): void => undefined;
    brokers.gate = new Promise((resolve) => (open = resolve));
    const [old, next] = [consumer(), consumer()];
    fetching(brokers).add('a', 0, 0, old);
    await until(() => expect(brokers.asked).toHaveLength(1));
    fetcher.remove('a', 0);
    fetcher.add('a', 0, 1, next);
    open();
    await until(() => expect(next.offsets).toEqual([1, 2]));
    expect(old.offsets).toEqual([]);
  });

  it('stops at a position that is out of range until it is sought', async () => {
    const brokers = new FakeBrokers();
    brokers.ends.set('a', 3);
    const of = consumer();
    fetching(brokers).add('a', 0, 9, of);
    await until(() => expect(of.out).toEqual([9]));
    fetcher.seek('a', 0, 2);
    await until(() => expect(of.offsets).toEqual([2]));
    expect(of.out).toEqual([9]);
  });

  it('gives up on data that can not be read after some tries, and goes on with the other partitions', async () => {
    const brokers = new FakeBrokers();
    brokers.ends.set('a', 3).set('b', 3);
    brokers.corrupt.add('a');
    const [bad, good] = [consumer(), consumer()];
    fetching(brokers).add('a', 0, 1, bad);
    fetcher.add('b', 0, 0, good);
    await until(() => expect(bad.bad).toEqual([1]));
    expect(bad.offsets).toEqual([]);
    await until(() => expect(good.offsets).toEqual([0, 1, 2]));
  });

  it('says that a broker does not answer until that one does, whatever another answers', async () => {
    const brokers = new FakeBrokers();
    brokers.ends.set('a', 1).set('a2', 1);
    brokers.down.add(2);
    const [one, two] = [consumer(), consumer()];
    fetching(brokers).add('a', 0, 0, one);
    fetcher.add('a2', 0, 0, two);
    await until(() => expect(outages.some(Boolean)).toBe(true));
    const since = outages.length;
    brokers.ends.set('a', 5);
    await until(() => expect(one.offsets).toHaveLength(5));
    expect(outages.slice(since).every(Boolean)).toBe(true);
    brokers.down.clear();
    await until(() => expect(two.offsets).toEqual([0]));
    expect(outages.at(-1)).toBeUndefined();
  });

  it('ends the outage of a broker when its partitions are led by another', async () => {
    const brokers = new FakeBrokers();
    brokers.ends.set('a2', 1);
    brokers.down.add(2);
    const of = consumer();
    fetching(brokers).add('a2', 0, 0, of);
    await until(() => expect(outages.some(Boolean)).toBe(true));
    brokers.leaderOf = () => 1;
    await until(() => expect(of.offsets).toEqual([0]));
    await until(() => expect(outages.at(-1)).toBeUndefined());
  });

  it('says steadily which topic the broker does not know, and serves the others at their pace meanwhile', async () => {
    const brokers = new FakeBrokers();
    brokers.ends.set('gone', 1).set('a', 1);
    brokers.errors.set('gone', 3);
    const [gone, of] = [consumer(), consumer()];
    fetching(brokers).add('gone', 0, 0, gone);
    fetcher.add('a', 0, 0, of);
    await until(() => expect(outages.some(Boolean)).toBe(true));
    const since = outages.length;
    for (let end = 1; end < 100; end += 1) {
      brokers.ends.set('a', end);
      await until(() => expect(of.offsets).toHaveLength(end));
    }
    expect(outages.slice(since).every(Boolean)).toBe(true);
    expect(outages.find(Boolean)).toMatchObject({ type: 'UNKNOWN_TOPIC_OR_PARTITION', place: { topic: 'gone' } });
    brokers.errors.clear();
    await until(() => expect(gone.offsets).toEqual([0]));
    await until(() => expect(outages.at(-1)).toBeUndefined());
  });

  it('waits for a partition that has no leader, and says so', async () => {
    const brokers = new FakeBrokers();
    brokers.ends.set('a', 1);
    const leaderOf = brokers.leaderOf;
    brokers.leaderOf = () => -1;
    const of = consumer();
    fetching(brokers).add('a', 0, 0, of);
    await until(() => expect(outages.some(Boolean)).toBe(true));
    brokers.leaderOf = leaderOf;
    await until(() => expect(of.offsets).toEqual([0]));
    await until(() => expect(outages.at(-1)).toBeUndefined());
  });

  it('is closed when nothing is asked any more: a fetch that fails after it looks for no broker', async () => {
    const brokers = new FakeBrokers();
    let open = (): void => undefined;
    brokers.gate = new Promise((resolve) => (open = resolve));
    brokers.down.add(1);
    fetching(brokers).add('a', 0, 0, consumer());
    await until(() => expect(brokers.asked).toHaveLength(1));
    const closed = fetcher.close();
    open();
    await closed;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect([brokers.refreshed, brokers.asked.length, outages]).toEqual([0, 1, []]);
  });

  it('fetches on by itself when a feed that was full has been read, with nothing else to fetch', async () => {
    const brokers = new FakeBrokers();
    brokers.ends.set('a', 30);
    const feed = new PartitionFeed('a-0', { maxBytes: 3 });
    fetching(brokers).add('a', 0, 0, feed);
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
    await expect(waiting).rejects.toThrow('changelog t-0 is to be read from offset 5, but it begins after that');
  });

  it('says that the topic was made again', async () => {
    const feed = new PartitionFeed('changelog t-0');
    const waiting = feed.next(new AbortController().signal);
    feed.recreated('an-id');
    await expect(waiting).rejects.toThrow('changelog t-0 was deleted and made again (topic id an-id)');
  });
});

/** A topic that is deleted and recreated under a fetcher: never read at the offset of the one before it. */
import { pino } from 'pino';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { MemoryBrokerOptions } from '../../../../model/memory-broker/memory-broker.js';
import { Leaders } from '../../../../../topology/kafka/cluster/leaders.js';
import { Fetcher } from '../../../../../topology/kafka/fetch/fetcher.js';
import type { PartitionConsumer } from '../../../../../topology/kafka/fetch/partition-consumer.js';
import { MemoryKafka } from '../memory-kafka.js';
import { textsAt } from '../records/log-segment.js';

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 3000, interval: 5 });
const TOPIC = 'tasks';
/** Fetch by name, and by id. */
const [BY_NAME, BY_ID] = [11, 13];
const OLDER = { newestFetch: 12 };

interface Heard extends PartitionConsumer {
  readonly offsets: number[];
  readonly ids: string[];
  readonly out: number[];
  ends: readonly [lastStableOffset: number, highWatermark: number] | undefined;
}

function consumer(): Heard {
  const heard: Heard = {
    offsets: [],
    ids: [],
    out: [],
    ends: undefined,
    hasRoom: () => true,
    isPaused: () => false,
    deliver: ({ records }, lastStableOffset, highWatermark) => {
      heard.offsets.push(...[...records].map(({ offset }) => offset));
      heard.ends = [lastStableOffset, highWatermark];
    },
    outOfRange: (position) => heard.out.push(position),
    recreated: (topicId) => heard.ids.push(topicId),
    unreadable: () => undefined,
  };
  return heard;
}

describe('a topic that is recreated under a fetcher', () => {
  let kafka: MemoryKafka;
  let fetcher: Fetcher;
  afterEach(() => fetcher.close());

  /** Reads a topic with five records; gives its id. */
  const fetching = async (options?: MemoryBrokerOptions): Promise<string> => {
    kafka = new MemoryKafka({ [TOPIC]: 1 }, options);
    kafka.fill(TOPIC, 5);
    const leaders = new Leaders(kafka.cluster());
    await leaders.track([TOPIC]);
    const limits = { maxWaitMs: 5, maxBytes: 1000, maxBytesPerPartition: 1000, maxRecordBytes: 1_000_000 };
    fetcher = new Fetcher(leaders, limits, pino({ level: 'silent' }), () => undefined);
    return idNow();
  };
  const idNow = (): string => kafka.broker.topics.named(TOPIC)!.id;
  const fetches = (): number => kafka.count('Fetch');
  const firstVersion = (): number | undefined => kafka.asked.find(({ api }) => api === 'Fetch')?.apiVersion;
  const recreate = (end: number): void => {
    kafka.broker.deleteTopic(TOPIC);
    kafka.broker.createTopic(TOPIC, 1);
    kafka.fill(TOPIC, end);
  };

  it('is asked for by its id where the broker takes it, and what is delivered is what it holds', async () => {
    const id = await fetching();
    const { producerId } = kafka.broker.transactions.initProducerId('open', 30_000);
    kafka.broker.append(TOPIC, 0, textsAt(0, ['not', 'stable', 'yet'], producerId), 'join');
    const heard = consumer();
    fetcher.add(TOPIC, 0, 2, heard, id);
    await until(() => expect(heard.offsets).toEqual([2, 3, 4]));
    expect(firstVersion()).toBe(BY_ID);
    expect(heard.ends).toEqual([5, 8]);
  });

  it('is never read at the old offset, though it would be in range', async () => {
    const heard = consumer();
    const id = await fetching();
    fetcher.add(TOPIC, 0, 5, heard, id);
    await until(() => expect(fetches()).toBeGreaterThan(1));
    recreate(50);
    await until(() => expect(heard.ids).toEqual([idNow()]));
    expect(heard.offsets).toEqual([]);
    const asked = fetches();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(fetches()).toBe(asked); // nothing more is fetched
  });

  it('is waited for while it does not exist', async () => {
    const id = await fetching();
    const heard = consumer();
    fetcher.add(TOPIC, 0, 5, heard, id);
    kafka.broker.deleteTopic(TOPIC);
    await until(() => expect(kafka.count('Metadata')).toBeGreaterThan(4));
    expect([heard.ids, heard.out]).toEqual([[], []]);
    kafka.broker.createTopic(TOPIC, 1);
    await until(() => expect(heard.ids).toEqual([idNow()]));
  });

  it('is found out by an older broker too, which fetches by name: when the old offset is out of range', async () => {
    const id = await fetching(OLDER);
    const heard = consumer();
    fetcher.add(TOPIC, 0, 5, heard, id);
    await until(() => expect(firstVersion()).toBe(BY_NAME));
    recreate(1);
    await until(() => expect(heard.ids).toEqual([idNow()]));
    expect(heard.out).toEqual([]);
  });

  it('is not taken for one whose records are gone', async () => {
    const id = await fetching(OLDER);
    const heard = consumer();
    fetcher.add(TOPIC, 0, 9, heard, id);
    await until(() => expect(heard.out).toEqual([9]));
    expect(heard.ids).toEqual([]);
  });

  it('cannot be told where no id is known: the topic is fetched by name', async () => {
    await fetching();
    const heard = consumer();
    fetcher.add(TOPIC, 0, 3, heard);
    await until(() => expect(heard.offsets).toEqual([3, 4]));
    expect(firstVersion()).toBe(BY_NAME);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { committedOffsets, endOffsets } from '../../dev/oracle/offsets.js';
import { followCommitted, readCommitted, type OracleRecord } from '../../dev/oracle/read-committed.js';
import { produce, produceInTransaction } from './harness/produce.js';
import { testStack } from './harness/test-stack.js';
import { createTopic, testKafka } from './harness/topics.js';
import { uniquePrefix } from './harness/unique-prefix.js';
import { until } from './harness/until.js';

const { kafkaBrokers: brokers } = testStack();
const admin = testKafka(brokers).admin();
const prefix = uniquePrefix('oracle');

async function newTopic(name: string, partitions: number): Promise<string> {
  const topic = prefix + name;
  await createTopic(brokers, topic, partitions);
  return topic;
}

const values = (records: readonly OracleRecord[]): string[] => records.map(({ value }) => String(value));

beforeAll(() => admin.connect());
afterAll(() => admin.disconnect());

describe('the oracle', () => {
  it('reads what is committed and nothing that was aborted, even of transactions that interleave', async () => {
    const topic = await newTopic('aborted', 1);
    const producers = ['a', 'b'].map((name) =>
      testKafka(brokers).producer({ transactionalId: prefix + name, idempotent: true, maxInFlightRequests: 1 }),
    );
    await Promise.all(producers.map((producer) => producer.connect()));
    const [a, b] = await Promise.all(producers.map((producer) => producer.transaction()));
    await b!.send({ topic, messages: [{ value: 'b-1' }] });
    await a!.send({ topic, messages: [{ value: 'a-1' }] });
    await produce(brokers, topic, [{ value: 'plain' }]);
    await b!.send({ topic, messages: [{ value: 'b-2' }] });
    await a!.send({ topic, messages: [{ value: 'a-2' }] });
    await b!.abort();
    await a!.commit();
    await Promise.all(producers.map((producer) => producer.disconnect()));
    await produceInTransaction(brokers, topic, [{ value: 'c' }], { transactionalId: `${prefix}c`, commit: false });

    const records = await readCommitted({ brokers, topics: [topic] });

    expect(values(records)).toEqual(['a-1', 'plain', 'a-2']);
  });

  it('does not read past a transaction that is still open', async () => {
    const topic = await newTopic('open', 1);
    await produce(brokers, topic, [{ value: 'before' }]);
    const producer = testKafka(brokers).producer({
      transactionalId: `${prefix}open`,
      idempotent: true,
      maxInFlightRequests: 1,
    });
    await producer.connect();
    const open = await producer.transaction();
    await open.send({ topic, messages: [{ value: 'open' }] });
    await produce(brokers, topic, [{ value: 'behind' }]);

    const records = await readCommitted({ brokers, topics: [topic] });
    await open.abort();
    await producer.disconnect();

    expect(values(records)).toEqual(['before']);
  });

  it('hands over bytes, nulls, headers and times as they are', async () => {
    const topic = await newTopic('bytes', 1);
    const bytes = Buffer.from([0, 255, 10, 34, 92]);
    await produce(brokers, topic, [
      { key: null, value: null, timestamp: '1700000000123' },
      { key: bytes, value: bytes, timestamp: '1', headers: { 'ü"\\\n': [bytes, 'second'], empty: '' } },
    ]);

    const records = await readCommitted({ brokers, topics: [topic] });

    expect(records).toEqual([
      { topic, partition: 0, offset: 0n, timestamp: 1700000000123n, key: null, value: null, headers: [] },
      {
        topic,
        partition: 0,
        offset: 1n,
        timestamp: 1n,
        key: bytes,
        value: bytes,
        headers: [
          ['ü"\\\n', bytes],
          ['ü"\\\n', Buffer.from('second')],
          ['empty', Buffer.alloc(0)],
        ],
      },
    ]);
  });

  it('begins at the offsets that it is given, and elsewhere at the beginning', async () => {
    const topic = await newTopic('from', 2);
    await produce(
      brokers,
      topic,
      [0, 1].flatMap((partition) => ['x', 'y'].map((value) => ({ partition, value }))),
    );

    const records = await readCommitted({ brokers, topics: [topic], from: [{ topic, partition: 1, offset: 1n }] });

    expect(records.map(({ partition, offset }) => `${partition}@${offset}`).sort()).toEqual(['0@0', '0@1', '1@1']);
  });

  it('reads a hundred thousand records', async () => {
    const topic = await newTopic('many', 3);
    const count = 100_000;
    await produce(
      brokers,
      topic,
      Array.from({ length: count }, (_, index) => ({ key: String(index), value: String(index) })),
    );

    const records = await readCommitted({ brokers, topics: [topic] });

    expect(new Set(values(records)).size).toBe(count);
    expect(records).toHaveLength(count);
  });

  it('follows until it is stopped', async () => {
    const topic = await newTopic('follow', 1);
    await produce(brokers, topic, [{ value: 'before' }]);
    const seen: OracleRecord[] = [];
    const following = followCommitted({ brokers, topics: [topic] }, (record) => seen.push(record));
    await until('the record of before is seen', () => seen.length === 1);
    await produce(brokers, topic, [{ value: 'after' }]);
    await until('the record of after is seen', () => seen.length === 2);
    await following.stop();
    expect(values(seen)).toEqual(['before', 'after']);
  });

  it('names the last stable offsets and the committed ones', async () => {
    const topic = await newTopic('offsets', 2);
    await produceInTransaction(brokers, topic, [{ partition: 1, value: 'x' }], {
      transactionalId: `${prefix}o`,
      commit: true,
    });
    await admin.setOffsets({ groupId: `${prefix}group`, topic, partitions: [{ partition: 1, offset: '1' }] });

    expect(await endOffsets({ brokers, topics: [topic] })).toEqual([
      { topic, partition: 0, offset: 0n },
      { topic, partition: 1, offset: 2n },
    ]);
    expect(await committedOffsets({ brokers, group: `${prefix}group` })).toEqual([{ topic, partition: 1, offset: 1n }]);
  });

  it('fails with the name of a topic that does not exist', async () => {
    await expect(readCommitted({ brokers, topics: ['no-such-topic'] })).rejects.toThrow(/no such topic: no-such-topic/);
  });
});

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { readCommitted } from '../../dev/oracle/read-committed.js';
import { reset, startBroker, status, stopBroker, up, type StackInfo } from '../../dev/stack/stack.js';
import { guardStack } from './harness/guard.js';
import { produceInTransaction } from './harness/produce.js';
import { testKafka } from './harness/topics.js';
import { until } from './harness/until.js';

let root: string;
let stack: StackInfo;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'notification-streams-cluster-'));
  guardStack(root);
  stack = await up({ root, brokers: 3, shortLived: true });
});
afterAll(() => reset({ root }));

it('three brokers keep every partition three times, and go on when one of them is killed', async () => {
  const topic = 'replicated';
  const admin = testKafka(stack.kafkaBrokers).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 3 }], waitForLeaders: false });
  // A broker that has not heard of the topic yet answers with an error: so it is asked again.
  const { topics } = await until('the topic is known', () => admin.fetchTopicMetadata({ topics: [topic] }));
  await admin.disconnect();
  expect(topics[0]!.partitions.map(({ replicas }) => replicas.length)).toEqual([3, 3, 3]);

  const messages = (name: string) => [0, 1, 2].map((partition) => ({ partition, value: `${name}-${partition}` }));
  const commit = async (name: string): Promise<true> => {
    await produceInTransaction(stack.kafkaBrokers, topic, messages(name), { transactionalId: 'one', commit: true });
    return true;
  };
  await commit('all');
  await stopBroker({ root }, 2, 0);
  // Until the others have taken over what it led, kafkajs gives up on the broker that is gone: so it is tried again.
  await until('a transaction commits on two brokers', () => commit('two'), 60_000);
  await startBroker({ root }, 2);

  expect((await status({ root }))!.map(({ answers }) => answers)).toEqual([true, true, true, true]);
  const records = await readCommitted({ brokers: stack.kafkaBrokers, topics: [topic] });
  // A set: a commit whose answer was lost counts as failed here, and is then repeated.
  expect([...new Set(records.map(({ value }) => String(value)))].sort()).toEqual([
    ...['all-0', 'all-1', 'all-2'],
    ...['two-0', 'two-1', 'two-2'],
  ]);
});

/** A producer id has 32,767 epochs, and each transaction of version 2 uses one up: less than an hour's of a busy task. */
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { createCluster } from '../../topology/kafka/cluster/connect.js';
import { readCommitted } from '../../topology/kafka/fetch/fetched-records.js';
import { TransactionalProducer } from '../../topology/kafka/index.js';
import { VERSION_2 } from '../../topology/kafka/protocol/transaction-protocol.js';
import { BrokerClient } from '../model/broker-client.js';
import { testStack } from './harness/test-stack.js';
import { createTopics } from './harness/topics.js';
import { uniquePrefix } from './harness/unique-prefix.js';
import { until } from './harness/until.js';

const LAST_EPOCH = 32_766;
const SILENT = pino({ level: 'silent' });

it('a producer goes on when the epochs of its id are used up', async () => {
  const { kafkaBrokers: brokers } = testStack();
  const prefix = uniquePrefix('epochs');
  await createTopics(brokers, prefix);
  const topic = `${prefix}EMAIL_REQUEST_TOPIC`;
  const transactionalId = `${prefix}producer`;
  const settings = {
    brokers: brokers.split(','),
    clientId: 'epochs',
    connectionTimeoutMs: 5_000,
    requestTimeoutMs: 10_000,
  };

  const client = new BrokerClient(createCluster(settings, SILENT), VERSION_2);
  await client.connect([topic]);
  let owner = await client.init(transactionalId);
  // Aborts of nothing: the cheapest way to a new epoch.
  while (owner.producerEpoch < LAST_EPOCH - 5) owner = await client.end(owner, false);

  const options = { transactionalId, transactionTimeoutMs: 30_000, retryBudgetMs: 10_000, maxBatchBytes: 900_000 };
  const producer = new TransactionalProducer(settings, options, SILENT);
  await producer.fence([topic]);
  const texts = Array.from({ length: 10 }, (_, at) => `record ${at}`);
  for (const text of texts) {
    await producer.send([{ topic, partition: 0, key: null, value: Buffer.from(text) }]);
    await producer.commit();
  }
  await until('all are committed', async () => {
    const { data, aborted } = await client.fetch(topic, 0);
    const read = [...readCommitted(data, 0, aborted).records].map(({ value }) => value?.toString());
    return read.join() === texts.join();
  });
  const next = await client.init(transactionalId);
  expect(next.producerId).not.toBe(owner.producerId);
  await Promise.all([producer.close(), client.close()]);
});

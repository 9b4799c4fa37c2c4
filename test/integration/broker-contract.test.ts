/** A real broker passes the contract on which the in-memory one of test/model is built. */
import { pino } from 'pino';
import { createCluster } from '../../topology/kafka/cluster/connect.js';
import { brokerContract } from '../model/broker-contract.js';
import { testStack } from './harness/test-stack.js';
import { recreateTopic, testKafka } from './harness/topics.js';
import { uniquePrefix } from './harness/unique-prefix.js';
import { until } from './harness/until.js';

brokerContract(() => {
  const brokers = testStack().kafkaBrokers;
  const settings = {
    brokers: brokers.split(','),
    clientId: 'contract',
    connectionTimeoutMs: 5_000,
    requestTimeoutMs: 10_000,
  };
  const withAdmin = async (
    work: (admin: ReturnType<ReturnType<typeof testKafka>['admin']>) => Promise<unknown>,
  ): Promise<void> => {
    const admin = testKafka(brokers).admin();
    await admin.connect();
    try {
      await work(admin);
    } finally {
      await admin.disconnect();
    }
  };
  return {
    prefix: uniquePrefix('contract'),
    // `transaction.abort.timed.out.transaction.cleanup.interval.ms`: 1 s on a stack of ours, 10 s by default.
    timeoutSlackMs: 15_000,
    createCluster: () => createCluster(settings, pino({ level: 'silent' })),
    createTopic: (topic, numPartitions) =>
      withAdmin(async (admin) => {
        await admin.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: false });
        await until('every partition has a leader', async () => {
          const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
          return topics[0]?.partitions.every(({ leader }) => leader >= 0);
        });
      }),
    recreateTopic: (topic, partitions) => recreateTopic(brokers, topic, partitions),
    deleteRecords: (topic, before) =>
      withAdmin(async (admin) => {
        await admin.fetchTopicOffsets(topic); // learns of the topic
        await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(before) }] });
      }),
  };
});

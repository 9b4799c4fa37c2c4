/** Topics for a test, as the systems around us would have made them. */
import { Kafka, logLevel, type Admin, type ITopicConfig } from 'kafkajs';

import { until } from './until.js';

export const INPUT_TOPICS = [
  'NOTIFICATION_REQUEST_TOPIC',
  'TASK_EVENT_TOPIC',
  'CRM_EVENT_TOPIC',
  'SALES_EVENT_TOPIC',
  'USER_EVENT_TOPIC',
] as const;

export const OUTPUT_TOPICS = [
  'EMAIL_REQUEST_TOPIC',
  'PUSH_REQUEST_TOPIC',
  'NOTIFICATION_DELIVERED_TOPIC',
  'NOTIFICATION_INAPP_TOPIC',
  'NOTIFICATION_DLQ',
] as const;

export type LogicalTopic = (typeof INPUT_TOPICS)[number] | (typeof OUTPUT_TOPICS)[number];

/** A kafkajs client for test input; quiet, and patient enough for a broker that has just started. */
export function testKafka(brokers: string): Kafka {
  return new Kafka({
    clientId: 'test',
    brokers: brokers.split(','),
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 30 },
  });
}

/**
 * Makes every topic of the contract under the prefix and waits until each partition has a leader.
 * @param partitions Of every topic, or by logical name (1 where not named).
 */
export async function createTopics(
  brokers: string,
  prefix: string,
  partitions: number | Partial<Record<LogicalTopic, number>> = 1,
): Promise<void> {
  const topics = [...INPUT_TOPICS, ...OUTPUT_TOPICS].map((name): ITopicConfig => ({
    topic: prefix + name,
    numPartitions: typeof partitions === 'number' ? partitions : (partitions[name] ?? 1),
    configEntries: configOf(name),
  }));
  const admin = testKafka(brokers).admin();
  await admin.connect();
  try {
    await admin.createTopics({ topics, waitForLeaders: false });
    const names = topics.map(({ topic }) => topic);
    // kafkajs's own wait fails at the first broker that has not heard of a topic yet.
    await until('every partition has a leader', async () => {
      const { topics: found } = await admin.fetchTopicMetadata({ topics: names });
      return found.every(({ partitions: list }) => list.length > 0 && list.every(({ leader }) => leader >= 0));
    });
  } finally {
    await admin.disconnect();
  }
}

export async function deleteTopic(brokers: string, topic: string): Promise<void> {
  await withAdmin(brokers, (admin) => admin.deleteTopics({ topics: [topic] }));
}

/** Makes a topic, also one that is still being deleted, and waits until it can be written. */
export async function createTopic(brokers: string, topic: string, partitions: number): Promise<void> {
  await withAdmin(brokers, async (admin) => {
    // False while the deletion is on its way: the name is still taken.
    await until('the topic is recreated', () =>
      admin.createTopics({ waitForLeaders: false, topics: [{ topic, numPartitions: partitions }] }),
    );
    await until('every partition has a leader', async () => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      return topics[0]!.partitions.length === partitions && topics[0]!.partitions.every(({ leader }) => leader >= 0);
    });
  });
}

/** Deletes a topic and makes it again under the same name, empty, and waits until it can be written. */
export async function recreateTopic(brokers: string, topic: string, partitions: number): Promise<void> {
  await deleteTopic(brokers, topic);
  await createTopic(brokers, topic, partitions);
}

async function withAdmin(brokers: string, work: (admin: Admin) => Promise<void>): Promise<void> {
  const admin = testKafka(brokers).admin();
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/** A dead letter is the original with headers added: its topic must take a little more than any input topic. */
function configOf(name: LogicalTopic): { name: string; value: string }[] {
  if (name !== 'NOTIFICATION_DLQ') return [];
  return [
    { name: 'message.timestamp.type', value: 'LogAppendTime' },
    { name: 'max.message.bytes', value: String(1_048_588 + 64 * 1024) },
  ];
}

/** Test input. Values are bytes: encoding them is the caller's. */
import type { Message, Producer, RecordMetadata } from 'kafkajs';
import { Partitioners } from 'kafkajs';

import { testKafka } from './topics.js';

/** As kafkajs takes it: key, value, and optionally partition, timestamp (decimal milliseconds), headers. */
export type TestMessage = Message;

/** One call sends one batch a partition, and a broker takes batches of 1 MB; so calls are kept below this. */
const CHUNK_BYTES = 700_000;

/**
 * Appends the messages, in order, on the partitions that Java's default partitioner would choose.
 * @returns what kafkajs reports of each call: the base offset of each partition.
 */
export async function produce(
  brokers: string,
  topic: string,
  messages: readonly TestMessage[],
): Promise<RecordMetadata[]> {
  return withProducer(brokers, {}, (producer) => sendAll(producer, topic, messages));
}

/** Appends the messages in one transaction, and commits or aborts it. */
export async function produceInTransaction(
  brokers: string,
  topic: string,
  messages: readonly TestMessage[],
  { transactionalId, commit }: { readonly transactionalId: string; readonly commit: boolean },
): Promise<void> {
  await withProducer(brokers, { transactionalId }, async (producer) => {
    const transaction = await producer.transaction();
    await sendAll(transaction, topic, messages);
    await (commit ? transaction.commit() : transaction.abort());
  });
}

async function sendAll(
  producer: Pick<Producer, 'send'>,
  topic: string,
  messages: readonly TestMessage[],
): Promise<RecordMetadata[]> {
  const reports: RecordMetadata[] = [];
  let chunk: TestMessage[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    if (chunk.length > 0) reports.push(...(await producer.send({ topic, messages: chunk, acks: -1 })));
    chunk = [];
    bytes = 0;
  };
  for (const message of messages) {
    const size = 64 + (message.key?.length ?? 0) + (message.value?.length ?? 0);
    if (bytes + size > CHUNK_BYTES || chunk.length >= 2_000) await flush();
    chunk.push(message);
    bytes += size;
  }
  await flush();
  return reports;
}

async function withProducer<T>(
  brokers: string,
  config: Parameters<ReturnType<typeof testKafka>['producer']>[0],
  work: (producer: Producer) => Promise<T>,
): Promise<T> {
  // Idempotent: a call that fails for one partition of a young topic is sent again for all of them.
  const producer = testKafka(brokers).producer({
    ...config,
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  try {
    return await work(producer);
  } finally {
    await producer.disconnect();
  }
}

/** Kafka's own command-line tools, for what an operator would ask. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { runKafkaTool } from './run-kafka-tool.js';
import { testStack } from './test-stack.js';

const CONSUMER_IDLE_MS = 55_000;

/** `kafka-consumer-groups` on the group of an environment, of which no member may be alive. */
export async function consumerGroups(prefix: string, ...args: readonly string[]): Promise<string[]> {
  return kafkaTool('consumer.group.ConsumerGroupCommand', ['--group', `${prefix}app`, ...args]);
}

/** `kafka-delete-records`: what stands before the offset is gone. */
export async function deleteRecords(topic: string, partition: number, offset: number): Promise<void> {
  const file = join(mkdtempSync(join(tmpdir(), 'delete-records-')), 'offsets.json');
  writeFileSync(file, JSON.stringify({ partitions: [{ topic, partition, offset }], version: 1 }));
  try {
    await kafkaTool('DeleteRecordsCommand', ['--offset-json-file', file]);
  } finally {
    rmSync(dirname(file), { recursive: true });
  }
}

/** `kafka-transactions abort`: ends the transaction that began at the offset. */
export async function abortTransaction(topic: string, partition: number, startOffset: number): Promise<void> {
  await kafkaTool('TransactionsCommand', [
    ...['abort', '--topic', topic, '--partition', String(partition), '--start-offset', String(startOffset)],
  ]);
}

/**
 * A console consumer in the group of an environment, in the protocol of Kafka 4 (KIP-848); ends when it is stopped, or has
 * read nothing for 55 s.
 */
export async function consumeInGroup(prefix: string, topic: string, stop?: AbortSignal): Promise<void> {
  const protocol = ['--command-property', 'group.protocol=consumer'];
  const args = ['--topic', topic, '--group', `${prefix}app`, '--timeout-ms', String(CONSUMER_IDLE_MS), ...protocol];
  try {
    await runKafkaTool(testStack().kafkaBrokers, 'consumer.ConsoleConsumer', args, stop);
  } catch (error) {
    if (!stop?.aborted) throw error;
  }
}

/** Whether the group of an environment has a member. */
export async function groupHasMembers(prefix: string): Promise<boolean> {
  const lines = await consumerGroups(prefix, '--describe', '--members').catch(() => [] as string[]); // no group yet
  return lines.some((line) => line.startsWith(`${prefix}app `));
}

function kafkaTool(name: string, args: readonly string[]): Promise<string[]> {
  return runKafkaTool(testStack().kafkaBrokers, name, args);
}

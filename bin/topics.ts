/** `topics create`: the contract's topics, for a newcomer's broker. */
import type { Config } from '../topology/config.js';
import { ConfigError } from '../topology/errors.js';
import { withTopicAdmin, type TopicPlan } from '../topology/kafka/index.js';
import { CONTRACT_TOPICS } from '../topology/topic-names.js';

/** A dead letter carries the original bytes and its headers: the topic takes more than a source does. */
const DLQ_MAX_MESSAGE_BYTES = 1_048_588 + 65_536;

export async function createTopicsCommand(config: Config, partitions: string): Promise<void> {
  if (!/^[1-9]\d{0,4}$/.test(partitions))
    throw new ConfigError([`--partitions is "${partitions}": expected a whole number from 1`]);
  const created = new Set(await createContractTopics(config, Number(partitions)));
  for (const topic of CONTRACT_TOPICS.map((logical) => config.names.physical(logical))) {
    process.stdout.write(`${created.has(topic) ? 'created      ' : 'already there'}  ${topic}\n`);
  }
}

/** Makes those of the contract's topics that do not exist; returns their names. */
export function createContractTopics(config: Config, partitions: number): Promise<string[]> {
  const plans = CONTRACT_TOPICS.map((topic): TopicPlan => {
    const configs: Record<string, string> = {
      // Whatever the brokers' default is: compacted, it would lose records.
      'cleanup.policy': 'delete',
      ...(topic === 'NOTIFICATION_DLQ' && {
        'message.timestamp.type': 'LogAppendTime',
        'max.message.bytes': String(DLQ_MAX_MESSAGE_BYTES),
      }),
    };
    return { topic: config.names.physical(topic), partitions, replicationFactor: config.REPLICATION_FACTOR, configs };
  });
  return withTopicAdmin(config.kafka, (admin) => admin.create(plans));
}

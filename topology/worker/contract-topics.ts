/** The contract's topics, made where there is no operator who makes them: for a newcomer, the demo, a test. */
import { CONTRACT_TOPICS } from '../../common/topic-names.js';
import { withTopicAdmin, type TopicPlan } from '../kafka/index.js';
import type { Config } from './config.js';

/** A dead letter carries the original bytes and its headers: the topic takes more than a source does. */
const DLQ_MAX_MESSAGE_BYTES = 1_048_588 + 65_536;

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
    return { topic: config.names.physical(topic), partitions, replicationFactor: config.replicationFactor, configs };
  });
  return withTopicAdmin(config.kafka, (admin) => admin.create(plans));
}

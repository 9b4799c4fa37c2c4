/**
 * The topics that we share with the ERP's services: those of the sources, and of our outputs. They are made here where there is
 * no operator who makes them: for a newcomer, the demo, a test.
 */
import { ConfigError } from '../../common/errors.js';
import { OUTPUT_TOPICS } from '../../common/record.js';
import type { SourceSpec } from '../../schemas/source-spec.js';
import type { TopicNames } from '../../common/topic-names.js';
import { withTopicAdmin, type TopicPlan } from '../kafka/index.js';
import type { Config } from './config.js';

/** A dead letter carries the original bytes and its headers: the topic takes so much more than a source does. */
export const DEAD_LETTER_MARGIN_BYTES = 65_536;
const DLQ_MAX_MESSAGE_BYTES = 1_048_588 + DEAD_LETTER_MARGIN_BYTES;

/** Logical names of all of them. */
export function contractTopics(sources: readonly SourceSpec[]): string[] {
  return [...sources.map(({ topic }) => topic), ...OUTPUT_TOPICS];
}

/** Their names on the brokers. Throws ConfigError where two would be one. */
export function contractTopicsOn(names: TopicNames, sources: readonly SourceSpec[]): string[] {
  const byName = new Map<string, string>();
  for (const topic of contractTopics(sources)) {
    const name = names.physical(topic);
    const other = byName.get(name);
    if (other !== undefined)
      throw new ConfigError([`${other} and ${topic} are both ${name} on the brokers: expected a name for each`]);
    byName.set(name, topic);
  }
  return [...byName.keys()];
}

/** Makes those that do not exist; returns their names. */
export function createContractTopics(
  config: Config,
  sources: readonly SourceSpec[],
  partitions: number,
): Promise<string[]> {
  const plans = contractTopics(sources).map((topic): TopicPlan => {
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

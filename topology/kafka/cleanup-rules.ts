/** What `cleanup.policy` each topic that we write must not have, and what it would cost. */
import type { TopicNames } from '../../common/topic-names.js';

export interface CleanupRule {
  /** Physical name. */
  readonly topic: string;
  readonly never: 'compact' | 'delete';
  /** What would be lost. */
  readonly cost: string;
}

/** Of the topics that a stream worker writes; those of the sources are their owners'. */
export function streamCleanupRules(names: TopicNames): CleanupRule[] {
  const perEvent = 'compaction keeps only the last record of each event, and an event has one for each recipient';
  return [
    never('compact', names.changelog, 'compaction tears out what workers restore their stores from'),
    never('delete', names.physical('USER_DIRECTORY'), 'users who do not change expire, and are mailed no more'),
    never('compact', names.physical('NOTIFICATION_DLQ'), 'compaction keeps only the last dead letter of each key'),
    never('compact', names.physical('EMAIL_REQUEST_TOPIC'), perEvent),
    never('compact', names.physical('PUSH_REQUEST_TOPIC'), perEvent),
    never('compact', names.physical('NOTIFICATION_DELIVERED_TOPIC'), perEvent),
    ...gatewayCleanupRules(names),
  ];
}

/** Of the topic that a gateway reads again. */
export function gatewayCleanupRules(names: TopicNames): CleanupRule[] {
  return [
    never(
      'compact',
      names.physical('NOTIFICATION_INAPP_TOPIC'),
      'compaction keeps only the last notification of each user',
    ),
  ];
}

/** What is wrong with the policies that the topics have, a line each, with the command that mends it. */
export function cleanupFaults(rules: readonly CleanupRule[], policies: ReadonlyMap<string, string>): string[] {
  return rules.flatMap(({ topic, never: forbidden, cost }) => {
    const policy = policies.get(topic) ?? '';
    if (!policy.split(',').includes(forbidden)) return [];
    const right = forbidden === 'compact' ? 'delete' : 'compact';
    return [
      `${topic} has cleanup.policy=${policy}: ${cost}; expected ${right}. Mend it by: kafka-configs --bootstrap-server <broker> --alter --topic ${topic} --add-config cleanup.policy=${right}`,
    ];
  });
}

function never(forbidden: CleanupRule['never'], topic: string, cost: string): CleanupRule {
  return { topic, never: forbidden, cost };
}

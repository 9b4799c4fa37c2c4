/** Which `cleanup.policy` would lose records of the topics that a worker writes, or reads again. */
import type { TopicNames } from '../../common/topic-names.js';
import type { CleanupRule } from '../kafka/index.js';

/** For the topics that a stream worker writes; those of the sources are their owners'. */
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

/** For the topic that a gateway reads again. */
export function gatewayCleanupRules(names: TopicNames): CleanupRule[] {
  return [
    never(
      'compact',
      names.physical('NOTIFICATION_INAPP_TOPIC'),
      'compaction keeps only the last notification of each user',
    ),
  ];
}

function never(forbidden: CleanupRule['never'], topic: string, cost: string): CleanupRule {
  return { topic, never: forbidden, cost };
}

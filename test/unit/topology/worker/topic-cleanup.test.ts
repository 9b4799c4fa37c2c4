import { gatewayCleanupRules, streamCleanupRules } from '../../../../topology/worker/topic-cleanup.js';
import { expect, it } from 'vitest';
import { cleanupFaults } from '../../../../topology/kafka/cleanup-rules.js';
import { SINK_TOPICS } from '../../../../common/record.js';
import { TopicNames } from '../../../../common/topic-names.js';

const names = new TopicNames('p.', 'app');
const rules = streamCleanupRules(names);
const faultyWith = (policy: string): string[] =>
  cleanupFaults(rules, new Map(rules.map(({ topic }) => [topic, policy]))).map((fault) => fault.split(' ')[0]!);

it('every topic that a stream worker writes has a rule, and the gateway its own', () => {
  const written = [names.changelog, ...SINK_TOPICS.map((topic) => names.physical(topic))];
  expect(rules.map(({ topic }) => topic).sort()).toEqual(written.sort());
  expect(gatewayCleanupRules(names).map(({ topic }) => topic)).toEqual(['p.NOTIFICATION_INAPP_TOPIC']);
});

it('only the user directory may be compacted, and it must not expire', () => {
  const others = rules.map(({ topic }) => topic).filter((topic) => topic !== 'p.app-user-directory');
  expect(faultyWith('delete')).toEqual(['p.app-user-directory']);
  expect(faultyWith('compact')).toEqual(others);
  expect(faultyWith('compact,delete').sort()).toEqual([...others, 'p.app-user-directory'].sort());
  // For ever, and where we may not ask.
  expect(faultyWith('')).toEqual([]);
  expect(cleanupFaults(rules, new Map())).toEqual([]);
});

it('a fault names the topic, its value, the cost and the command that mends it', () => {
  expect(cleanupFaults(rules, new Map([['p.NOTIFICATION_DLQ', 'compact']]))).toEqual([
    'p.NOTIFICATION_DLQ has cleanup.policy=compact: compaction keeps only the last dead letter of each key; expected delete. ' +
      'Mend it by: kafka-configs --bootstrap-server <broker> --alter --topic p.NOTIFICATION_DLQ --add-config cleanup.policy=delete',
  ]);
});

import { afterEach, describe, expect, it, vi } from 'vitest';
import { TopicNames } from '../../../../../common/topic-names.js';
import { SOURCES } from '../../../../../dev/contract/sources.js';
import type { Operation, TopicView } from '../../../../../topology/kafka/index.js';
import { aclCommand } from '../../../../../topology/operations/doctor/acl-command.js';
import { judgeLacks, topicLacks } from '../../../../../topology/operations/doctor/checks-rights.js';
import { grantsOf } from '../../../../../topology/operations/doctor/rights.js';
import { runCommand } from '../../../bin/run-command.js';

afterEach(() => vi.unstubAllEnvs());

const names = new TopicNames('p-', 'app', { CRM_EVENT_TOPIC: 'crm.events' });

function topic(name: string, operations: readonly Operation[] | undefined, over: Partial<TopicView> = {}): TopicView {
  return {
    ...{ topic: name, state: 'there', error: undefined, partitions: 1, leaderless: 0, replicas: 1, inSync: 1 },
    operations: operations && new Set(operations),
    ...over,
  };
}

describe('rights', () => {
  it('are to the topics as they are called here', () => {
    const grants = grantsOf(['stream'], names, SOURCES);
    expect(grants[0]!.names).toContain('p-crm.events');
    expect(grants.filter(({ isPrefix }) => isPrefix).map((grant) => grant.names)).toEqual([['p-app-'], ['p-app-']]);
  });

  it('of a gateway are to two topics alone, and to the cluster of old brokers', () => {
    const grants = grantsOf(['gateway'], names, SOURCES);
    expect(grants.map((grant) => grant.names)).toEqual([
      ['p-NOTIFICATION_INAPP_TOPIC'],
      ['p-NOTIFICATION_DELIVERED_TOPIC'],
      ['kafka-cluster'],
    ]);
  });

  const [sourceGrant, outputGrant, internal] = grantsOf(['stream'], names, SOURCES);
  const sources = { ...sourceGrant!, names: ['a', 'b'] };
  const outputs = { ...outputGrant!, names: ['a'] };

  it('that are lacking are told by operation', () => {
    expect(topicLacks(sources, [topic('a', ['Describe', 'Read']), topic('c', [])])).toEqual([
      { kind: 'topic', name: 'a', isPrefix: false, operation: 'DescribeConfigs', isDoneWithout: false },
    ]);
    expect(topicLacks(outputs, [topic('a', ['Write'])])).toMatchObject([{ isDoneWithout: true }]);
    expect(topicLacks(outputs, [topic('a', undefined)])).toEqual([]);
  });

  it('to create are not asked for once the topic is there', () => {
    const all: readonly Operation[] = ['Read', 'Write', 'DescribeConfigs'];
    expect(topicLacks(internal!, [topic('p-app-x', all)])).toEqual([]);
    expect(topicLacks(internal!, [topic('p-app-x', all, { state: 'missing' })])).toMatchObject([
      { name: 'p-app-', isPrefix: true, operation: 'Create' },
    ]);
  });

  it('that are lacking to a topic which we may not see are those that would show it', () => {
    const hidden = topic('a', undefined, { state: 'hidden' });
    expect(topicLacks(sources, [hidden]).map(({ operation }) => operation)).toEqual(['Read']);
  });

  it('are judged a resource at a time, with the command that grants them', () => {
    const lack = { kind: 'topic', isPrefix: true, isDoneWithout: false } as const;
    const lacks = (['Read', 'Write', 'Read'] as const).map((operation) => ({ ...lack, name: 'p-app-', operation }));
    expect(judgeLacks(lacks, 'User:me', 'b:1')).toEqual([
      {
        mark: 'fault',
        found: 'no right Read, Write to the topic p-app-…',
        expected: 'Read, Write',
        toDo: 'as an administrator: kafka-acls --bootstrap-server b:1 --add --allow-principal User:me --operation Read --operation Write --resource-pattern-type prefixed --topic p-app-',
      },
    ]);
  });
});

describe('the command that grants', () => {
  it('quotes what a shell would take apart', () => {
    const grant = { kind: 'group', names: ['app'], isPrefix: false, operations: ['Read'] } as const;
    expect(aclCommand(grant, "User:CN=O'Hara, O=x", 'b:1').join('\n')).toContain(String.raw`'User:CN=O'\''Hara, O=x'`);
  });

  it('is printed for the roles and the principal that are given, and refused without one', async () => {
    vi.stubEnv('KAFKA_BROKERS', 'b:1');
    vi.stubEnv('ROLES', 'gateway');
    const { lines } = await runCommand('doctor', '--acls', '--principal', 'User:me');
    expect(lines.slice(0, 3)).toEqual([
      '# gateway',
      'kafka-acls --bootstrap-server b:1 --add --allow-principal User:me --operation Read \\',
      '  --operation DescribeConfigs --topic NOTIFICATION_INAPP_TOPIC',
    ]);
    await expect(runCommand('doctor', '--acls')).rejects.toThrow(/--principal is not given/);
    await expect(runCommand('doctor', '--acls', '--principal', 'me')).rejects.toThrow(
      /--principal is "me": expected a type and a name/,
    );
  });
});

import { describe, expect, it } from 'vitest';
import { TopicNames } from '../../../../../common/topic-names.js';
import { SOURCES } from '../../../../../dev/contract/sources.js';
import {
  judgeCleanup,
  judgeDeadLetters,
  judgePartitions,
  judgePresence,
  judgeReplicas,
  judgeRetention,
} from '../../../../../topology/operations/doctor/checks-topics.js';
import { Examined, type SetTopic } from '../../../../../topology/operations/doctor/examined.js';
import { parseConfig } from '../../../../../topology/worker/config.js';
import { matching, saying } from '../../../said.js';

const DAY = 86_400_000;
const names = new TopicNames('p-', 'app');
const examined = (over: Record<string, string> = {}): Examined =>
  new Examined(parseConfig({ KAFKA_BROKERS: 'b:1', TOPIC_PREFIX: 'p-', APP_ID: 'app', ...over }), SOURCES);

function topic(name: string, settings: Record<string, string> = {}, over: Partial<SetTopic> = {}): SetTopic {
  return {
    ...{ topic: name, state: 'there', error: undefined, partitions: 4, leaderless: 0, replicas: 3, inSync: 3 },
    operations: undefined,
    settings: new Map(Object.entries({ 'min.insync.replicas': '2', ...settings })),
    ...over,
  };
}

describe('topics', () => {
  it('that are missing are named at once, except those that a first start makes', () => {
    const missing = { state: 'missing', partitions: 0 } as const;
    const topics = [topic('a', {}, missing), topic('b', {}, missing), topic('changelog', {}, missing), topic('c')];
    expect(judgePresence(topics, ['changelog'])).toEqual([
      {
        mark: 'fault',
        found: 'no worker starts without a, b: missing',
        expected: saying(''),
        toDo: saying('notification-streams topics create'),
      },
    ]);
    expect(judgePresence(topics.slice(2), ['changelog'])).toMatchObject([
      { mark: 'ok', found: saying('changelog will be made by a first start') },
    ]);
  });

  it('that are not shown to us, cannot be asked for, or have no leader say so', () => {
    const topics = [
      topic('hidden', {}, { state: 'hidden' }),
      topic('failing', {}, { state: 'failing', error: 'INVALID_TOPIC_EXCEPTION' }),
      topic('led', {}, { leaderless: 1 }),
    ];
    expect(judgePresence(topics, [])).toMatchObject([
      { mark: 'warning', found: saying('may be there or not') },
      { mark: 'fault', found: saying('INVALID_TOPIC_EXCEPTION') },
      { mark: 'fault', found: saying('no leader for 1 of 4') },
    ]);
  });

  it('that lose records by their cleanup.policy are a fault, with the command that mends it', () => {
    const found = judgeCleanup(
      [
        topic('p-NOTIFICATION_DLQ', { 'cleanup.policy': 'compact' }),
        topic('p-app-user-directory', { 'cleanup.policy': 'compact' }),
      ],
      examined(),
    );
    expect(found).toEqual([
      {
        mark: 'fault',
        found:
          'p-NOTIFICATION_DLQ has cleanup.policy=compact: compaction keeps only the last dead letter of each key: no worker starts',
        expected: 'delete',
        toDo: 'kafka-configs --bootstrap-server <broker> --alter --topic p-NOTIFICATION_DLQ --add-config cleanup.policy=delete',
      },
    ]);
  });

  it('whose settings we may not ask for are a warning', () => {
    expect(judgeCleanup([topic('a', {}, { settings: undefined })], examined())).toMatchObject([
      { mark: 'warning', expected: 'the right DescribeConfigs' },
    ]);
  });
});

describe('the dead-letter topic', () => {
  const sources = [topic('s', { 'max.message.bytes': '1000000' })];
  const letters = (bytes: string, stamps = 'LogAppendTime'): SetTopic =>
    topic('dlq', { 'max.message.bytes': bytes, 'message.timestamp.type': stamps });

  it('takes 64 KB more than the largest source, and stamps what comes', () => {
    expect(judgeDeadLetters(letters('1065536'), sources)).toMatchObject([{ mark: 'ok' }]);
    expect(judgeDeadLetters(letters('1065535', 'CreateTime'), sources)).toMatchObject([
      { mark: 'warning', expected: '1065536 or more', toDo: saying('max.message.bytes=1065536') },
      { mark: 'warning', expected: 'LogAppendTime' },
    ]);
  });

  it('is not judged while its settings are not known', () => {
    expect(judgeDeadLetters(undefined, sources)).toMatchObject([{ mark: 'warning', found: matching(/^not known/) }]);
  });
});

describe("the changelog's retention", () => {
  const source = (ms: number): SetTopic => topic('s', { 'retention.ms': String(ms) });
  const kept = (ms: number): SetTopic => topic('changelog', { 'retention.ms': String(ms) });

  it.each([
    [14 * DAY, 7 * DAY, 'ok'],
    [14 * DAY - 1, 7 * DAY, 'warning'],
    [-1, 7 * DAY, 'ok'],
    [14 * DAY, -1, 'warning'],
  ])('of %i beside a source of %i is %s in a window of a week', (changelog, longest, mark) => {
    expect(judgeRetention(kept(changelog), [source(DAY), source(longest)], 7 * DAY)).toMatchObject([{ mark }]);
  });
});

describe('replicas', () => {
  it.each([
    ['three, two of them needed', { replicas: 3, inSync: 3 }, '2', 'ok'],
    ['fewer in sync than needed', { replicas: 3, inSync: 1 }, '2', 'fault'],
    ['all of them needed', { replicas: 2, inSync: 2 }, '2', 'warning'],
    ['one needed', { replicas: 3, inSync: 3 }, '1', 'warning'],
    ['a single one', { replicas: 1, inSync: 1 }, '1', 'warning'],
  ] as const)('%s', (_, over, least, mark) => {
    expect(judgeReplicas([topic('t', { 'min.insync.replicas': least }, over)], 3)).toMatchObject([{ mark }]);
  });
});

describe('partitions', () => {
  const sized = (name: string, partitions: number): SetTopic => topic(name, {}, { partitions });

  it('say how many tasks there are, and need not be of one number', () => {
    expect(
      judgePartitions([sized('a', 6), sized('b', 40)], sized('changelog', 16), sized('directory', 16), 16),
    ).toEqual([
      { mark: 'ok', found: '16 tasks, and so up to 16 workers with work; a task has up to 3 partitions of a source' },
    ]);
  });

  it('of the changelog count, whatever MAX_TASKS says; the directory has as many', () => {
    expect(judgePartitions([sized('a', 6)], sized('changelog', 8), sized('directory', 16), 16)).toMatchObject([
      { mark: 'warning', toDo: saying('MAX_TASKS=8') },
      { mark: 'warning', found: saying('directory has 16 partitions, and the changelog 8') },
    ]);
  });
});

it('asks a gateway for two topics alone', () => {
  expect(examined({ ROLES: 'gateway' }).contractTopics).toEqual([
    names.physical('NOTIFICATION_INAPP_TOPIC'),
    names.physical('NOTIFICATION_DELIVERED_TOPIC'),
  ]);
});

/** What a cluster grants, and how much of it; and account events that come while nobody is there. */
import { setTimeout as delay } from 'node:timers/promises';
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  ResourcePatternTypes,
} from '../../integration/harness/kafkajs-constants.js';

import { readCommitted } from '../../../dev/oracle/read-committed.js';
import { LIMITED_USER } from '../../../dev/stack/secured.js';
import { expectedCounts, type Contact } from '../../../dev/contract/expected-outputs.js';
import type { EmailRequestEvent, UserEvent } from '../../../schemas/types.js';
import { task as taskEvent, user as userEvent } from '../../contract/events.js';
import { decode } from '../../integration/harness/avro.js';
import { messagesOf } from '../../integration/harness/messages.js';
import { runKafkaTool } from '../../integration/harness/run-kafka-tool.js';
import { until } from '../../integration/harness/until.js';
import type { Sent } from '../../integration/harness/workload.js';
import type { ChaosCase } from '../case.js';
import { OUTCOME_UNKNOWN, type Round } from '../round.js';

const APP = 'app';

/** Holds the workers' user to a quota while the work is done. */
async function withQuota(round: Round, name: string, value: number, work: () => Promise<void>): Promise<void> {
  const change = async (...how: string[]): Promise<void> => {
    const user = ['--entity-type', 'users', '--entity-name', LIMITED_USER.username];
    await runKafkaTool(round.cluster.direct, 'kafka.admin.ConfigCommand', ['--alter', ...user, ...how]);
  };
  await change('--add-config', `${name}=${value}`);
  try {
    await work();
  } finally {
    await change('--delete-config', name);
  }
}

/** Outputs go on, and no commit is retried again and again, while the limit is there. */
async function progresses(round: Round, what: string, ms: number): Promise<void> {
  const [made, unknown] = [round.witness.count, round.logged(OUTCOME_UNKNOWN).length];
  await delay(ms);
  const [more, failed] = [round.witness.count - made, round.logged(OUTCOME_UNKNOWN).length - unknown];
  if (more > 0) round.effect(`${what}: ${more} outputs in ${ms / 1000} s, ${failed} commits of unknown outcome`);
  else round.unexpected.push(`${what}: nothing came through in ${ms / 1000} s`);
}

interface Right {
  readonly name: string;
  readonly type: AclResourceTypes;
  readonly operation: AclOperationTypes;
  /** What readiness says. */
  readonly said: string;
  readonly isPrefix?: boolean;
}

/** Denies a right, which counts for more than that all is granted; the answer gives it back. */
async function deny(
  { cluster: { admin } }: Round,
  { name, type, operation, isPrefix }: Right,
): Promise<() => Promise<void>> {
  const acl = {
    resourceType: type,
    resourceName: name,
    resourcePatternType: isPrefix ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
    principal: `User:${LIMITED_USER.username}`,
    host: '*',
    operation,
    permissionType: AclPermissionTypes.DENY,
  };
  await admin.createAcls({ acl: [acl] });
  return async () => {
    await admin.deleteAcls({ filters: [acl] });
  };
}

/** Whether a worker says that it lacks the right to this. */
async function isNamed(round: Round, said: string): Promise<boolean> {
  for (const { process } of round.members) {
    const { http } = await process.ports();
    const text = await (await fetch(`http://127.0.0.1:${http}/readyz`)).text();
    if (text.includes('we lack the right to it') && text.includes(said)) return true;
  }
  return false;
}

async function takeRights(round: Round): Promise<void> {
  const { prefix } = round;
  const { TOPIC, GROUP, TRANSACTIONAL_ID } = AclResourceTypes;
  const { READ, WRITE } = AclOperationTypes;
  const topic = (name: string, operation: AclOperationTypes): Right => ({
    ...{ name: prefix + name, said: prefix + name, type: TOPIC, operation },
  });
  const rights: Right[] = [
    topic('TASK_EVENT_TOPIC', READ),
    topic('NOTIFICATION_DELIVERED_TOPIC', WRITE),
    topic('NOTIFICATION_DLQ', WRITE),
    topic(`${APP}-dedup-changelog`, WRITE),
    { name: prefix + APP, type: GROUP, operation: READ, said: 'group' },
    { name: `${prefix}${APP}-`, type: TRANSACTIONAL_ID, operation: WRITE, said: 'transactional id', isPrefix: true },
  ];
  for (const right of rights) {
    const began = performance.now();
    const giveBack = await deny(round, right);
    try {
      await until(`a worker names ${right.said}`, () => isNamed(round, right.said), 30_000);
      round.effect(`${right.said}: named after ${Math.round(performance.now() - began)} ms`);
      await delay(Math.max(0, began + TAKEN_MS - performance.now()));
    } finally {
      await giveBack();
    }
    await round.allReady();
  }
}

const TAKEN_MS = 10_000;
const DOWN_MS = 3000;

/** The address that each e-mail of these events went to. */
async function addresses(round: Round, eventIds: ReadonlySet<string>): Promise<Map<string, string>> {
  const topics = [`${round.prefix}EMAIL_REQUEST_TOPIC`];
  const records = await readCommitted({ brokers: round.cluster.direct, topics });
  const emails = records.map(({ value }) => decode('EmailRequestEvent', value!) as unknown as EmailRequestEvent);
  return new Map(emails.filter(({ eventId }) => eventIds.has(eventId)).map(({ eventId, to }) => [eventId, to.join()]));
}

/** Users are created, moved, muted and deleted while no worker is there; their events come last. */
async function changeUsers(round: Round): Promise<void> {
  const { task, user } = messagesOf({ ids: round.ids });
  const { expected } = round.workload;
  const send = (sent: readonly Sent[]): void => round.load.send(sent);
  const users = Array.from({ length: 200 }, (_, index) => 5_000_000n + BigInt(index));
  const contacts = new Map<bigint, Contact>();
  const kindOf = (userId: bigint): number => Number(userId % 4n);
  const account = (userId: bigint, eventId: string, over: Partial<UserEvent>): UserEvent =>
    userEvent({ userId, tenantId: 1n, eventId, timestamp: BigInt(Date.now()), ...over });

  send(
    users
      .filter((userId) => kindOf(userId) !== 0)
      .map((userId) => user(account(userId, `u${userId}`, { email: `old-${userId}@example.com` }))),
  );
  await until('the users are known', async () => (await round.lag()) < 500, 60_000);
  for (const member of round.members) await round.stop(member);
  send(
    users.map((userId) => {
      const [eventId, email] = [`v${userId}`, `new-${userId}@example.com`];
      const changes = [
        { eventType: 'USER_CREATED' as const, email },
        { email },
        { email, mutedChannels: ['EMAIL'] },
        { eventType: 'USER_DELETED' as const },
      ];
      const event = account(userId, eventId, changes[kindOf(userId)]!);
      if (event.eventType === 'USER_CREATED')
        expected.set(eventId, expectedCounts({ topic: 'USER_EVENT_TOPIC', event }));
      if (event.eventType !== 'USER_DELETED') contacts.set(userId, event);
      return user(event);
    }),
  );
  await delay(DOWN_MS);
  const contactOf = ({ userId }: { readonly userId: bigint }): Contact | undefined => contacts.get(userId);
  send(
    users.map((userId) => {
      const event = taskEvent({ eventId: `d${userId}`, tenantId: 1n, assignedTo: userId });
      expected.set(event.eventId, expectedCounts({ topic: 'TASK_EVENT_TOPIC', event }, { contactOf }));
      return task(event);
    }),
  );
  for (const member of round.members) round.restart(member);
  await round.allReady();
  const names = users.map((userId) => `d${userId}`);
  await until('their events are processed', () => names.every((name) => round.witness.firstSeen.has(name)), 60_000);
  const to = await addresses(round, new Set(names));
  const wrong = users.filter(
    (userId) => to.get(`d${userId}`) !== (kindOf(userId) < 2 ? `new-${userId}@example.com` : undefined),
  );
  if (wrong.length > 0) round.unexpected.push(`${wrong.length} of ${users.length} users were mailed as of before`);
  else round.effect(`${users.length} users changed while all workers were down, each routed as they were by then`);
}

export const LIMIT_CASES: readonly ChaosCase[] = [
  {
    id: '30a',
    name: 'quota',
    fault: 'the workers may produce 100 KB a second for 25 s, then use 3 % of a broker’s threads for 20 s',
    seconds: 70,
    isLimited: true,
    inject: async (round) => {
      await withQuota(round, 'producer_byte_rate', 100_000, () => progresses(round, 'producer_byte_rate', 25_000));
      await withQuota(round, 'request_percentage', 3, () => progresses(round, 'request_percentage', 20_000));
    },
  },
  {
    id: '30b',
    name: 'thin line',
    fault: 'each broker takes 100 KB a second from all workers together, for 40 s',
    seconds: 60,
    inject: async (round) => {
      for (const proxy of round.cluster.proxies) proxy.thin(100_000);
      await progresses(round, '100 KB a second', 40_000);
      for (const proxy of round.cluster.proxies) proxy.thin(undefined);
    },
  },
  {
    id: '31',
    name: 'rights taken and given back',
    fault:
      'one after another, for 10 s: a source, a sink, the dead letters, the changelog, the group, the transactional ids',
    seconds: 110,
    isLimited: true,
    inject: takeRights,
  },
  {
    id: '32',
    name: 'downtime with account events',
    fault: 'all workers stop; 200 users are created, moved, muted, deleted; then their events come; the workers start',
    seconds: 60,
    inject: changeUsers,
  },
];

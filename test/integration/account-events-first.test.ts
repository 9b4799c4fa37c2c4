/** An event is routed by the account events that are older than it, however late the workers read either. */
import { expect, it } from 'vitest';

import { PATIENT, prepareEnvironment, type TestEnvironment } from './harness/environment.js';
import { messagesOf } from './harness/messages.js';
import { produceAll, untilProcessed } from './harness/outcome.js';
import { readOutputs, type Outputs } from './harness/outputs.js';
import { byLabels, scrape } from './harness/scrape.js';
import { testStack } from './harness/test-stack.js';
import { testKafka } from './harness/topics.js';
import { until } from './harness/until.js';
import { startWorker, type WorkerProcess } from './harness/worker.js';
import type { Sent } from './harness/workload.js';

const PARTITIONS = { TASK_EVENT_TOPIC: 3, USER_EVENT_TOPIC: 3, NOTIFICATION_REQUEST_TOPIC: 2, EMAIL_REQUEST_TOPIC: 2 };
const LONG = { timeout: 90_000 };

/** A quarter each: created, moved, muted, deleted. */
const USERS = Array.from({ length: 120 }, (_, index) => BigInt(index + 1));

/** Where the e-mail of each event went, or why to nowhere: of tasks, not of account events, whose ids begin with `u`. */
function fates({ delivered, emails }: Outputs): Record<string, string> {
  const to = new Map(emails.map((email) => [email.eventId, email.to.join()]));
  return Object.fromEntries(
    delivered
      .filter(({ eventId }) => !eventId.startsWith('u'))
      .flatMap(({ eventId, deliveries }) =>
        deliveries
          .filter(({ channel }) => channel === 'EMAIL')
          .map(({ status, reason }) => [eventId, status === 'DISPATCHED' ? to.get(eventId)! : reason!]),
      ),
  );
}

async function waitsGivenUp(worker: WorkerProcess): Promise<number> {
  return byLabels(await scrape(worker), 'directory_waits_given_up_total')[''] ?? 0;
}

/** What has happened to users while no worker was there, and then a task for each. */
function downtime(test: TestEnvironment): {
  before: Sent[];
  meanwhile: Sent[];
  tasks: Sent[];
  fates: Record<string, string>;
} {
  const { task, user } = messagesOf(test);
  const [before, meanwhile, expected]: [Sent[], Sent[], Record<string, string>] = [[], [], {}];
  for (const userId of USERS) {
    const [kind, name] = [Number(userId % 4n), `t${userId}`];
    const [old, now] = [`old-${userId}@example.com`, `new-${userId}@example.com`];
    const change = (over: Parameters<typeof user>[0]): Sent =>
      user({ userId, eventId: `u${userId}-later`, timestamp: 1_700_000_000_100n, ...over });
    if (kind !== 0) before.push(user({ userId, eventId: `u${userId}`, timestamp: 1_700_000_000_000n, email: old }));
    if (kind === 0) meanwhile.push(change({ eventType: 'USER_CREATED', email: now }));
    if (kind === 1) meanwhile.push(change({ email: now }));
    if (kind === 2) meanwhile.push(change({ email: now, mutedChannels: ['EMAIL'] }));
    if (kind === 3) meanwhile.push(change({ eventType: 'USER_DELETED' }));
    expected[name] = [now, now, 'MUTED', 'NO_ADDRESS'][kind]!;
  }
  const tasks = USERS.map((userId) => task({ eventId: `t${userId}`, eventType: 'TASK_ASSIGNED', assignedTo: userId }));
  return { before, meanwhile, tasks, fates: expected };
}

it.each([1, 3])('after a downtime events find the users as they are by then, with %i workers', LONG, async (count) => {
  const test = await prepareEnvironment(`downtime-${count}`, PARTITIONS);
  const { before, meanwhile, tasks, fates: expected } = downtime(test);
  const { task } = messagesOf(test);
  const first = startWorker({ env: test.env('w0', PATIENT) });
  await first.ready();
  await produceAll(test.prefix, [...before, task({ eventId: 'warm-up', assignedTo: 9999n })]);
  await untilProcessed(test.prefix);
  expect((await first.stop()).code).toBe(0);

  await produceAll(test.prefix, meanwhile);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  await produceAll(test.prefix, tasks);
  const workers = Array.from({ length: count }, (_, index) => startWorker({ env: test.env(`w${index}`, PATIENT) }));
  await untilProcessed(test.prefix);
  expect(fates(await readOutputs(test.prefix))).toEqual({ ...expected, 'warm-up': 'NO_ADDRESS' });
  for (const worker of workers) {
    await worker.ready();
    expect(await waitsGivenUp(worker)).toBe(0);
    expect((await worker.stop()).code).toBe(0);
  }
});

it('a task that comes with its user finds the address, each time', LONG, async () => {
  const test = await prepareEnvironment('with-its-user', PARTITIONS);
  const { task, user } = messagesOf(test);
  const workers = ['a', 'b'].map((state) => startWorker({ env: test.env(state, PATIENT) }));
  await Promise.all(workers.map((worker) => worker.ready()));
  const expected: Record<string, string> = {};
  for (let userId = 1n; userId <= 40n; userId += 1n) {
    await produceAll(test.prefix, [
      user({ userId, eventId: `u${userId}`, eventType: 'USER_CREATED', email: `${userId}@example.com` }),
      task({ eventId: `t${userId}`, eventType: 'TASK_ASSIGNED', assignedTo: userId }),
    ]);
    expected[`t${userId}`] = `${userId}@example.com`;
  }
  await untilProcessed(test.prefix);
  expect(fates(await readOutputs(test.prefix))).toEqual(expected);
  await Promise.all(workers.map((worker) => worker.stop()));
});

it(
  'an open transaction among the account events is waited for once, and then not again until it ends',
  LONG,
  async () => {
    const test = await prepareEnvironment('held-accounts', PARTITIONS);
    const { task, user } = messagesOf(test);
    const worker = startWorker({ env: test.env('worker', { DIRECTORY_WAIT_MS: '3000' }) });
    await worker.ready();
    await produceAll(test.prefix, [user({ userId: 1n, eventId: 'u1', email: 'old@example.com' })]);
    await untilProcessed(test.prefix);
    const slow = testKafka(testStack().kafkaBrokers).producer({
      transactionalId: `${test.prefix}accounts`,
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
    });
    await slow.connect();
    const open = await slow.transaction();
    const later = user({ userId: 1n, eventId: 'u2', timestamp: 1_800_000_000_000n, email: 'new@example.com' });
    await open.send({ topic: `${test.prefix}USER_EVENT_TOPIC`, messages: [later.message] });
    await new Promise((resolve) => setTimeout(resolve, 1500));

    for (let round = 0; round < 10; round += 1)
      await produceAll(test.prefix, [task({ eventId: `held-${round}`, eventType: 'TASK_ASSIGNED', assignedTo: 1n })]);
    await until(
      'the tasks are committed',
      async () => Object.keys(fates(await readOutputs(test.prefix))).length === 10,
    );
    expect(await waitsGivenUp(worker)).toBe(1); // one wait, not ten
    expect(byLabels(await scrape(worker), 'directory_partitions_given_up')['']).toBe(1);

    await open.commit();
    await slow.disconnect();
    await until('it is waited for again', async () => {
      await produceAll(test.prefix, [task({ eventId: 'nudge', assignedTo: 1n })]);
      return byLabels(await scrape(worker), 'directory_partitions_given_up')[''] === 0;
    });
    await produceAll(test.prefix, [task({ eventId: 'after', eventType: 'TASK_ASSIGNED', assignedTo: 1n })]);
    await untilProcessed(test.prefix);
    expect(fates(await readOutputs(test.prefix))['after']).toBe('new@example.com');
    expect((await worker.stop()).code).toBe(0);
  },
);

/** What the account service says of users decides where their notifications go. */
import { expect, it } from 'vitest';

import { rmSync } from 'node:fs';
import { PATIENT, prepareEnvironment } from './harness/environment.js';
import { messagesOf } from './harness/messages.js';
import { produceAll, untilProcessed } from './harness/outcome.js';
import { eventIds, readOutputs, type Outputs } from './harness/outputs.js';
import { byLabels, scrape } from './harness/scrape.js';
import { until } from './harness/until.js';
import { startWorker, type WorkerProcess } from './harness/worker.js';
import type { Sent } from './harness/workload.js';

const HAPPENED = 1_700_000_000_000n;

/** The account events are processed, and what they say has reached the directory, which has had so many records then: one for each that is newer. */
async function learn(prefix: string, worker: WorkerProcess, sent: readonly Sent[], records: number): Promise<void> {
  await produceAll(prefix, sent);
  await untilProcessed(prefix);
  await until(
    `the directory has had ${records} records`,
    async () => byLabels(await scrape(worker), 'restore_records_total')['directory'] === records,
  );
}

function channelsOf({ delivered }: Outputs, eventId: string): string[] {
  const found = delivered.filter((one) => one.eventId === eventId);
  expect(found, eventId).toHaveLength(1);
  return found[0]!.deliveries.map(({ channel, status, reason }) => [channel, status, reason].filter(Boolean).join(' '));
}

function addressOf({ emails }: Outputs, eventId: string): readonly string[] | undefined {
  return emails.find((one) => one.eventId === eventId)?.to;
}

it(
  'addresses, devices and mutes follow the newest account event, whatever order they come in',
  { timeout: 60_000 },
  async () => {
    const test = await prepareEnvironment('directory', 2);
    const { task, user, request } = messagesOf(test);
    const worker = startWorker({ env: test.env() });
    await worker.ready();
    const overdue = (eventId: string): Sent => task({ eventId, eventType: 'TASK_OVERDUE' });
    const settle = async (...sent: Sent[]): Promise<void> => {
      await produceAll(test.prefix, sent);
      await untilProcessed(test.prefix);
    };

    await settle(overdue('unknown-user'));
    await learn(test.prefix, worker, [user({ eventId: 'u1', email: 'first@example.com', deviceTokens: ['phone'] })], 1);
    await settle(overdue('known'));

    // Newer by time, then an older one, which must not win, and one of the same time, which must: it came later.
    await learn(
      test.prefix,
      worker,
      [
        user({ eventId: 'u3', timestamp: HAPPENED + 2n, email: 'sooner@example.com', deviceTokens: ['phone'] }),
        user({ eventId: 'u2', timestamp: HAPPENED + 1n, email: 'late@example.com' }),
        user({ eventId: 'u0', timestamp: HAPPENED + 2n, email: 'newest@example.com', deviceTokens: [] }),
        user({ eventId: 'u9', timestamp: HAPPENED + 9n, eventType: 'PASSWORD_CHANGED', email: 'never@example.com' }),
      ],
      3,
    );
    await settle(overdue('updated'));

    await learn(
      test.prefix,
      worker,
      [user({ eventId: 'u4', timestamp: HAPPENED + 10n, email: 'newest@example.com', mutedChannels: ['EMAIL'] })],
      4,
    );
    await settle(overdue('muted'), request({ eventId: 'muted-high', channels: ['EMAIL'], priority: 'HIGH' }));

    await learn(
      test.prefix,
      worker,
      [user({ eventId: 'u5', timestamp: HAPPENED + 20n, eventType: 'USER_DELETED' })],
      5,
    );
    await learn(
      test.prefix,
      worker,
      [user({ eventId: 'u4b', timestamp: HAPPENED + 15n, email: 'ghost@example.com' })],
      5,
    );
    await settle(overdue('deleted'));

    const outputs = await readOutputs(test.prefix);
    expect(channelsOf(outputs, 'unknown-user')).toEqual([
      'IN_APP DISPATCHED',
      'EMAIL SKIPPED NO_ADDRESS',
      'PUSH SKIPPED NO_DEVICE',
    ]);
    expect(channelsOf(outputs, 'known')).toEqual(['IN_APP DISPATCHED', 'EMAIL DISPATCHED', 'PUSH DISPATCHED']);
    expect(addressOf(outputs, 'known')).toEqual(['first@example.com']);
    expect(outputs.pushes.find(({ eventId }) => eventId === 'known')?.deviceTokens).toEqual(['phone']);
    expect(addressOf(outputs, 'updated')).toEqual(['newest@example.com']);
    expect(channelsOf(outputs, 'updated')).toContain('PUSH SKIPPED NO_DEVICE');
    expect(channelsOf(outputs, 'muted')).toContain('EMAIL SKIPPED MUTED');
    expect(addressOf(outputs, 'muted')).toBeUndefined();
    expect(addressOf(outputs, 'muted-high')).toEqual(['newest@example.com']);
    expect(channelsOf(outputs, 'deleted')).toContain('EMAIL SKIPPED NO_ADDRESS');
    expect(outputs.deadLetters).toEqual([]);
  },
);

it(
  'at a first start every account event that is there comes before the other events',
  { timeout: 60_000 },
  async () => {
    const test = await prepareEnvironment('accounts-first', {
      TASK_EVENT_TOPIC: 4,
      USER_EVENT_TOPIC: 3,
      EMAIL_REQUEST_TOPIC: 2,
    });
    const { task, user } = messagesOf(test);
    const users = Array.from({ length: 400 }, (_, index) => BigInt(index + 1));
    // The tasks are produced first and are few; the accounts take many fetches.
    await produceAll(
      test.prefix,
      users.map((userId) => task({ eventId: `t${userId}`, assignedTo: userId })),
    );
    await produceAll(
      test.prefix,
      users.flatMap((userId) =>
        ['a', 'b', 'c', 'd'].map((version, index) =>
          user({
            eventId: `u${userId}${version}`,
            timestamp: HAPPENED + BigInt(index),
            userId,
            email: `${userId}-${version}@example.com`,
          }),
        ),
      ),
    );
    const [a, b] = [startWorker({ env: test.env('a', PATIENT) }), startWorker({ env: test.env('b', PATIENT) })];
    await untilProcessed(test.prefix);
    const { emails } = await readOutputs(test.prefix);
    expect(eventIds(emails)).toEqual(users.map((userId) => `t${userId}`).sort());
    for (const { to, eventId } of emails) expect(to).toEqual([`${eventId.slice(1)}-d@example.com`]);
    expect((await a.stop()).code).toBe(0);
    expect((await b.stop()).code).toBe(0);
  },
);

it('a worker with an empty STATE_DIR knows the users from the directory topic', { timeout: 60_000 }, async () => {
  const test = await prepareEnvironment('directory-restore', 2);
  const { task, user } = messagesOf(test);
  const first = startWorker({ env: test.env() });
  await first.ready();
  const users = Array.from({ length: 50 }, (_, index) => BigInt(index + 1));
  await learn(
    test.prefix,
    first,
    users.map((userId) => user({ eventId: `u${userId}`, userId, email: `${userId}@example.com` })),
    50,
  );
  expect((await first.stop()).code).toBe(0);

  rmSync(test.stateDir('worker'), { recursive: true });
  await produceAll(
    test.prefix,
    users.map((userId) => task({ eventId: `t${userId}`, assignedTo: userId })),
  );
  const second = startWorker({ env: test.env() });
  await untilProcessed(test.prefix);
  const { emails } = await readOutputs(test.prefix);
  expect(emails.map(({ eventId, to }) => `${eventId} ${to.join()}`).sort()).toEqual(
    users.map((userId) => `t${userId} ${userId}@example.com`).sort(),
  );
  expect((await second.stop()).code).toBe(0);
});

import type { Ack } from '../../../gateway/delivery-records.js';
import { expect, it } from 'vitest';
import { DeliveryRecords, TooManyRecordsError } from '../../../gateway/delivery-records.js';
import { UserRateLimit } from '../../../gateway/user-rate-limit.js';

const ackOf = (notificationId: bigint, userId = 7n): Ack => ({ tenantId: 1n, userId, notificationId, eventId: 'e' });

function records(burst: number, write: (ack: Ack) => Promise<void>, remembered = 1000): DeliveryRecords {
  return new DeliveryRecords({
    recorder: { record: write },
    remembered,
    budget: new UserRateLimit({ burst, perSecond: 0 }, () => 0),
  });
}

it('a notification is recorded once, however many sockets of its user confirm it, now or later', async () => {
  const written: Ack[] = [];
  const all = records(1000, (ack) => Promise.resolve(void written.push(ack)));
  for (let loop = 0; loop < 41; loop += 1) {
    await Promise.all(
      Array.from({ length: 300 }, (_, id) => Promise.all([1, 2].map(() => all.record(ackOf(BigInt(id)))))),
    );
  }
  expect(written).toHaveLength(300);
  // Another user's notification of the same id is another one.
  await all.record(ackOf(5n, 8n));
  expect(written).toHaveLength(301);
});

it('a user that confirms more than it may is told so, and the others are not', async () => {
  const all = records(10, () => Promise.resolve());
  const outcomes = await Promise.allSettled(Array.from({ length: 100 }, (_, id) => all.record(ackOf(BigInt(id)))));
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
  await expect(all.record(ackOf(99n))).rejects.toThrow(TooManyRecordsError);
  await all.record(ackOf(5n));
  await all.record(ackOf(99n, 8n));
});

it('what could not be recorded is written when it is confirmed again', async () => {
  let tries = 0;
  const all = records(10, () => ((tries += 1) === 1 ? Promise.reject(new Error('broker away')) : Promise.resolve()));
  await expect(all.record(ackOf(1n))).rejects.toThrow('broker away');
  await all.record(ackOf(1n));
  await all.record(ackOf(1n));
  expect(tries).toBe(2);
});

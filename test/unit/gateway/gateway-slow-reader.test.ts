import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { messageOf, startGateway, type Harness } from './harness.js';

let harness: Harness;
/**
 * Within milliseconds of the close of an App with traffic, as another file of this process may have had, uWebSockets.js now
 * and then cuts off a new socket of the next App, which would be taken for a slow reader's end. A worker has one App in its life.
 */
beforeAll(() => delay(200));
afterEach(() => harness.gateway.close(0));

const publish = (notificationId: bigint, message = 'text'): number =>
  harness.gateway.publish(messageOf({ notificationId, message }));

it('the gateway closes a slow reader, while the others go on', async () => {
  harness = await startGateway();
  const slow = await harness.connect();
  const quick = await harness.connect();
  slow.socket.pause();
  const text = 'x'.repeat(60_000);
  let sent = 0n;
  // The kernel's buffers fill first; the quick one keeps up.
  for (; (await harness.metric('sockets')) === 2 && sent < 2000n; sent += 1n) {
    publish(sent, text);
    await quick.messages('notification', Number(sent) + 1);
  }
  expect(await harness.metric('socket_closes_total', { reason: 'slow' })).toBe(1);
  expect(publish(sent)).toBe(1);
  await quick.messages('notification', Number(sent) + 1);
  slow.socket.resume();
  expect(await slow.closed).toMatchObject({ code: 1006 });
  // Cut at the first gap: what it did get has none.
  const got = slow.received
    .filter(({ type }) => type === 'notification')
    .map((m) => (m['notification'] as { notificationId: string }).notificationId);
  expect(got).toEqual(got.map((_, index) => String(index)));
});

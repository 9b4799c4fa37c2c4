import { afterEach, describe, expect, it } from 'vitest';
import { messageOf, nowS, startGateway, tokenOf, type Harness } from './harness.js';

describe('the gateway closes', () => {
  let harness: Harness;
  afterEach(() => harness.gateway.close(0));

  const publish = (notificationId: bigint, message = 'text'): number =>
    harness.gateway.publish(messageOf({ notificationId, message }));

  it('a socket whose token expires while it is open, and only that', async () => {
    let aheadMs = 0;
    harness = await startGateway({ limits: { sweepMs: 50 }, now: () => Date.now() + aheadMs });
    const brief = await harness.connect(await tokenOf({ exp: nowS() + 30 }));
    const lasting = await harness.connect(await tokenOf({ exp: nowS() + 600 }));
    aheadMs = 60_000;
    expect(await brief.closed).toEqual({ code: 4001, reason: 'token-expired' });
    expect(publish(1n)).toBe(1);
    await lasting.messages('notification');
    expect(await harness.metric('socket_closes_total', { reason: 'token-expired' })).toBe(1);
  });

  it('a socket that has reached its maximum age', async () => {
    harness = await startGateway({ limits: { sweepMs: 20, maxLifetimeMs: 100 } });
    const client = await harness.connect();
    expect(await client.closed).toEqual({ code: 4002, reason: 'lifetime' });
  });

  it.each([
    ['just over the limit, with a close code', 4097, 1009],
    ['far over the limit, abruptly', 17_000, 1006],
  ])('a socket that sends a message %s', async (_what, bytes, code) => {
    harness = await startGateway();
    const client = await harness.connect();
    client.send('x'.repeat(4096));
    await client.messages('error');
    client.send('x'.repeat(bytes));
    expect(await client.closed).toMatchObject({ code });
    expect(await harness.metric('socket_closes_total')).toBe(1);
  });

  it('a socket that floods', async () => {
    harness = await startGateway();
    const client = await harness.connect();
    for (let sent = 0; sent < 120; sent += 1) client.send('{}');
    expect(await client.closed).toEqual({ code: 4003, reason: 'flood' });
    expect(await harness.metric('socket_closes_total', { reason: 'flood' })).toBe(1);
  });

  it('no socket that acks a burst of notifications', async () => {
    harness = await startGateway();
    const client = await harness.connect();
    for (let id = 0n; id < 500n; id += 1n) publish(id);
    for (const message of await client.messages('notification', 500)) {
      client.send({ type: 'ack', id: (message['notification'] as { notificationId: string }).notificationId });
    }
    await client.messages('acked', 500);
    expect(harness.acks).toHaveLength(500);
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { messageOf, startGateway, tokenOf, type Harness } from './harness.js';

describe('the gateway delivers', () => {
  let harness: Harness;
  beforeEach(async () => {
    harness = await startGateway();
  });
  afterEach(() => harness.gateway.close(0));

  const publish = (fields: Parameters<typeof messageOf>[0] = {}): number =>
    harness.gateway.publish(messageOf(fields, { appendedAt: Date.now() - 20 }));

  it('welcomes a socket with the ids of its token, whole over the int64 range', async () => {
    const client = await harness.connect(await tokenOf({ sub: '9223372036854775807', tenant: '9007199254740993' }));
    expect(client.socket.protocol).toBe('v1');
    expect(client.received).toEqual([
      {
        type: 'welcome',
        protocol: 'v1',
        userId: '9223372036854775807',
        tenantId: '9007199254740993',
        cursor: '0.0.1.topic',
      },
    ]);
  });

  it('sends a notification to every socket of the user, with int64 as decimal strings', async () => {
    const clients = await Promise.all([harness.connect(), harness.connect(), harness.connect()]);
    expect(publish({ expiresAt: 9_223_372_036_854_775_807n })).toBe(3);
    for (const client of clients) {
      const [message] = await client.messages('notification');
      expect(message?.['notification']).toEqual({
        notificationId: '9007199254740993',
        eventId: 'event-1',
        timestamp: '1700000000000',
        tenantId: '1',
        userId: '7',
        title: 'Task assigned',
        message: "Task 'Écrire' assigned to you 🎉",
        type: 'INFO',
        category: 'TASK',
        priority: 'NORMAL',
        sourceService: 'ptm_task',
        actionUrl: null,
        actionType: null,
        entityType: 'task',
        entityId: '42',
        expiresAt: '9223372036854775807',
        metadata: { place: 'office' },
      });
    }
    expect(await harness.metric('socket_messages_total', { kind: 'notification' })).toBe(3);
    expect(await harness.metric('sockets')).toBe(3);
  });

  it("never sends to another user, nor to the same user id of another tenant, nor to ids that read alike ('1|17', '11|7')", async () => {
    const mine = await harness.connect();
    const others = await Promise.all(
      [
        { sub: '8', tenant: '1' },
        { sub: '7', tenant: '2' },
        { sub: '17', tenant: '1' },
        { sub: '7', tenant: '11' },
      ].map(async (claims) => harness.connect(await tokenOf(claims))),
    );
    expect(publish()).toBe(1);
    await mine.messages('notification');
    // An error answer proves that whatever was sent before has arrived.
    for (const other of others) {
      other.send('?');
      await other.messages('error');
      expect(other.received.map((message) => message.type)).toEqual(['welcome', 'error']);
    }
  });

  it('does not send a notification whose own recipient is not the one it is published for', async () => {
    const [mine, other] = [await harness.connect(), await harness.connect(await tokenOf({ sub: '8' }))];
    expect(harness.gateway.publish(messageOf({ userId: 8n }, { key: '1|7' }))).toBe(0);
    for (const client of [mine, other]) {
      client.send('?');
      await client.messages('error');
      expect(client.received.map(({ type }) => type)).toEqual(['welcome', 'error']);
    }
    expect(await harness.metric('socket_messages_total', { kind: 'dropped' })).toBe(1);
  });

  it('does not send a notification that has expired', async () => {
    await harness.connect();
    expect(publish({ notificationId: 1n, expiresAt: BigInt(Date.now() - 1) })).toBe(0);
    expect(publish({ notificationId: 2n, expiresAt: BigInt(Date.now() + 60_000) })).toBe(1);
  });

  it('sends a notification that is published again only to sockets that have not had it', async () => {
    await harness.connect();
    expect(publish()).toBe(1);
    await harness.connect();
    expect(publish()).toBe(1);
    expect(publish()).toBe(0);
  });

  it('keeps the order of a user', async () => {
    const client = await harness.connect();
    const ids = Array.from({ length: 300 }, (_, index) => BigInt(index));
    for (const notificationId of ids) publish({ notificationId });
    const messages = await client.messages('notification', ids.length);
    const received = messages.map((message) => (message['notification'] as { notificationId: string }).notificationId);
    expect(received).toEqual(ids.map(String));
  });

  it('observes the time from the append to the send, once a notification', async () => {
    await Promise.all([harness.connect(), harness.connect()]);
    publish();
    expect(await harness.metric('fanout_latency_seconds', { le: '0.01' })).toBe(0);
    expect(await harness.metric('fanout_latency_seconds', { le: '+Inf' })).toBe(1);
  });

  it('observes the time from what the event says itself to the send, once a notification', async () => {
    await Promise.all([harness.connect(), harness.connect()]);
    publish({ timestamp: BigInt(Date.now() - 7_000) });
    expect(await harness.metric('event_socket_seconds', { le: '5' })).toBe(0);
    expect(await harness.metric('event_socket_seconds', { le: '1800' })).toBe(1);
  });

  it('forgets a socket that has gone', async () => {
    const client = await harness.connect();
    client.socket.terminate();
    await client.closed;
    await expect.poll(() => harness.metric('sockets')).toBe(0);
    expect(publish()).toBe(0);
  });

  it('takes the token from an Authorization header too, and then echoes no subprotocol', async () => {
    const { WebSocket } = await import('ws');
    const socket = new WebSocket(harness.url, { headers: { authorization: `Bearer ${await tokenOf()}` } });
    const first = await new Promise<string>((resolve, reject) => {
      socket.on('message', (data: Buffer) => resolve(data.toString()));
      socket.on('error', reject);
    });
    expect(JSON.parse(first)).toMatchObject({ type: 'welcome', userId: '7' });
    expect(socket.protocol).toBe('');
  });

  it('gives each notification the cursor of its record, and hands on the one that a client comes back with', async () => {
    const client = await harness.connect();
    harness.gateway.publish(messageOf({}, { cursor: { epoch: '0.1.topic', offset: 42 } }));
    const [message] = await client.messages('notification');
    expect(message?.['cursor']).toBe('42.0.1.topic');
    const back = await harness.connect(undefined, { query: '?cursor=42.0.1.topic' });
    expect(back.received).toEqual([expect.objectContaining({ cursor: '42.0.1.topic', recovered: true })]);
    expect(await harness.metric('resumes_total', { outcome: 'recovered' })).toBe(1);
    const lost = await harness.connect(undefined, { query: '?cursor=42.0.2.topic' });
    expect(lost.received).toEqual([expect.objectContaining({ cursor: '0.0.1.topic', recovered: false })]);
    expect(await harness.metric('resumes_total', { outcome: 'lost' })).toBe(1);
  });
});

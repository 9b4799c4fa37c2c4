import type { Ack } from '../../../gateway/delivery-records.js';
import { afterEach, describe, expect, it } from 'vitest';
import { messageOf, startGateway, type Client, type Harness } from './harness.js';

describe('an ack', () => {
  let harness: Harness;
  afterEach(() => harness.gateway.close(0));

  async function notified(record?: (ack: Ack) => Promise<void>): Promise<Client> {
    harness = await startGateway(record ? { recorder: { record } } : {});
    const client = await harness.connect();
    harness.gateway.publish(messageOf({ notificationId: 5n }));
    await client.messages('notification');
    return client;
  }

  it('is handed on with the ids of the token and the event, then answered', async () => {
    const client = await notified();
    client.send({ type: 'ack', id: '5' });
    expect(await client.messages('acked')).toEqual([{ type: 'acked', id: '5' }]);
    expect(harness.acks).toEqual([{ tenantId: 1n, userId: 7n, notificationId: 5n, eventId: 'event-1' }]);
    expect(await harness.metric('socket_messages_total', { kind: 'ack' })).toBe(1);
  });

  it('is not answered before it has been recorded', async () => {
    let record = (): void => undefined;
    const client = await notified(() => new Promise((resolve) => (record = resolve)));
    client.send({ type: 'ack', id: '5' });
    client.send('?');
    await client.messages('error');
    expect(client.received.some(({ type }) => type === 'acked')).toBe(false);
    record();
    await client.messages('acked');
  });

  it('that comes again, while it is recorded or later, is answered again and handed on once', async () => {
    let calls = 0;
    let record = (): void => undefined;
    const client = await notified(() => {
      calls += 1;
      return new Promise((resolve) => (record = resolve));
    });
    client.send({ type: 'ack', id: '5' });
    client.send({ type: 'ack', id: '5' });
    client.send('?');
    await client.messages('error');
    record();
    await client.messages('acked', 2);
    client.send({ type: 'ack', id: '5' });
    await client.messages('acked', 3);
    expect(calls).toBe(1);
  });

  it('that could not be recorded is answered with ack-failed and may be sent again', async () => {
    let tries = 0;
    const client = await notified(() => (++tries === 1 ? Promise.reject(new Error('broker away')) : Promise.resolve()));
    client.send({ type: 'ack', id: '5' });
    expect(await client.messages('error')).toMatchObject([{ code: 'ack-failed', id: '5' }]);
    client.send({ type: 'ack', id: '5' });
    await client.messages('acked');
    expect(tries).toBe(2);
  });

  it('for a notification sent on another socket only is refused', async () => {
    await notified();
    const late = await harness.connect();
    late.send({ type: 'ack', id: '5' });
    expect(await late.messages('error')).toMatchObject([{ code: 'unknown-notification', id: '5' }]);
    expect(harness.acks).toEqual([]);
    expect(await harness.metric('socket_messages_total', { kind: 'ack-refused' })).toBe(1);
  });

  it.each([
    ['garbage', '{"type":'],
    ['an array', '[]'],
    ['null', 'null'],
    ['an unknown type', '{"type":"subscribe"}'],
    ['a number for an id', '{"type":"ack","id":5}'],
    ['no id', '{"type":"ack"}'],
    ['an id that is no decimal', '{"type":"ack","id":"5n"}'],
  ])('that is %s is answered with bad-message, and the socket stays', async (_what, text) => {
    const client = await notified();
    client.send(text);
    expect(await client.messages('error')).toMatchObject([{ code: 'bad-message' }]);
    client.send({ type: 'ack', id: '5' });
    await client.messages('acked');
  });

  it('in a binary message is refused', async () => {
    const client = await notified();
    client.socket.send(Buffer.from('{"type":"ack","id":"5"}'), { binary: true });
    expect(await client.messages('error')).toMatchObject([{ code: 'bad-message' }]);
    expect(harness.acks).toEqual([]);
  });
});

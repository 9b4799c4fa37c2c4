import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { FatalError } from '../../../common/errors.js';
import { messageOf, startGateway, tokenOf, type Harness } from './harness.js';

describe('closing the gateway', () => {
  let harness: Harness;
  afterEach(() => harness.gateway.close(0));

  it('answers the acks under way, then closes every socket with 1001', async () => {
    let record = (): void => undefined;
    harness = await startGateway({ recorder: { record: () => new Promise((resolve) => (record = resolve)) } });
    const [acking, idle] = [await harness.connect(), await harness.connect()];
    harness.gateway.publish(messageOf({ notificationId: 5n }));
    await acking.messages('notification');
    acking.send({ type: 'ack', id: '5' });
    acking.send('?');
    await acking.messages('error');
    const closing = harness.gateway.close(5000);
    expect(await idle.closed).toEqual({ code: 1001, reason: 'shutdown' });
    expect(harness.gateway.publish(messageOf())).toBe(0);
    record();
    expect(await acking.closed).toEqual({ code: 1001, reason: 'shutdown' });
    expect(acking.received.at(-1)).toEqual({ type: 'acked', id: '5' });
    await closing;
    expect(await harness.metric('sockets')).toBe(0);
  });

  it('waits for acks no longer than the deadline', async () => {
    harness = await startGateway({ recorder: { record: () => new Promise(() => undefined) } });
    const client = await harness.connect();
    harness.gateway.publish(messageOf({ notificationId: 5n }));
    await client.messages('notification');
    client.send({ type: 'ack', id: '5' });
    client.send('?');
    await client.messages('error');
    await harness.gateway.close(50);
    expect(await client.closed).toEqual({ code: 1001, reason: 'shutdown' });
  });

  it('closes sockets one after another, and sends each what comes until its turn', async () => {
    harness = await startGateway();
    const clients = await Promise.all(
      Array.from({ length: 30 }, async (_, index) => harness.connect(await tokenOf({ sub: String(index + 1) }))),
    );
    const ends: number[] = [];
    const began = performance.now();
    const closed = clients.map(async (client) => {
      expect(await client.closed).toEqual({ code: 1001, reason: 'shutdown' });
      ends.push(performance.now() - began);
    });
    const closing = harness.gateway.close(5000, 300);
    await clients[0]!.closed;
    expect(harness.gateway.publish(messageOf({ userId: 30n }, { key: '1|30' }))).toBe(1);
    await Promise.all([...closed, closing]);
    expect((await clients[29]!.messages('notification')).length).toBe(1);
    expect(Math.max(...ends)).toBeGreaterThan(250);
    expect(ends.filter((ms) => ms < 150).length).toBeLessThan(25);
  });

  it('takes no new socket from the moment on that it refuses, and serves those that are open', async () => {
    harness = await startGateway();
    const client = await harness.connect();
    harness.gateway.refuse();
    await expect(harness.connect()).rejects.toThrow();
    expect(harness.gateway.publish(messageOf())).toBe(1);
    await client.messages('notification');
  });

  it('keeps one promise for all calls', async () => {
    harness = await startGateway();
    expect(harness.gateway.close(100)).toBe(harness.gateway.close(0));
  });

  it('frees the port at once, though connections of it linger in the system', async () => {
    const port = await freePort();
    for (let round = 0; round < 3; round += 1) {
      harness = await startGateway({ port });
      const client = await harness.connect();
      await harness.gateway.close(0);
      await client.closed;
    }
  });

  it('takes no new socket', async () => {
    harness = await startGateway();
    await harness.gateway.close(0);
    await expect(harness.refusal(['v1', `bearer.${await tokenOf()}`])).rejects.toThrow('ECONNREFUSED');
  });
});

describe('listening', () => {
  it('fails when another gateway has the port, and says so', async () => {
    const port = await freePort();
    const harness = await startGateway({ port });
    const second = startGateway({ port });
    await expect(second).rejects.toThrow(FatalError);
    await expect(second).rejects.toThrow(`127.0.0.1:${port}`);
    await harness.gateway.close(0);
  });

  it('fails on an address of another machine', async () => {
    await expect(startGateway({ host: '203.0.113.1', port: 4321 })).rejects.toThrow('203.0.113.1:4321');
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

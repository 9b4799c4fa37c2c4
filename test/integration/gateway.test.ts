/** From an event to the sockets of its user, over two workers. */
import { request as httpRequest } from 'node:http';
import { expect, it } from 'vitest';
import { WebSocket } from 'ws';

import { prepareEnvironment } from './harness/environment.js';
import { shareTasks, tasksOf } from './harness/joined.js';
import { messagesOf } from './harness/messages.js';
import { produceAll, untilProcessed } from './harness/outcome.js';
import { readOutputs } from './harness/outputs.js';
import { byLabels, readinessOf, scrape } from './harness/scrape.js';
import { TestSocket, tokenFor } from './harness/socket.js';
import { until } from './harness/until.js';
import { startWorker } from './harness/worker.js';

it(
  'shows every committed notification on the sockets of its user, whichever worker made it, and on no other',
  { timeout: 60_000 },
  async () => {
    const test = await prepareEnvironment('gateway', 2);
    const { task, request } = messagesOf(test);
    const a = startWorker({ env: test.env('a') });
    const b = startWorker({ env: test.env('b') });
    const [{ gateway: portA }, { gateway: portB }] = await Promise.all([a.ready(), b.ready()]);
    await until('the two share the tasks', () => shareTasks([a, b], 2));
    const ofB = tasksOf(b)[0]!;
    const big = 2n ** 63n - 1n;

    const onA = await TestSocket.open(portA!, 1n, 7n);
    const onB = await TestSocket.open(portB!, 1n, 7n);
    const otherUser = await TestSocket.open(portA!, 1n, 8n);
    const otherTenant = await TestSocket.open(portA!, 2n, 7n);
    const largest = await TestSocket.open(portB!, big, big);
    await produceAll(test.prefix, [
      task({ eventId: 'made-by-b', tenantId: 1n, assignedTo: 7n }, { partition: ofB }),
      task({ eventId: 'made-by-a', tenantId: 1n, assignedTo: 7n }, { partition: 1 - ofB }),
      task({ eventId: 'made-by-a', tenantId: 1n, assignedTo: 7n }, { partition: 1 - ofB }),
      request({ eventId: 'e-mail-only', channels: ['EMAIL'] }),
      request({ eventId: 'both-users', userIds: [7n, 8n] }),
      task({ eventId: 'of-other-tenant', tenantId: 2n, assignedTo: 7n }),
      task({ eventId: 'largest', tenantId: big, assignedTo: big, taskId: big }),
    ]);
    await untilProcessed(test.prefix);
    await until(
      'every socket has its notifications',
      () =>
        onA.eventIds.length + onB.eventIds.length >= 6 &&
        largest.eventIds.length > 0 &&
        otherTenant.eventIds.length > 0 &&
        otherUser.eventIds.length > 0,
    );
    expect([...onA.eventIds].sort()).toEqual(['both-users', 'made-by-a', 'made-by-b']);
    expect([...onB.eventIds].sort()).toEqual(['both-users', 'made-by-a', 'made-by-b']);
    expect(otherUser.eventIds).toEqual(['both-users']);
    expect(otherTenant.eventIds).toEqual(['of-other-tenant']);
    expect(largest.eventIds).toEqual(['largest']);
    const { inApp } = await readOutputs(test.prefix);
    const shown = largest.messages.find(({ notification }) => notification)!.notification!;
    expect(shown).toMatchObject({ tenantId: String(big), userId: String(big) });
    expect(shown.notificationId).toBe(String(inApp.find(({ eventId }) => eventId === 'largest')!.notificationId));

    expect(byLabels(await scrape(a), 'sockets')).toEqual({ '': 3 });
    expect(byLabels(await scrape(a), 'socket_messages_total')).toMatchObject({ notification: 5 });
    expect((await readinessOf(a)).status).toBe(200);
    expect((await a.stop()).code).toBe(0);
    expect((await b.stop()).code).toBe(0);
  },
);

it('records what a client confirms as delivered, with the in-app channel alone', { timeout: 60_000 }, async () => {
  const test = await prepareEnvironment('ack', 1);
  const { task } = messagesOf(test);
  const worker = startWorker({ env: test.env() });
  const { gateway } = await worker.ready();
  const socket = await TestSocket.open(gateway!, 1n, 7n);
  await produceAll(
    test.prefix,
    ['seen', 'unseen'].map((eventId) => task({ eventId })),
  );
  await until('both came', () => socket.eventIds.length === 2);
  const id = socket.messages.find(({ notification }) => notification?.eventId === 'seen')!.notification!.notificationId;
  socket.send({ type: 'ack', id });
  await until('the ack is answered', () =>
    socket.messages.some((message) => message.type === 'acked' && message.id === id),
  );

  const confirmed = await until('the delivery is on the topic', async () => {
    const { delivered } = await readOutputs(test.prefix);
    const found = delivered.filter(({ deliveries }) => deliveries.some(({ status }) => status === 'DELIVERED'));
    return found.length > 0 && found;
  });
  expect(confirmed).toHaveLength(1);
  expect(confirmed[0]).toMatchObject({
    eventId: 'seen',
    notificationId: BigInt(id),
    tenantId: 1n,
    userId: 7n,
    deliveries: [{ channel: 'IN_APP', status: 'DELIVERED', reason: null }],
  });
  expect((await worker.stop()).code).toBe(0);
});

it(
  'sends a client that was away what it missed, once and in order, from whichever gateway it comes back to',
  { timeout: 90_000 },
  async () => {
    const test = await prepareEnvironment('resume', 2);
    const { task } = messagesOf(test);
    const stream = startWorker({ env: test.env('stream', { ROLES: 'stream' }) });
    const gatewayEnv = test.env('gateway', { ROLES: 'gateway' });
    const first = startWorker({ env: gatewayEnv });
    const [{ gateway: port }] = await Promise.all([first.ready(), stream.ready()]);
    const send = async (ids: readonly string[]): Promise<void> => {
      const users = [7n, 8n];
      await produceAll(
        test.prefix,
        ids.flatMap((id) => users.map((user) => task({ eventId: `${id}-${user}`, assignedTo: user }))),
      );
      await untilProcessed(test.prefix);
    };
    const [seven, eight] = [await TestSocket.open(port!, 1n, 7n), await TestSocket.open(port!, 1n, 8n)];
    await send(['before']);
    await until('both have theirs', () => seven.eventIds.length + eight.eventIds.length === 2);
    const cursors = [seven.cursor, eight.cursor];

    first.kill('SIGKILL');
    await first.exited;
    const missed = Array.from({ length: 200 }, (_, index) => `missed-${index}`);
    await send(missed);
    const second = startWorker({ env: gatewayEnv });
    const { gateway: other } = await second.ready();
    const back = await Promise.all(
      cursors.map((cursor, index) => TestSocket.open(other!, 1n, 7n + BigInt(index), cursor)),
    );
    await send(['after']);
    const { inApp } = await readOutputs(test.prefix);
    for (const [index, socket] of back.entries()) {
      const user = 7n + BigInt(index);
      await until('everything is there', () => socket.eventIds.length >= 201);
      expect(socket.messages[0]).toMatchObject({ type: 'welcome', recovered: true, cursor: cursors[index] });
      const expected = inApp.filter(({ userId }) => userId === user).map(({ eventId }) => eventId);
      expect(expected[0]).toBe(`before-${user}`);
      expect(socket.eventIds).toEqual(expected.slice(1));
    }

    const idle = await TestSocket.open(other!, 1n, 7n, back[0]!.cursor);
    expect(idle.messages).toEqual([expect.objectContaining({ recovered: true, cursor: back[0]!.cursor })]);
    const [offset, ...epoch] = back[0]!.cursor.split('.');
    const beyond = await TestSocket.open(other!, 1n, 7n, [Number(offset) + 1000, ...epoch].join('.'));
    expect(beyond.messages[0]).toMatchObject({ type: 'welcome', recovered: false });
    expect(byLabels(await scrape(second), 'resumes_total')).toMatchObject({ recovered: 3, lost: 1 });
    expect((await second.stop()).code).toBe(0);
    expect((await stream.stop()).code).toBe(0);
  },
);

/** Notifications: more than are read at once each time. */
const MISSED = 1500;

it(
  'reads what a user missed once for all its sockets, ten times at most, and cuts a text that fits no frame',
  { timeout: 90_000 },
  async () => {
    const test = await prepareEnvironment('greed', 1);
    const { task, request } = messagesOf(test);
    const worker = startWorker({ env: test.env() });
    const { gateway: port } = await worker.ready();
    const { cursor } = await TestSocket.open(port!, 1n, 7n);
    await produceAll(test.prefix, [
      ...Array.from({ length: MISSED - 1 }, (_, index) => task({ eventId: `missed-${index}` })),
      request({ eventId: 'long', message: '🎉'.repeat(100_000) }),
    ]);
    await untilProcessed(test.prefix);
    const bytes = async (): Promise<number> => byLabels(await scrape(worker), 'resume_bytes_total')[''] ?? 0;

    const began = performance.now();
    const first = await comeBack(port!, cursor);
    expect([first.code, first.frames.length]).toEqual([undefined, MISSED]);
    const long = first.frames.find(({ notification }) => notification.eventId === 'long')!;
    expect([long.truncated, long.bytes <= 64 * 1024, long.notification.message.length % 2]).toEqual([true, true, 0]);
    expect(long.notification.message).toBe('🎉'.repeat(long.notification.message.length / 2));
    const one = await bytes();
    expect(one).toBeGreaterThan(400_000);

    const all = await Promise.all(Array.from({ length: 14 }, () => comeBack(port!, cursor)));
    const whole = all.filter(({ frames }) => frames.length === MISSED).length;
    // Ten at once, with the first one, and one more every 5 s.
    expect(whole).toBeGreaterThanOrEqual(9);
    expect(whole).toBeLessThanOrEqual(9 + (performance.now() - began) / 5000);
    expect(all.filter(({ code }) => code === 4005)).toHaveLength(all.length - whole);
    // A socket that could take no more for a moment has some of it read again.
    expect((await bytes()) - one).toBeLessThan(4 * one);
    const { inApp } = await readOutputs(test.prefix);
    expect(inApp.find(({ eventId }) => eventId === 'long')!.message).toBe('🎉'.repeat(100_000));
    expect((await worker.stop()).code).toBe(0);
  },
);

interface Frame {
  readonly truncated?: true;
  readonly bytes: number;
  readonly notification: { readonly eventId: string; readonly message: string };
}

/** Comes back with a cursor: the notifications that it missed, or the close code. */
async function comeBack(port: number, cursor: string): Promise<{ frames: Frame[]; code: number | undefined }> {
  const protocols = ['v1', `bearer.${await tokenFor(1n, 7n)}`];
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/ws?cursor=${cursor}`, protocols);
  const frames: Frame[] = [];
  let code: number | undefined;
  let isOver = false;
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as { type: string } & Frame;
    if (message.type === 'notification') frames.push({ ...message, bytes: data.length });
    isOver = frames.length === MISSED;
  });
  socket.on('error', () => undefined); // followed by close
  socket.on('close', (closed) => (code = closed));
  await until('what was missed has come, or the socket is closed', () => isOver || code !== undefined, 20_000);
  const result = { frames, code };
  socket.terminate();
  return result;
}

it(
  'refuses a handshake without a token, with a forged one, or with one in the address',
  { timeout: 60_000 },
  async () => {
    const test = await prepareEnvironment('handshake', 1);
    const worker = startWorker({ env: test.env('a', { ROLES: 'gateway' }) });
    const { gateway } = await worker.ready();
    const token = await tokenFor(1n, 7n);
    const handshake = {
      connection: 'upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    };
    const ask = async (path: string, headers: Record<string, string | string[]>): Promise<number> =>
      statusOf(gateway!, path, { ...handshake, ...headers });
    expect(await ask('/v1/ws', { authorization: `Bearer ${token}` })).toBe(101);
    expect(await ask('/v1/ws', {})).toBe(401);
    expect(await ask('/v1/ws', { authorization: `Bearer ${token.slice(0, -4)}AAAA` })).toBe(401);
    expect(await ask(`/v1/ws?token=${token}`, { authorization: `Bearer ${token}` })).toBe(401);
    expect(await ask(`/v1/ws?${token}`, { authorization: `Bearer ${token}` })).toBe(401);
    expect(await ask('/v1/ws', { authorization: `Bearer ${token}`, origin: 'https://evil.example.com' })).toBe(403);
    const twice = { authorization: `Bearer ${token}`, origin: [`http://127.0.0.1`, 'https://evil.example.com'] };
    expect(await ask('/v1/ws', twice)).toBe(400);
    expect((await worker.stop()).code).toBe(0);
    expect(worker.lines.join('\n')).not.toContain(token.split('.')[2]!);
  },
);

/** `fetch` cannot ask for an upgrade. */
function statusOf(port: number, path: string, headers: Record<string, string | string[]>): Promise<number> {
  return new Promise((resolve, reject) => {
    httpRequest({ host: '127.0.0.1', port, path, headers })
      .on('upgrade', (response, socket) => {
        socket.destroy();
        resolve(response.statusCode!);
      })
      .on('response', (response) => {
        response.resume();
        resolve(response.statusCode!);
      })
      .on('error', reject)
      .end();
  });
}

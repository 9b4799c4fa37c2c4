/** What one user, or a stranger, can take of what is there for all. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { InAppLog } from '../../../gateway/in-app-log.js';
import { Client, EMPTY_LOG, messageOf, startGateway, tokenOf, type Harness } from './harness.js';

describe('a user that takes all it can get', () => {
  let harness: Harness;
  afterEach(() => harness.gateway.close(0));

  /** How a handshake ends: the refusal's reason, or `open`. */
  const tried = async (token: string): Promise<string> => {
    const client = new Client(harness.url, ['v1', `bearer.${token}`]);
    const status = new Promise<string>((resolve) => {
      client.socket.on('open', () => resolve('open'));
      client.socket.on('unexpected-response', (request, { statusCode }) => {
        request.destroy();
        resolve(String(statusCode));
      });
    });
    const how = await status;
    client.socket.terminate();
    return how;
  };

  it('by connecting and closing takes 20 handshakes and then one a second, and none of the others', async () => {
    let now = 1_000_000;
    const limits = { handshakeBurst: 61, handshakesPerSecond: 1 };
    harness = await startGateway({ now: () => now, limits });
    const greedy = await tokenOf({ sub: '666' });
    const bad = await tokenOf({ sub: '667' }, 'another secret, also 32 bytes or more');
    // With another socket there the library writes no warnings (handshakes.ts).
    await harness.connect(await tokenOf({ sub: '9' }));
    const ends: string[] = [];
    for (let time = 0; time < 120; time += 1) {
      ends.push(await tried(greedy));
      expect(await tried(bad)).toBe('401');
    }
    expect(ends.filter((end) => end === 'open')).toHaveLength(20);
    expect(ends.filter((end) => end === '429')).toHaveLength(100);
    expect(await harness.metric('upgrades_refused_total', { reason: 'user-busy' })).toBe(100);
    for (let user = 1; user <= 40; user += 1) expect(await tried(await tokenOf({ sub: String(user) }))).toBe('open');
    now += 3000;
    expect([await tried(greedy), await tried(greedy), await tried(greedy), await tried(greedy)]).toEqual([
      'open',
      'open',
      'open',
      '429',
    ]);
  });

  it('by coming back with an old cursor is read to ten times and sent away after that; who missed nothing is not', async () => {
    let now = 1_000_000;
    let resumes = 0;
    const history: InAppLog = {
      ...EMPTY_LOG,
      position: () => ({ epoch: '0.1.topic', offset: 500 }),
      resume: (reader) => {
        resumes += 1;
        EMPTY_LOG.resume(reader);
      },
    };
    harness = await startGateway({
      now: () => now,
      history: () => history,
      limits: { maxSocketsPerUser: 100, userHandshakes: { burst: 100, perSecond: 1 } },
    });
    const come = async (cursor: string, sub = '7'): Promise<string> => {
      const client = new Client(`${harness.url}?cursor=${cursor}`, ['v1', `bearer.${await tokenOf({ sub })}`]);
      return Promise.race([
        client.messages('welcome').then(() => 'welcome'),
        client.closed.then(({ code }) => String(code)),
      ]);
    };
    // Ten tabs at once.
    const tabs = await Promise.all(Array.from({ length: 10 }, () => come('3.0.1.topic')));
    expect(tabs).toEqual(Array.from({ length: 10 }, () => 'welcome'));
    for (let time = 0; time < 10; time += 1) expect(await come('3.0.1.topic')).toBe('4005');
    expect(resumes).toBe(10);
    expect([await come('500.0.1.topic'), await come('3.0.1.topic', '8')]).toEqual(['welcome', 'welcome']);
    now += 5000;
    expect([await come('3.0.1.topic'), await come('3.0.1.topic')]).toEqual(['welcome', '4005']);
    expect(await harness.metric('resumes_total', { outcome: 'refused' })).toBe(11);
    expect(await harness.metric('socket_closes_total', { reason: 'too-many-resumes' })).toBe(11);
  });

  it.each([
    ['pings', (client: Client) => client.socket.ping()],
    ['pongs', (client: Client) => client.socket.pong()],
    ['empty messages', (client: Client) => client.send('')],
  ])('by %s is closed as by any other message', async (_what, send) => {
    harness = await startGateway();
    const client = await harness.connect();
    for (let sent = 0; sent < 120; sent += 1) send(client);
    expect(await client.closed).toEqual({ code: 4003, reason: 'flood' });
  });

  it('by resuming and acknowledging in a loop makes one delivery record of each notification', async () => {
    const missed = Array.from({ length: 50 }, (_, id) => messageOf({ notificationId: BigInt(id) }));
    const history: InAppLog = {
      ...EMPTY_LOG,
      position: () => ({ epoch: '0.1.topic', offset: 50 }),
      resume: (reader) => {
        reader.recovering();
        for (const [index, message] of missed.entries()) reader.replay(harness.gateway.outgoing(message), index + 1);
        reader.live();
      },
    };
    harness = await startGateway({ history: () => history });
    for (let loop = 0; loop < 5; loop += 1) {
      const client = await harness.connect(undefined, { query: '?cursor=0.0.1.topic' });
      for (const { notification } of await client.messages('notification', 50)) {
        client.send({ type: 'ack', id: (notification as { notificationId: string }).notificationId });
      }
      await client.messages('acked', 50);
      client.socket.terminate();
    }
    expect(harness.acks).toHaveLength(50);
  });

  it('by not reading makes the gateway hold two frames a socket at most, whatever it is sent', async () => {
    harness = await startGateway({ limits: { sweepMs: 20 } });
    const SOCKETS = 10;
    const clients = await Promise.all(Array.from({ length: SOCKETS }, () => harness.connect()));
    for (const { socket } of clients) socket.pause();
    const message = 'x'.repeat(900_000);
    let most = 0;
    for (let id = 0n; id < 1000n && (await harness.metric('sockets')) > 0; id += 1n) {
      harness.gateway.publish(messageOf({ notificationId: id, message }));
      most = Math.max(most, harness.gateway.unreadBytes());
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await harness.metric('socket_closes_total', { reason: 'slow' })).toBe(SOCKETS);
    expect(most).toBeGreaterThan(SOCKETS * 64 * 1024);
    // The figure of docs/gateway.md, with the frames' headers.
    expect(most).toBeLessThanOrEqual(SOCKETS * (128 * 1024 + 100));
    expect(harness.gateway.unreadBytes()).toBe(0);
  });
});

describe('strangers', () => {
  it('take so many connections and no more, and none from sockets that are open', async () => {
    const harness = await startGateway({ limits: { maxHttpConnections: 5, sweepMs: 20 } });
    const open = await Promise.all([harness.connect(), harness.connect()]);
    await expect.poll(() => harness.metric('gateway_connections')).toBe(0);
    const strangers: Socket[] = [];
    for (let count = 0; count < 8; count += 1) {
      const socket = connect(harness.port, '127.0.0.1');
      socket.on('error', () => undefined);
      strangers.push(socket);
      await once(socket, 'connect');
    }
    await expect.poll(() => strangers.filter(({ closed }) => closed).length).toBe(3);
    await expect.poll(() => harness.metric('gateway_connections')).toBe(5);
    expect(await harness.metric('upgrades_refused_total', { reason: 'connections' })).toBe(3);
    harness.gateway.publish(messageOf());
    await Promise.all(open.map((client) => client.messages('notification')));
    for (const socket of strangers) socket.destroy();
    await expect.poll(() => harness.metric('gateway_connections')).toBe(0);
    await harness.connect();
    await harness.gateway.close(0);
  });
});

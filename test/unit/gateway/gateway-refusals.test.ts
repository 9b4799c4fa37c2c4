import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { UnsecuredJWT } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { InAppLog } from '../../../gateway/in-app-log.js';
import type { Identity } from '../../../gateway/token.js';
import { Client, EMPTY_LOG, nowS, startGateway, tokenOf, type Harness } from './harness.js';

const ORIGIN = 'https://erp.example.com';

describe('the gateway refuses', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startGateway({
      allowedOrigins: [ORIGIN],
      token: { issuer: 'erp', audience: 'notifications' },
      limits: { maxSocketsPerUser: 2, maxSockets: 4 },
    });
  });
  afterAll(() => harness.gateway.close(0));

  const valid = (claims = {}, secret?: string): Promise<string> =>
    tokenOf({ iss: 'erp', aud: 'notifications', ...claims }, secret);
  const bearing = (token: string): string[] => ['v1', `bearer.${token}`];

  it('a handshake without a token', async () => {
    const refusal = await harness.refusal(['v1']);
    expect(refusal).toMatchObject({ status: 401, error: 'no-token', headers: { 'www-authenticate': 'Bearer' } });
    expect(await harness.metric('upgrades_refused_total', { reason: 'no-token' })).toBe(1);
  });

  it.each([
    ['signed by another secret', () => valid({}, 'another secret, also 32 bytes or more'), 'bad-token'],
    ['of algorithm none', () => Promise.resolve(new UnsecuredJWT({ sub: '7', tenant: '1' }).encode()), 'bad-token'],
    ['of another HMAC than HS256', () => Promise.resolve(hs512()), 'bad-token'],
    ['that has expired', () => valid({ exp: nowS() - 1 }), 'expired-token'],
    ['without exp', () => valid({ exp: undefined }), 'bad-token'],
    ['not valid yet', () => valid({ nbf: nowS() + 120 }), 'bad-token'],
    ['for another audience', () => valid({ aud: 'billing' }), 'bad-token'],
    ['of another issuer', () => valid({ iss: 'mallory' }), 'bad-token'],
    ['without a tenant', () => valid({ tenant: undefined }), 'bad-token'],
    ['with a numeric tenant', () => valid({ tenant: 1 }), 'bad-token'],
    ['of user 0', () => valid({ sub: '0' }), 'bad-token'],
    ['of a negative user', () => valid({ sub: '-7' }), 'bad-token'],
    ['of a user beyond int64', () => valid({ sub: '9223372036854775808' }), 'bad-token'],
    ['of a user that is no number', () => valid({ sub: '7|1' }), 'bad-token'],
    ['over the size limit', () => valid({ padding: 'x'.repeat(4096) }), 'bad-token'],
    ['that is garbage', () => Promise.resolve('abc'), 'bad-token'],
  ])('a token %s', async (_what, token, error) => {
    expect(await harness.refusal(bearing(await token()))).toMatchObject({ status: 401, error });
  });

  it('a token in the query, even beside a good one in a header', async () => {
    const token = await valid();
    for (const query of [`?token=${token}`, `?ACCESS_TOKEN=x`, `?x=${token}`]) {
      expect(await harness.refusal([], { query })).toMatchObject({ status: 401, error: 'token-in-query' });
      expect(await harness.refusal(bearing(token), { query })).toMatchObject({ status: 401, error: 'token-in-query' });
    }
  });

  it('two tokens, and a subprotocol that it does not speak', async () => {
    const token = await valid();
    const headers = { authorization: `Bearer ${token}` };
    expect(await harness.refusal(bearing(token), { headers })).toMatchObject({ status: 400, error: 'bad-handshake' });
    expect(await harness.refusal(['v2', `bearer.${token}`])).toMatchObject({ status: 400, error: 'bad-handshake' });
  });

  it.each([
    'https://evil.example.com',
    'http://erp.example.com',
    'https://erp.example.com:8443',
    'https://erp.example.com.evil.com',
    'https://ERP.example.com',
    'null',
  ])('a page of origin %s', async (origin) => {
    const refusal = await harness.refusal(bearing(await valid()), { origin });
    expect(refusal).toMatchObject({ status: 403, error: 'bad-origin' });
  });

  it('a handshake that does not ask for an upgrade, though all else is right', async () => {
    const headers = {
      authorization: `Bearer ${await valid()}`,
      connection: 'close',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    };
    const [response] = (await once(
      request({ host: '127.0.0.1', port: harness.port, path: '/v1/ws', headers }).end(),
      'response',
    )) as [IncomingMessage];
    expect(response.statusCode).toBe(400);
    response.destroy();
  });

  it.each(['origin', 'host', 'authorization', 'sec-websocket-key', 'sec-websocket-version'])(
    'a header %s that comes twice, whichever of the two is right',
    async (name) => {
      const token = await valid();
      const good: Record<string, string> = { ...upgradeHeaders(token), host: 'localhost', origin: ORIGIN };
      for (const both of [
        [good[name]!, 'https://evil.example.com'],
        ['https://evil.example.com', good[name]!],
        [good[name]!, good[name]!],
      ]) {
        const answer = await ask(harness.port, { ...good, [name]: both });
        expect([answer.status, answer.body]).toEqual([400, expect.stringContaining(name)]);
      }
    },
  );

  it('one socket too many of a user, then one too many in all; a closed one no longer counts', async () => {
    const mine = [await harness.connect(await valid(), { origin: ORIGIN }), await harness.connect(await valid())];
    expect(await harness.refusal(bearing(await valid()))).toMatchObject({ status: 429, error: 'user-full' });
    await harness.connect(await valid({ sub: '8' }));
    await harness.connect(await valid({ sub: '9' }));
    expect(await harness.refusal(bearing(await valid({ sub: '10' })))).toMatchObject({ status: 503, error: 'full' });
    mine[0]?.socket.close();
    await expect.poll(() => harness.metric('sockets')).toBe(3);
    await harness.connect(await valid());
  });

  it('what is no WebSocket handshake: 400 on its path, 404 elsewhere', async () => {
    const base = `http://127.0.0.1:${harness.port}`;
    expect((await fetch(`${base}/v1/ws`)).status).toBe(400);
    expect((await fetch(`${base}/v1/ws`, { method: 'POST', body: 'x' })).status).toBe(400);
    expect((await fetch(`${base}/v2/ws`)).status).toBe(404);
    const client = new Client(`ws://127.0.0.1:${harness.port}/`, ['v1']);
    expect(await client.closed).toMatchObject({ code: 1006 });
  });
});

describe('a handshake whose token takes long to check', () => {
  it('has a bound of its own, does not count as a socket, and may be abandoned', async () => {
    const waiting: (() => void)[] = [];
    const identity: Identity = { kind: 'identity', tenantId: 1n, userId: 7n, expiresAt: Date.now() + 60_000 };
    const harness = await startGateway({
      tokens: () => new Promise((resolve) => waiting.push(() => resolve(identity))),
      limits: { maxSockets: 1, maxUnchecked: 2 },
    });
    const [left, staying] = [1, 2].map(() => new Client(harness.url, ['v1', 'bearer.x']));
    await expect.poll(() => waiting.length).toBe(2);
    left?.socket.terminate();
    await left?.closed;
    // By the time that this is answered, the gateway has seen the other one leave.
    expect(await harness.refusal(['v1', 'bearer.x'])).toMatchObject({ status: 503, error: 'busy' });
    for (const resolve of waiting) resolve();
    await staying?.messages('welcome');
    expect(await harness.metric('sockets')).toBe(1);
    await harness.gateway.close(0);
  });

  it('is answered with 500 when the check fails', async () => {
    const harness = await startGateway({ tokens: () => Promise.reject(new Error('a fault')) });
    expect(await harness.refusal(['v1', 'bearer.x'])).toMatchObject({ status: 500, error: 'internal-error' });
    await harness.gateway.close(0);
  });
});

function hs512(): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${encode({ alg: 'HS512' })}.${encode({ sub: '7', tenant: '1', iss: 'erp', aud: 'notifications', exp: nowS() + 60 })}`;
  return `${signed}.${createHmac('sha512', 'a secret of the tests, 32 bytes or more').update(signed).digest('base64url')}`;
}

/** A handshake as it stands on the wire, a header with several values on as many lines. */
function upgradeHeaders(token: string): Record<string, string> {
  return {
    authorization: `Bearer ${token}`,
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
}

async function ask(
  port: number,
  headers: Record<string, string | string[]>,
): Promise<{ status: number; body: string; socket: Socket }> {
  const socket = connect(port, '127.0.0.1');
  const lines = Object.entries(headers).flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${one}`));
  socket.write(`GET /v1/ws HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
  const [data] = (await once(socket, 'data')) as [Buffer];
  const text = data.toString();
  const status = Number(text.split(' ')[1]);
  if (status !== 101) socket.destroy();
  return { status, body: text, socket };
}

describe('a handshake with a list header on two lines', () => {
  it('is read as one list', async () => {
    const harness = await startGateway();
    const { authorization, ...headers } = upgradeHeaders(await tokenOf());
    const { status, body, socket } = await ask(harness.port, {
      ...headers,
      host: 'localhost',
      connection: ['keep-alive', 'Upgrade'],
      'sec-websocket-protocol': ['v1', `bearer.${authorization!.slice('Bearer '.length)}`],
    });
    expect([status, body]).toEqual([101, expect.stringMatching(/sec-websocket-protocol: v1\r\n/i)]);
    socket.destroy();
    await harness.gateway.close(0);
  });
});

describe('the gateway takes no handshake on', () => {
  let harness: Harness;
  afterEach(() => harness.gateway.close(0));

  it('before it follows the topic', async () => {
    const followed: InAppLog[] = [];
    harness = await startGateway({ history: () => followed[0] });
    const protocols = ['v1', `bearer.${await tokenOf()}`];
    const refusal = await harness.refusal(protocols);
    expect(refusal).toMatchObject({ status: 503, error: 'starting', headers: { 'retry-after': '5' } });
    followed.push(EMPTY_LOG);
    await harness.connect();
  });

  it('beyond so many at once with good tokens, and does again as time passes', async () => {
    let now = 1_000_000;
    harness = await startGateway({ now: () => now, limits: { handshakeBurst: 2, handshakesPerSecond: 1 } });
    const token = await tokenOf();
    for (let time = 0; time < 5; time += 1) await harness.refusal(['v1', 'bearer.x']);
    await harness.connect(token);
    await harness.connect(token);
    expect(await harness.refusal(['v1', `bearer.${token}`])).toMatchObject({ status: 503, error: 'busy' });
    now += 1000;
    await harness.connect(token);
    expect(await harness.metric('upgrades_refused_total', { reason: 'busy' })).toBe(1);
  });
});

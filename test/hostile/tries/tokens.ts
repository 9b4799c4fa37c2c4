/** Tokens that are not what they say, and handshakes that say too much. */
import { expect } from 'vitest';

import { claimsOf, gatewayTry, jwt, type Claims, type GatewayScene } from '../gateway-scene.js';
import { JWT_SECRET } from '../../integration/harness/jwt-secret.js';
import type { TryGroup } from '../try.js';
import { handshakeOf, RawSocket } from '../wire/raw-socket.js';

const now = (): number => Math.floor(Date.now() / 1000);

/** Each must be refused, by name. */
function badTokens(user: bigint): Record<string, string> {
  const good = claimsOf(user);
  const text = (more: string): string => JSON.stringify(good).replace(/}$/, `,${more}}`);
  const [head, body, signature] = jwt(good).split('.') as [string, string, string];
  const withClaims = (claims: Claims): string => jwt({ ...good, ...claims });
  const without = (name: string): string =>
    jwt(Object.fromEntries(Object.entries(good).filter(([key]) => key !== name)));
  return {
    'no signature': `${head}.${body}.`,
    'two parts': `${head}.${body}`,
    'four parts': `${head}.${body}.${signature}.${signature}`,
    'another signature': `${head}.${body}.${signature.slice(0, -4)}AAAA`,
    'another body under the signature': `${head}.${Buffer.from(JSON.stringify(claimsOf(user + 1n))).toString('base64url')}.${signature}`,
    'alg none': `${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.`,
    'alg None, signed': jwt(good, { alg: 'None' }),
    'alg missing': jwt(good, {}),
    'alg HS384 over HS256': jwt(good, { alg: 'HS384' }),
    'alg RS256 over HS256': jwt(good, { alg: 'RS256' }),
    'alg as an array': jwt(good, { alg: ['HS256'] }),
    'a crit that nobody knows': jwt(good, { alg: 'HS256', crit: ['exp'], exp: 1 }),
    'b64 false': jwt(good, { alg: 'HS256', b64: false, crit: ['b64'] }),
    'a header that is no JSON': jwt(good, '{"alg":"HS256"'),
    'a header that is null': jwt(good, 'null'),
    'claims that are no JSON': jwt('{"sub":'),
    'claims that are an array': jwt('[]'),
    'another secret': jwt(good, { alg: 'HS256' }, 'another-secret-of-more-than-32-bytes!!'),
    'an empty secret': jwt(good, { alg: 'HS256' }, ''),
    'a key of its own (jwk) in the header': jwt(
      good,
      { alg: 'HS256', jwk: { kty: 'oct', k: Buffer.from('mine').toString('base64url') } },
      'mine',
    ),
    'a kid that is a path': jwt(good, { alg: 'HS256', kid: '../../../../dev/null' }, ''),
    expired: withClaims({ exp: now() - 1 }),
    'expired in the year 1': withClaims({ exp: -62_135_596_800 }),
    'exp missing': without('exp'),
    'exp as text': withClaims({ exp: String(now() + 600) }),
    'exp as true': withClaims({ exp: true }),
    'exp as an array': withClaims({ exp: [now() + 600] }),
    'exp infinite (1e999)': jwt(text('"exp":1e999')),
    'exp NaN': jwt(text('"exp":NaN')),
    'nbf in an hour': withClaims({ nbf: now() + 3600 }),
    'nbf as text': withClaims({ nbf: 'soon' }),
    'sub missing': without('sub'),
    'sub as a number': withClaims({ sub: Number(user) }),
    'sub 0': withClaims({ sub: '0' }),
    'sub negative': withClaims({ sub: '-7' }),
    'sub with a blank': withClaims({ sub: `${user} ` }),
    'sub with a plus': withClaims({ sub: `+${user}` }),
    'sub in hex': withClaims({ sub: '0x7' }),
    'sub over int64': withClaims({ sub: String(2n ** 63n) }),
    'sub of 3,000 digits': withClaims({ sub: '7'.repeat(3000) }),
    'sub with another tenant in it': withClaims({ sub: `2|${user}` }),
    'sub in other digits': withClaims({ sub: '٧' }),
    'sub as an array': withClaims({ sub: [String(user)] }),
    'tenant missing': without('tenant'),
    'tenant 0': withClaims({ tenant: '0' }),
    'tenant as an object': withClaims({ tenant: { toString: '1' } }),
    'over 4,096 characters': withClaims({ padding: 'x'.repeat(4000) }),
    'not base64': `${head}.${body}.%%%%`,
    empty: '.',
  };
}

function withToken(token: string): string {
  return handshakeOf('', ['Host: 127.0.0.1', `Authorization: Bearer ${token}`]);
}

/** Each lines of a handshake, and what must answer it. */
function handshakes(
  token: string,
  port: number,
): Record<string, readonly [status: readonly (number | undefined)[], string]> {
  const host = `Host: 127.0.0.1:${port}`;
  const origin = `Origin: http://127.0.0.1:${port}`;
  const bearer = `Authorization: Bearer ${token}`;
  const refused = [400, 401, 403];
  return {
    'as it should be': [[101], handshakeOf('', [host, origin, bearer])],
    'subprotocols on two lines': [
      [101],
      handshakeOf('', [host, 'Sec-WebSocket-Protocol: v1', `Sec-WebSocket-Protocol: bearer.${token}`]),
    ],
    'Authorization twice': [refused, handshakeOf('', [host, bearer, bearer])],
    'Authorization twice, the second one bad': [refused, handshakeOf('', [host, bearer, 'Authorization: Bearer x'])],
    'Origin twice': [refused, handshakeOf('', [host, origin, 'Origin: https://evil.example.com', bearer])],
    'Host twice': [refused, handshakeOf('', [host, 'Host: evil.example.com', origin, bearer])],
    'Origin of another page': [[403], handshakeOf('', [host, 'Origin: https://evil.example.com', bearer])],
    'Origin null': [[403], handshakeOf('', [host, 'Origin: null', bearer])],
    'two tokens': [refused, handshakeOf('', [host, bearer, `Sec-WebSocket-Protocol: v1, bearer.${token}`])],
    'the token as a parameter': [[401], handshakeOf(`?token=${token}`, [host, bearer])],
    'the token as a bare name, beside a header': [[401], handshakeOf(`?${token}`, [host, bearer])],
    'the token as a cursor': [[401], handshakeOf(`?cursor=${token}`, [host, bearer])],
    'no token': [[401], handshakeOf('', [host])],
    'no v1 among the subprotocols': [[400], handshakeOf('', [host, bearer, 'Sec-WebSocket-Protocol: v2'])],
    'another version': [[400, 426], handshakeOf('', [host, bearer]).replace('Version: 13', 'Version: 8')],
    'Connection: close': [
      [400, 404, undefined],
      handshakeOf('', [host, bearer]).replace('Connection: Upgrade', 'Connection: close'),
    ],
    'another path': [[404], handshakeOf('', [host, bearer], 'GET /v1/ws/../../etc/passwd HTTP/1.1')],
    'an absolute address': [
      [400, 404, 505, undefined],
      handshakeOf('', [host, bearer], 'GET http://evil/v1/ws HTTP/1.1'),
    ],
    'a POST with a body': [
      [400, 404, 405, undefined],
      handshakeOf('', [host, bearer, 'Content-Length: 5'], 'POST /v1/ws HTTP/1.1') + 'hello',
    ],
    'headers of 64 KB': [[101, 400, 431, undefined], handshakeOf('', [host, bearer, `X: ${'x'.repeat(64 * 1024)}`])],
    '1,000 headers': [
      [400, 431, undefined],
      handshakeOf('', [host, bearer, ...Array.from({ length: 1000 }, (_, index) => `X-${index}: 1`)]),
    ],
    'a header with a NUL': [[101, 400, undefined], handshakeOf('', [host, bearer, 'X: a\0b'])],
    'chunked and a length': [
      [101, 400, 404, 501, undefined],
      handshakeOf('', [host, bearer, 'Transfer-Encoding: chunked', 'Content-Length: 3']) + '0\r\n\r\n',
    ],
    'no HTTP at all': [[400, 505, undefined], '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'],
  };
}

export const TOKENS: TryGroup<GatewayScene> = {
  title: 'tokens and handshakes',
  against: 'the gateway of a worker',
  tries: [
    gatewayTry({
      name: '49 kinds of bad token',
      holds: 'each is answered 401',
      before: 'an `exp` of 1e999 was taken',
      isShort: true,
      act: async (scene) => {
        const tokens = Object.entries(badTokens(scene.nextUser()));
        const answers = await Promise.all(
          tokens.map(async ([what, token]) => [what, await scene.statusOf(withToken(token))] as const),
        );
        expect(answers.filter(([, status]) => status !== 401)).toEqual([]);
      },
    }),
    gatewayTry({
      name: '24 kinds of handshake: headers twice, tokens in the address, bodies, endless headers',
      holds: 'each is refused or taken as docs/gateway.md says',
      before:
        'Origin, Host and Authorization were taken twice, a token as a bare name was overlooked, subprotocols on two lines were refused',
      isShort: true,
      act: async (scene) => {
        const token = jwt(claimsOf(scene.nextUser()));
        const wrong: string[] = [];
        for (const [what, [expected, handshake]] of Object.entries(handshakes(token, scene.port))) {
          const status = await scene.statusOf(handshake);
          if (!expected.includes(status)) wrong.push(`${what}: ${status}, expected ${expected.join(' or ')}`);
        }
        expect(wrong).toEqual([]);
      },
    }),
    gatewayTry({
      name: 'a token is not logged, whether good or bad',
      holds: 'no part of its signature is in the log',
      isShort: true,
      act: async (scene) => {
        const token = jwt(claimsOf(scene.nextUser()));
        const bad = jwt(claimsOf(scene.nextUser()), { alg: 'HS256' }, 'another-secret-of-more-than-32-bytes!!');
        for (const one of [withToken(token), withToken(bad), handshakeOf(`?token=${token}`, ['Host: 127.0.0.1'])]) {
          await scene.statusOf(one);
        }
        const log = scene.worker.process.lines.join('\n');
        for (const one of [token, bad]) expect(log).not.toContain(one.split('.')[2]);
        expect(log).not.toContain(JWT_SECRET);
      },
    }),
    gatewayTry({
      name: '400 handshakes that never end',
      holds: 'others get in meanwhile',
      isShort: true,
      act: async (scene, name) => {
        const half = await Promise.all(Array.from({ length: 400 }, () => RawSocket.open(scene.port)));
        for (const socket of half) socket.write('GET /v1/ws HTTP/1.1\r\nHost: 127');
        await scene.checkServes(`${name}-meanwhile`);
        for (const socket of half) socket.end();
      },
    }),
    gatewayTry({
      name: '3,000 handshakes with bad tokens, as fast as they go',
      holds: 'each is answered, others get in meanwhile',
      act: async (scene, name) => {
        const bad = withToken(jwt(claimsOf(scene.nextUser()), { alg: 'HS256' }, 'x'.repeat(40)));
        let answered = 0;
        const one = async (): Promise<void> => {
          for (let count = 0; count < 60; count += 1) if ((await scene.statusOf(bad)) === 401) answered += 1;
        };
        const all = Promise.all(Array.from({ length: 50 }, one));
        await scene.checkServes(`${name}-meanwhile`);
        await all;
        expect(answered).toBe(3000);
      },
    }),
    gatewayTry({
      name: 'one user connects and closes, as fast as it goes',
      holds: 'it is given 20 sockets at once, then one a second; 40 others get in meanwhile, none is refused',
      before: '157 of 212 others were refused',
      isShort: true,
      act: async (scene) => {
        const greedy = jwt(claimsOf(scene.nextUser()));
        let done = false;
        let [taken, refused] = [0, 0];
        const attack = async (): Promise<void> => {
          while (!done) {
            if ((await scene.statusOf(withToken(greedy))) === 101) taken += 1;
            else refused += 1;
          }
        };
        const attackers = Promise.all(Array.from({ length: 40 }, attack));
        const began = performance.now();
        await expect.poll(() => taken + refused, { timeout: 30_000 }).toBeGreaterThan(400);
        const others = Array.from({ length: 40 }, () => withToken(jwt(claimsOf(scene.nextUser()))));
        const answers = await Promise.all(others.map((handshake) => scene.statusOf(handshake)));
        done = true;
        await attackers;
        expect(answers.filter((status) => status !== 101)).toEqual([]);
        // 20 at once, then one a second.
        expect(taken, 'sockets that the one was given').toBeLessThanOrEqual(22 + (performance.now() - began) / 1000);
        expect(taken + refused, 'handshakes of the one').toBeGreaterThan(400);
      },
    }),
    gatewayTry({
      name: 'ten tabs of one user come back together, twice',
      holds: 'all get in: this is no attack',
      isShort: true,
      act: async (scene) => {
        const handshake = withToken(jwt(claimsOf(scene.nextUser())));
        for (let time = 0; time < 2; time += 1) {
          const answers = await Promise.all(Array.from({ length: 10 }, () => scene.statusOf(handshake)));
          expect(answers).toEqual(Array.from({ length: 10 }, () => 101));
        }
      },
    }),
  ],
};

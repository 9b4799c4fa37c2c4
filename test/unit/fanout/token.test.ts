import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTokenVerifier, isWeakSecret } from '../../../processors/fanout/token.js';
import { ConfigError } from '../../../topology/errors.js';
import { SECRET, tokenOf } from './harness.js';

describe('a token signed with the shared secret', () => {
  const verify = createTokenVerifier({ jwtSecret: SECRET });

  it('names any positive int64 as tenant and user', async () => {
    const id = fc.bigInt(1n, 2n ** 63n - 1n);
    await fc.assert(
      fc.asyncProperty(id, id, async (tenantId, userId) => {
        const token = await tokenOf({ tenant: String(tenantId), sub: String(userId) });
        expect(await verify(token, Date.now())).toMatchObject({ kind: 'identity', tenantId, userId });
      }),
      { numRuns: 30 },
    );
  });

  it('ends at its exp, whatever the clock skew allowed for nbf', async () => {
    const now = 1_800_000_000_000;
    const lenient = createTokenVerifier({ jwtSecret: SECRET, clockSkewS: 60 });
    const token = await tokenOf({ exp: now / 1000, nbf: now / 1000 + 30 });
    expect(await lenient(token, now - 1)).toMatchObject({ kind: 'identity', expiresAt: now });
    expect(await lenient(token, now)).toMatchObject({ kind: 'refused', reason: 'expired-token' });
    expect(await verify(token, now - 1)).toMatchObject({ kind: 'refused', reason: 'bad-token' });
  });

  it('is refused without its text in the message', async () => {
    const token = await tokenOf({}, 'another secret, also 32 bytes or more');
    const refusal = await verify(token, Date.now());
    expect(refusal).toMatchObject({ kind: 'refused', reason: 'bad-token' });
    expect(JSON.stringify(refusal)).not.toContain(token.slice(0, 20));
  });
});

describe('a token signed with a key of the key set', () => {
  let server: Server;
  let answer: { status: number; body: string };
  let url: string;
  beforeEach(async () => {
    server = createServer((_request, response) => response.writeHead(answer.status).end(answer.body));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
  });
  afterEach(() => server.close());

  async function keyPair(alg: string): Promise<{ sign: (kid: string) => Promise<string>; jwks: string }> {
    const { privateKey, publicKey } = await generateKeyPair(alg);
    const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', use: 'sig', alg };
    const sign = (kid: string): Promise<string> =>
      new SignJWT({ tenant: '1' })
        .setProtectedHeader({ alg, kid })
        .setSubject('7')
        .setExpirationTime('1m')
        .sign(privateKey);
    return { sign, jwks: JSON.stringify({ keys: [jwk] }) };
  }

  it.each(['RS256', 'ES256', 'EdDSA'])('is accepted when the algorithm is %s', async (alg) => {
    const { sign, jwks } = await keyPair(alg);
    answer = { status: 200, body: jwks };
    const verify = createTokenVerifier({ jwksUrl: url });
    expect(await verify(await sign('k1'), Date.now())).toMatchObject({ kind: 'identity', userId: 7n });
    expect(await verify(await sign('k2'), Date.now())).toMatchObject({ kind: 'refused', reason: 'bad-token' });
  });

  it('is refused when it is an HMAC made with the public key', async () => {
    const { jwks } = await keyPair('RS256');
    answer = { status: 200, body: jwks };
    const forged = await tokenOf({}, jwks);
    expect(await createTokenVerifier({ jwksUrl: url })(forged, Date.now())).toMatchObject({ reason: 'bad-token' });
  });

  it.each([
    ['answers 500', { status: 500, body: '' }],
    ['answers no JSON', { status: 200, body: '<html>' }],
    ['answers no key set', { status: 200, body: '{}' }],
  ])('is not called bad when the key server %s, and is accepted once it is back', async (_what, trouble) => {
    const { sign, jwks } = await keyPair('ES256');
    const verify = createTokenVerifier({ jwksUrl: url });
    answer = trouble;
    expect(await verify(await sign('k1'), Date.now())).toMatchObject({ reason: 'keys-unavailable' });
    answer = { status: 200, body: jwks };
    expect(await verify(await sign('k1'), Date.now())).toMatchObject({ kind: 'identity' });
  });
});

describe('the configuration of tokens', () => {
  it.each([
    [
      'both a secret and a key set',
      { jwtSecret: SECRET, jwksUrl: 'https://id.example.com/jwks' },
      'JWT_SECRET and JWKS_URL',
    ],
    ['neither', {}, 'JWT_SECRET or JWKS_URL'],
    ['empty ones', { jwtSecret: '', jwksUrl: '' }, 'JWT_SECRET or JWKS_URL'],
    ['a key set that is no address', { jwksUrl: 'file:///keys' }, 'file:///keys'],
    ['too much clock skew', { jwtSecret: SECRET, clockSkewS: 61 }, '61'],
  ])('is refused with %s', (_what, options, fault) => {
    expect(() => createTokenVerifier(options)).toThrow(ConfigError);
    expect(() => createTokenVerifier(options)).toThrow(fault);
  });

  it('calls a secret under 32 bytes weak', () => {
    expect([isWeakSecret('x'.repeat(31)), isWeakSecret('x'.repeat(32))]).toEqual([true, false]);
  });
});

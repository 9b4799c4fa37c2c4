import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTokenVerifier, isWeakSecret, type TokenVerifier } from '../../../gateway/token.js';
import { ConfigError } from '../../../common/errors.js';
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

  it.each(['1e999', '-1e999', '1e306'])('is refused when its exp is %s, which is no time', async (exp) => {
    const encode = (text: string): string => Buffer.from(text).toString('base64url');
    const signed = `${encode('{"alg":"HS256"}')}.${encode(`{"sub":"7","tenant":"1","exp":${exp}}`)}`;
    const token = `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`;
    expect(await verify(token, Date.now())).toMatchObject({ kind: 'refused' });
  });

  it('ends at its greatest age by iat where there is one, and at its exp before that', async () => {
    const now = 1_800_000_000_000;
    const strict = createTokenVerifier({ jwtSecret: SECRET, maxAgeMs: 3_600_000 });
    const token = (iat: unknown, exp = now / 1000 + 7200): Promise<string> => tokenOf({ iat, exp });
    const young = await token(now / 1000 - 600);
    expect(await strict(young, now)).toMatchObject({ kind: 'identity', expiresAt: now + 3_000_000 });
    expect(await strict(young, now + 3_000_000)).toMatchObject({ reason: 'expired-token' });
    expect(await strict(await token(now / 1000 - 600, now / 1000 + 60), now)).toMatchObject({
      expiresAt: now + 60_000,
    });
    expect(await verify(young, now)).toMatchObject({ expiresAt: now + 7_200_000 });
    for (const iat of [undefined, now / 1000 + 60, 'yesterday']) {
      expect(await strict(await token(iat), now)).toMatchObject({ reason: 'bad-token' });
    }
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

/** One key, and what it has signed. */
interface Signer {
  readonly jwk: object;
  readonly sign: (kid?: string) => Promise<string>;
}

async function signer(alg: string, kid: string): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair(alg);
  const sign = (named?: string): Promise<string> =>
    new SignJWT({ tenant: '1', sub: '7' })
      .setProtectedHeader({ alg, ...(named === undefined ? {} : { kid: named }) })
      .setExpirationTime('10m')
      .sign(privateKey);
  return { jwk: { ...(await exportJWK(publicKey)), kid, use: 'sig', alg }, sign };
}

describe('a key set that changes', () => {
  let server: Server;
  let reads = 0;
  let answer: { status: number; keys: readonly object[] };
  let verify: TokenVerifier;
  let faults: (string | undefined)[];
  beforeEach(async () => {
    reads = 0;
    faults = [];
    server = createServer((_request, response) => {
      reads += 1;
      response.writeHead(answer.status).end(JSON.stringify({ keys: answer.keys }));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
    verify = createTokenVerifier({ jwksUrl, onKeysRead: (fault) => faults.push(fault) });
    vi.useFakeTimers({ toFake: ['performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
    server.close();
  });
  const verdict = async (token: Promise<string>): Promise<string> => {
    const result = await verify(await token, Date.now());
    return result.kind === 'identity' ? 'accepted' : result.reason;
  };

  it('accepts a token without kid that any of its keys has signed, and none that no key has', async () => {
    const [a, b, other, rsa] = await Promise.all(
      ['ES256', 'ES256', 'ES256', 'RS256'].map((alg, index) => signer(alg, `k${index}`)),
    );
    answer = { status: 200, keys: [a!.jwk, rsa!.jwk, b!.jwk] };
    expect(await Promise.all([a!, b!, rsa!].map(({ sign }) => verdict(sign())))).toEqual(Array(3).fill('accepted'));
    expect(await verdict(other!.sign())).toBe('bad-token');
    // Another is right about the key that a token names.
    expect(await verdict(b!.sign('k0'))).toBe('bad-token');
  });

  it('tries a bounded number of them', async () => {
    const signers = await Promise.all(Array.from({ length: 12 }, (_, index) => signer('ES256', `k${index}`)));
    answer = { status: 200, keys: signers.map(({ jwk }) => jwk) };
    expect(await verdict(signers[9]!.sign())).toBe('accepted');
    expect(await verdict(signers[11]!.sign())).toBe('bad-token');
    expect(await verdict(signers[11]!.sign('k11'))).toBe('accepted');
  });

  it('stays good, however old, when it cannot be read again, which is told', async () => {
    const known = await signer('ES256', 'k1');
    answer = { status: 200, keys: [known.jwk] };
    expect(await verdict(known.sign('k1'))).toBe('accepted');
    for (const trouble of [
      { status: 500, keys: [] },
      { status: 200, keys: [] },
    ]) {
      answer = trouble;
      vi.advanceTimersByTime(3_600_000);
      expect(await verdict(known.sign('k1'))).toBe('accepted');
      // It is not asked for each handshake.
      expect(await verdict(known.sign('k1'))).toBe('accepted');
    }
    expect(faults).toEqual([undefined, 'The key server answers 500; expected 200.', 'The key set holds no key.']);
    expect(await verdict(known.sign('k2'))).toBe('keys-unavailable');
    answer = { status: 200, keys: [(await signer('ES256', 'k2')).jwk] };
    vi.advanceTimersByTime(10_000);
    expect(await verdict(known.sign('k1'))).toBe('bad-token');
  });

  it('is asked at once for a kid that it does not hold, and then not for 10 s', async () => {
    const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((kid) => signer('ES256', kid)));
    answer = { status: 200, keys: [a!.jwk] };
    expect(await verdict(a!.sign('a'))).toBe('accepted');
    answer = { status: 200, keys: [a!.jwk, b!.jwk] };
    expect(await verdict(b!.sign('b'))).toBe('accepted');
    answer = { status: 200, keys: [a!.jwk, b!.jwk, c!.jwk] };
    for (let count = 0; count < 50; count += 1) expect(await verdict(c!.sign('c'))).toBe('bad-token');
    expect(reads).toBe(2);
    vi.advanceTimersByTime(10_000);
    expect(await verdict(c!.sign('c'))).toBe('accepted');
    expect(reads).toBe(3);
  });

  it('is asked for a newer key when a token without kid fits none that it holds', async () => {
    const [old, next] = await Promise.all(['old', 'next'].map((kid) => signer('ES256', kid)));
    answer = { status: 200, keys: [old!.jwk] };
    expect(await verdict(old!.sign())).toBe('accepted');
    answer = { status: 200, keys: [next!.jwk] };
    expect(await verdict(next!.sign())).toBe('accepted');
    expect(await verdict(old!.sign())).toBe('bad-token');
  });
});

describe('a key set that is too much', () => {
  let server: Server;
  let sent: number;
  let answer: (response: ServerResponse) => Promise<void>;
  let verify: TokenVerifier;
  beforeEach(async () => {
    sent = 0;
    server = createServer((_request, response) => void answer(response));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    verify = createTokenVerifier({ jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks` });
  });
  afterEach(() => {
    vi.useRealTimers();
    server.closeAllConnections();
    server.close();
  });

  const es256 = async (kid = 'k1'): Promise<string> => {
    const { privateKey } = await generateKeyPair('ES256');
    return new SignJWT({ tenant: '1', sub: '7' })
      .setProtectedHeader({ alg: 'ES256', kid })
      .setExpirationTime('1m')
      .sign(privateKey);
  };

  it('in bytes is not read to its end', async () => {
    answer = async (response) => {
      response.writeHead(200).on('error', () => undefined);
      for (; sent < 200 && !response.destroyed; sent += 1) {
        if (!response.write(Buffer.alloc(1024 * 1024, ' '))) {
          await Promise.race([once(response, 'drain'), once(response, 'close')]);
        }
      }
      response.end('{"keys":[]}');
    };
    expect(await verify(await es256(), Date.now())).toMatchObject({ reason: 'keys-unavailable' });
    expect(sent).toBeLessThan(50);
  });

  it('in time is given up after 5 s, in the middle of its body too', { timeout: 20_000 }, async () => {
    answer = (response) => Promise.resolve(void response.writeHead(200).write('{"keys":['));
    const began = performance.now();
    expect(await verify(await es256(), Date.now())).toMatchObject({ reason: 'keys-unavailable' });
    expect(performance.now() - began).toBeGreaterThan(4900);
  });

  it('for tokens of keys that nobody knows holds up a bounded number of them, and none of a key that is known', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'known', alg: 'ES256' }] });
    answer = (response) => Promise.resolve(void response.end(keys));
    const good = await new SignJWT({ tenant: '1', sub: '7' })
      .setProtectedHeader({ alg: 'ES256', kid: 'known' })
      .setExpirationTime('10m')
      .sign(privateKey);
    expect(await verify(good, Date.now())).toMatchObject({ kind: 'identity' });

    // From now on the server hangs.
    const waiting: ServerResponse[] = [];
    answer = (response) => Promise.resolve(void waiting.push(response));
    const bad = await es256('unknown');
    const outcomes: unknown[] = [];
    for (let count = 0; count < 600; count += 1) void verify(bad, Date.now()).then((outcome) => outcomes.push(outcome));
    await vi.waitFor(() => expect(outcomes).toHaveLength(100));
    expect(outcomes[0]).toMatchObject({ reason: 'keys-unavailable' });
    expect(await verify(good, Date.now())).toMatchObject({ kind: 'identity' });
    await vi.waitFor(() => expect(waiting).toHaveLength(1));
    for (const response of waiting) response.end(keys);
    await vi.waitFor(() => expect(outcomes).toHaveLength(600));
    expect(outcomes.at(-1)).toMatchObject({ reason: 'bad-token' });
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

import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OPTION_NAMES } from '../../../topology/worker/options.js';
import { runCommand, runToEnd } from './run-command.js';

const SECRET = 'a secret of more than 32 characters!';
const WHO = ['--user', '42', '--tenant', '7'];

beforeEach(() => {
  for (const name of OPTION_NAMES) for (const key of [name, `${name}_FILE`]) vi.stubEnv(key, undefined);
  vi.stubEnv('JWT_SECRET', SECRET);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

async function made(...args: readonly string[]): Promise<string> {
  const { lines } = await runCommand('token', 'make', ...WHO, ...args);
  expect(lines).toHaveLength(1);
  return lines[0]!;
}

const signed = (claims: object, secret = SECRET, alg = 'HS256'): Promise<string> =>
  new SignJWT({ sub: '42', tenant: '7', exp: Date.now() / 1000 + 60, ...claims })
    .setProtectedHeader({ alg })
    .sign(new TextEncoder().encode(secret));

async function faultsOf(token: string, ...args: readonly string[]): Promise<readonly string[]> {
  const { lines, errors, code } = await runToEnd('token', 'check', token, '--json', ...args);
  const [, , signature = ''] = token.split('.');
  expect([code, errors]).toEqual([1, []]);
  const said = JSON.parse(lines[0]!) as { ok: boolean; faults: string[] };
  expect(said.ok).toBe(false);
  for (const secret of [SECRET, ...(signature === '' ? [] : [signature])]) expect(lines[0]).not.toContain(secret);
  return said.faults;
}

describe('token make', () => {
  it('prints a token alone that the gateway takes, for an hour or so long as is said', async () => {
    vi.useFakeTimers({ now: Date.parse('2026-03-01T12:00:00Z'), toFake: ['Date'] });
    const ends = async (token: string): Promise<unknown> =>
      JSON.parse((await runCommand('token', 'check', token, '--json')).lines[0]!);
    expect(await ends(await made())).toEqual({
      ...{ ok: true, userId: '42', tenantId: '7' },
      expiresAt: '2026-03-01T13:00:00.000Z',
    });
    expect(await ends(await made('--for', '10m'))).toMatchObject({ expiresAt: '2026-03-01T12:10:00.000Z' });
    expect((await runCommand('token', 'check', await made())).lines).toEqual([
      'good: user 42 of tenant 7, until 2026-03-01T13:00:00.000Z',
    ]);
  });

  it('names issuer and audience as the gateway expects them, or as is said', async () => {
    vi.stubEnv('JWT_ISSUER', 'us');
    vi.stubEnv('JWT_AUDIENCE', 'pages');
    expect((await runCommand('token', 'check', await made())).code).toBe(0);
    expect(await faultsOf(await made('--issuer', 'them', '--audience', 'others'))).toEqual([
      'iss is "them": expected JWT_ISSUER, "us"',
      'aud is "others": expected JWT_AUDIENCE among it, "pages"',
    ]);
  });

  it.each<[string, string[], string]>([
    ['a user that is none', ['--user', 'x', '--tenant', '7'], '--user is "x": expected a positive 64-bit integer'],
    ['a time that is none', [...WHO, '--for', '1'], '--for is "1": expected a number and a unit'],
  ])('refuses %s', async (_, args, fault) => {
    const { errors, code } = await runToEnd('token', 'make', ...args);
    expect([errors.join(), code]).toEqual([expect.stringContaining(fault), 2]);
  });

  it('has no keys of an issuer', async () => {
    vi.stubEnv('JWT_SECRET', undefined);
    vi.stubEnv('JWKS_URL', 'http://issuer/keys');
    const { errors, code } = await runToEnd('token', 'make', ...WHO);
    expect([errors.join(), code]).toEqual([expect.stringContaining('JWT_SECRET is not set (JWKS_URL is)'), 2]);
  });
});

describe('token check', () => {
  it('says what is no token at all', async () => {
    expect(await faultsOf('hunter2')).toEqual([
      'it is no JWT: it has 1 parts with dots between, expected 3 (header.claims.signature)',
    ]);
    expect(await faultsOf('a.b.xyz-1')).toEqual([expect.stringContaining('it is no JWT: ')]);
  });

  it('says that a token has expired, and when', async () => {
    vi.useFakeTimers({ now: Date.parse('2026-03-01T12:00:00Z'), toFake: ['Date'] });
    const token = await made('--for', '60s');
    vi.setSystemTime(Date.parse('2026-03-01T12:02:00Z'));
    expect(await faultsOf(token)).toEqual(['exp is 2026-03-01T12:01:00.000Z: it has expired, 60 s ago']);
    expect((await runCommand('token', 'check', token)).lines[0]).toBe('refused, expired-token:');
  });

  it('says of every claim what is missing or wrong', async () => {
    vi.stubEnv('JWT_MAX_AGE', '1h');
    expect(await faultsOf(await signed({ sub: 42, tenant: undefined, exp: undefined }))).toEqual([
      'sub, the user, is 42: expected the digits of a positive 64-bit integer, as text ("42")',
      'tenant, the tenant, is missing: expected the digits of a positive 64-bit integer, as text ("42")',
      'exp is missing: expected when the token ends, in seconds since 1970',
      'iat is missing: with JWT_MAX_AGE a token must say when it was made, in seconds',
    ]);
    const now = Math.floor(Date.now() / 1000);
    expect(await faultsOf(await signed({ iat: now - 4000 }))).toEqual([
      expect.stringMatching(/^iat is .*: older than JWT_MAX_AGE, 3600 s, allows$/),
    ]);
    expect(await faultsOf(await signed({ iat: now, nbf: now + 100 }))).toEqual([
      expect.stringMatching(/^nbf is .*: it is not good yet, in (99|100) s$/),
    ]);
  });

  it('says that another secret signed it, or another algorithm', async () => {
    expect(await faultsOf(await signed({}, 'another secret, also of 32 characters'))).toEqual([
      'its signature is wrong: it was not made with JWT_SECRET, or was changed since',
    ]);
    expect(await faultsOf(await signed({}, SECRET.repeat(2), 'HS512'))).toEqual([
      'its algorithm is "HS512": with JWT_SECRET the gateway takes HS256',
    ]);
  });

  describe('by a key set', () => {
    let server: Server;
    beforeEach(() => vi.stubEnv('JWT_SECRET', undefined));
    afterEach(() => server.close());

    const keySet = async (status: number, keys: readonly object[]): Promise<void> => {
      server = createServer((_, response) => response.writeHead(status).end(JSON.stringify({ keys })));
      await once(server.listen(0, '127.0.0.1'), 'listening');
      vi.stubEnv('JWKS_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`);
    };
    const signedBy = (key: CryptoKey): Promise<string> =>
      new SignJWT({ sub: '42', tenant: '7', exp: Date.now() / 1000 + 60 })
        .setProtectedHeader({ alg: 'ES256', kid: 'new' })
        .sign(key);

    it('takes what a key of it signed, and says when none did', async () => {
      const [ours, theirs] = [await generateKeyPair('ES256'), await generateKeyPair('ES256')];
      await keySet(200, [{ ...(await exportJWK(ours.publicKey)), kid: 'new', alg: 'ES256' }]);
      expect((await runCommand('token', 'check', await signedBy(ours.privateKey))).code).toBe(0);
      expect(await faultsOf(await signedBy(theirs.privateKey))).toEqual([
        'its signature is wrong: no key of JWKS_URL made it; it names the key (kid) "new"',
      ]);
    });

    it('says that it cannot be had', async () => {
      await keySet(500, []);
      const { privateKey } = await generateKeyPair('ES256');
      expect(await faultsOf(await signedBy(privateKey))).toEqual([
        expect.stringMatching(/cannot be fetched now; try again\. The key server answers 500/),
      ]);
    });
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeCertificate } from '../../../../dev/stack/certificate.js';
import { parseConfig, type RawConfig } from '../../../../topology/worker/config.js';
import { faultsOf } from '../../faults-of.js';

const GOOD: RawConfig = { KAFKA_BROKERS: 'broker:9092', SCHEMA_REGISTRY_URL: 'http://registry:8081' };
const { cert, key } = makeCertificate({ name: 'app', notAfter: new Date('2040-01-01') });
const BEARER = { KAFKA_SASL_MECHANISM: 'oauthbearer' };
const ENDPOINT = {
  ...{ ...BEARER, KAFKA_OAUTH_TOKEN_URL: 'https://id.example.com/token' },
  ...{ KAFKA_OAUTH_CLIENT_ID: 'streams', KAFKA_OAUTH_CLIENT_SECRET: 'hunter2' },
};

const faults = (raw: RawConfig): readonly string[] =>
  faultsOf(() => parseConfig({ ...GOOD, ...raw }, { registry: true }));

describe('connections', () => {
  it.each([
    ['mTLS', { KAFKA_SSL_CERT: cert, KAFKA_SSL_KEY: key }],
    ['a token endpoint', ENDPOINT],
    ['a token', { ...BEARER, KAFKA_OAUTH_TOKEN: 'abc' }],
    [
      'a command',
      { ...BEARER, KAFKA_OAUTH_TOKEN_COMMAND: '/opt/token --region eu-west-1', KAFKA_OAUTH_EXTENSIONS: 'a=b, c=d' },
    ],
    ['a token with blanks and a line break around it', { ...BEARER, KAFKA_OAUTH_TOKEN: ' abc.d-e_f+/==\r\n ' }],
    ['a registry with a token', { SCHEMA_REGISTRY_TOKEN: 'abc', SCHEMA_REGISTRY_CA: cert }],
    ['a registry with a name and a password', { SCHEMA_REGISTRY_USERNAME: 'me', SCHEMA_REGISTRY_PASSWORD: 'hunter2' }],
    ['a registry with the token of the brokers', { ...ENDPOINT, SCHEMA_REGISTRY_OAUTH: 'true' }],
  ])('may have %s', (_, raw) => {
    expect(faults(raw)).toEqual([]);
  });

  it.each<[string, RawConfig, string]>([
    [
      'a certificate without its key',
      { KAFKA_SSL_CERT: cert },
      'KAFKA_SSL_CERT and KAFKA_SSL_KEY: expected both, or neither',
    ],
    [
      'a certificate that is a path',
      { KAFKA_SSL_CERT: '/etc/cert.pem', KAFKA_SSL_KEY: key },
      'KAFKA_SSL_CERT is (not shown): expected one or more certificates in PEM',
    ],
    [
      'a key that is none',
      { KAFKA_SSL_CERT: cert, KAFKA_SSL_KEY: 'hunter2' },
      'KAFKA_SSL_KEY is (not shown): expected a private key in PEM',
    ],
    [
      'a password of no key',
      { KAFKA_SSL_KEY_PASSWORD: 'hunter2' },
      'KAFKA_SSL_KEY_PASSWORD is set without KAFKA_SSL_KEY',
    ],
    [
      'a name beside a token',
      { ...ENDPOINT, KAFKA_SASL_USERNAME: 'me' },
      'KAFKA_SASL_USERNAME is set, and KAFKA_SASL_MECHANISM is "oauthbearer": expected none',
    ],
    [
      'no source of tokens',
      BEARER,
      'KAFKA_SASL_MECHANISM is "oauthbearer": expected one of KAFKA_OAUTH_TOKEN_URL, KAFKA_OAUTH_TOKEN and KAFKA_OAUTH_TOKEN_COMMAND, found none',
    ],
    [
      'two sources of tokens',
      { ...ENDPOINT, KAFKA_OAUTH_TOKEN: 'hunter2' },
      'found KAFKA_OAUTH_TOKEN_URL, KAFKA_OAUTH_TOKEN',
    ],
    [
      'an endpoint without a client',
      { ...ENDPOINT, KAFKA_OAUTH_CLIENT_ID: undefined },
      'expected KAFKA_OAUTH_CLIENT_ID and KAFKA_OAUTH_CLIENT_SECRET with it',
    ],
    [
      'tokens without the mechanism',
      { ...ENDPOINT, KAFKA_SASL_MECHANISM: undefined },
      'KAFKA_OAUTH_TOKEN_URL is set without KAFKA_SASL_MECHANISM=oauthbearer',
    ],
    [
      'a command for a shell',
      { ...BEARER, KAFKA_OAUTH_TOKEN_COMMAND: 'cat "$HOME/token"' },
      'what needs a shell goes into a script',
    ],
    [
      'a token with a line break in it, as base64 makes them',
      { ...BEARER, KAFKA_OAUTH_TOKEN: 'hunter2\nhunter2' },
      'KAFKA_OAUTH_TOKEN is (not shown): expected a bearer token in one line',
    ],
    [
      'such a token for the registry',
      { SCHEMA_REGISTRY_TOKEN: 'hunter2\nhunter2' },
      'SCHEMA_REGISTRY_TOKEN is (not shown): expected a bearer token in one line',
    ],
    [
      'an endpoint with a password in its URL',
      { ...ENDPOINT, KAFKA_OAUTH_TOKEN_URL: 'https://client:hunter2@id.example.com/token' },
      'expected a URL without user and password: those are KAFKA_OAUTH_CLIENT_ID and KAFKA_OAUTH_CLIENT_SECRET',
    ],
    [
      'extensions that are none',
      { ...ENDPOINT, KAFKA_OAUTH_EXTENSIONS: 'lkc-1' },
      'expected name=value, several with commas between',
    ],
    [
      'a name for the registry alone',
      { SCHEMA_REGISTRY_USERNAME: 'me' },
      'SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD: expected both, or neither',
    ],
    [
      'two ways to the registry',
      { SCHEMA_REGISTRY_TOKEN: 'x', SCHEMA_REGISTRY_USERNAME: 'me', SCHEMA_REGISTRY_PASSWORD: 'x' },
      'expected a name and a password, or one token',
    ],
    ['the token of brokers that have none', { SCHEMA_REGISTRY_OAUTH: 'true' }, 'there is no token to ask with'],
    ['a secret before none', { JWT_SECRET_PREVIOUS: 'x'.repeat(32) }, 'JWT_SECRET_PREVIOUS is set without JWT_SECRET'],
  ])('may not have %s', (_, raw, fault) => {
    const found = faults(raw);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(fault);
    expect(found[0]).not.toContain('hunter2');
  });
});

describe('a token for the registry', () => {
  const folder = mkdtempSync(join(tmpdir(), 'notification-streams-connections-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is read again from its file, and stays when what is there is none', async () => {
    const path = join(folder, 'token');
    const { registry } = parseConfig({ ...GOOD, SCHEMA_REGISTRY_TOKEN: ' one\n', SCHEMA_REGISTRY_TOKEN_FILE: path });
    const given: (string | undefined)[] = [];
    for (const content of [' one\n', 'two \n', 'hunter2\nhunter2\n']) {
      writeFileSync(path, content);
      given.push(await registry.token?.());
    }
    expect(given).toEqual(['one', 'two', 'two']);
  });
});

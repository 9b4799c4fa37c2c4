/** A fault of the configuration says what was given, and never a part of it that is secret. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { readConfig, type GlobalFlags } from '../../../../bin/read-config.js';
import { parseConfig, type RawConfig } from '../../../../topology/worker/config.js';
import { ConfigError } from '../../../../common/errors.js';
import { shown, shownAddress } from '../../../../common/shown.js';

const WORKER = { registry: true, gateway: true };
const GOOD: RawConfig = {
  KAFKA_BROKERS: 'broker:9092',
  SCHEMA_REGISTRY_URL: 'http://registry:8081',
  JWT_SECRET: 'a secret of more than 32 characters!',
};
const MARK = 'hunter2';

const folder = mkdtempSync(join(tmpdir(), 'notification-streams-secrets-'));
afterAll(() => rmSync(folder, { recursive: true }));

function faultsOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
}

/** With whatever a password may hold around the mark, begun by a letter: a number behind a colon is taken for a port. */
const secret = fc
  .tuple(
    fc.string({ maxLength: 8 }),
    fc.constantFrom('', '/', '?', '#', '@', ':', ',', '%', ' ', '\n', '"', '\\', '//'),
  )
  .map(([text, odd]) => `x${MARK}${odd}${text}${odd}${MARK}x`);
const scheme = fc.constantFrom('', 'http://', 'https://', 'ftp://', 'HTTP://', 'sasl_ssl://', '//', ' https://');
const host = fc.constantFrom('registry', 'registry:8081/apis', '[::1]:9092', 'a b', '', 'host:99999', 'h:9092,i:9092');
const user = fc.constantFrom('me', '', 'me@example.com', 'a:b', 'a/b');
const withCredentials = fc
  .tuple(scheme, user, secret, fc.constantFrom('@', '%40', '@@'), host)
  .map(([start, name, password, at, to]) => `${start}${name}:${password}${at}${to}`);
const withoutHost = fc.tuple(scheme, fc.constantFrom('me', 'you')).map(([start, name]) => `${start}${name}:${MARK}`);

describe('the credentials in an address', () => {
  it.each([
    ['http://me:pa/ss@registry:8081', '"http://***@registry:8081"'],
    ['https://me:p@ss@registry', '"https://***@registry"'],
    ['me:pass@kafka:9092,you:word@kafka-2:9092', '"***@kafka-2:9092"'],
    ['http://me:pa%40ss@registry', '"http://***@registry"'],
    ['http://me%3Apass%40registry', '"http://***@registry"'],
    ['http://registry:8081/apis', '"http://registry:8081/apis"'],
    ['http://me:pass', '"http://me:***"'],
    ['[::1]:9092,me:pass', '"[::1]:9092,me:***"'],
    ['[::1]:pass,[::1]', '"[::1]:***,[::1]"'],
    ['http://[fd00::1]:8081/api', '"http://[fd00::1]:8081/api"'],
    ['kafka:9092,me:pass', '"kafka:9092,me:***"'],
    ['no address at all', '"no address at all"'],
  ])('%j is shown as %s', (value, as) => {
    expect(shownAddress(value)).toBe(as);
  });

  it('are not shown of any other value either', () => {
    expect(shown('me:pa ss/word@host')).toBe('"***@host"');
    expect(shown('2026-01-31 10:00')).toBe('"2026-01-31 10:00"');
  });

  it.each(['KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL', 'JWKS_URL'])('of %s never reach a fault', (option) => {
    const value = fc.oneof(withCredentials, withoutHost);
    fc.assert(
      fc.property(value, fc.boolean(), (text, alsoJwks) => {
        const raw = { ...GOOD, ...(alsoJwks && { JWKS_URL: text }), [option]: text };
        expect(faultsOf(() => parseConfig(raw, WORKER))).not.toContain(MARK);
        const set = Object.entries(raw).map(([name, value]) => `${name}=${value}`);
        expect(faultsOf(() => readConfig({ set }, {}, WORKER))).not.toContain(MARK);
      }),
      { numRuns: 500 },
    );
  });

  it('in a URL are what a URL takes for them: a path that holds an @ is a password that holds a slash', () => {
    for (const url of [
      'http://me:/pass@registry',
      'http://me:12/pass@registry',
      'http://me:1?p@registry',
      'http://m:1#p@r',
    ])
      for (const option of ['SCHEMA_REGISTRY_URL', 'JWKS_URL']) {
        const raw = { ...GOOD, JWT_SECRET: undefined, JWKS_URL: 'http://keys', [option]: url };
        expect(faultsOf(() => parseConfig(raw, WORKER))).toMatch(/ is "http:\/\/\*\*\*@r.*percent-encode/);
      }
    const encoded = { ...GOOD, SCHEMA_REGISTRY_URL: 'http://me:pa%2Fss%40@registry/apis' };
    expect(faultsOf(() => parseConfig(encoded, WORKER))).toBe('');
  });

  it('are none of a broker: its password has options of its own', () => {
    const faults = faultsOf(() => parseConfig({ ...GOOD, KAFKA_BROKERS: `${MARK}@broker:9092` }, WORKER));
    expect(faults).toContain('KAFKA_BROKERS is "***@broker:9092"');
    expect(faults).toContain('KAFKA_SASL_PASSWORD');
  });
});

describe('a setting that is none', () => {
  it.each([
    ['without =', MARK, '--set (not shown): expected NAME=value'],
    ['with a colon for the =', `JWT_SECRET:${MARK}==`, '--set (not shown): expected NAME=value'],
    ['without a name', `=${MARK}`, '--set (not shown): expected NAME=value'],
    ['of an option without a value', 'JWT_SECRET', '--set JWT_SECRET: expected NAME=value'],
    ['of no option', `KAFKA_PASSWORD=${MARK}`, '--set KAFKA_PASSWORD: expected NAME=value'],
  ])('%s is named without its value', (_, setting, fault) => {
    const flags: GlobalFlags = { set: [setting] };
    const faults = faultsOf(() => readConfig(flags, GOOD, WORKER));
    expect(faults).toContain(fault);
    expect(faults).not.toContain(MARK);
  });
});

describe('a config file', () => {
  it.each([
    `{ "KAFKA_SASL_PASSWORD": ${MARK} }`,
    `{ "KAFKA_SASL_PASSWORD": "${MARK}" `,
    MARK,
    `{ "KAFKA_SASL_PASSWORD": "${MARK}\n" }`,
    `{ "KAFKA_SASL_PASSWORD": ["${MARK}", null] }`,
  ])('that cannot be read (%#) is named without what is in it', (content) => {
    const config = join(folder, 'broken.json');
    writeFileSync(config, content);
    const faults = faultsOf(() => readConfig({ config }, GOOD, WORKER));
    expect(faults).toContain(config);
    expect(faults).not.toContain(MARK);
  });
});

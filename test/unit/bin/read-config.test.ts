import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readConfig } from '../../../bin/read-config.js';
import { OPTION_NAMES } from '../../../topology/worker/options.js';
import { faultsOf } from '../faults-of.js';

describe('readConfig', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'streams-config-'));
    for (const name of OPTION_NAMES) for (const key of [name, `${name}_FILE`]) vi.stubEnv(key, undefined);
    vi.stubEnv('KAFKA_BROKERS', 'env:9092');
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  const file = (options: unknown): string => {
    const path = join(folder, 'config.json');
    writeFileSync(path, typeof options === 'string' ? options : JSON.stringify(options));
    return path;
  };

  it('lets flags win over --set, that over the environment, that over the file, that over defaults', () => {
    const config = file({ APP_ID: 'file', STATE_DIR: 'file', HTTP_HOST: 'file', LOG_LEVEL: 'warn' });
    for (const name of ['APP_ID', 'STATE_DIR', 'HTTP_HOST']) vi.stubEnv(name, 'env');
    const set = ['APP_ID=set', 'STATE_DIR=set'];
    expect(readConfig({ config, set }, { APP_ID: 'flag' })).toMatchObject({
      appId: 'flag',
      stateDir: 'set',
      httpHost: 'env',
      logLevel: 'warn',
      topicPrefix: '',
    });
  });

  it('lets an empty environment variable, as compose files make them, leave the file alone', () => {
    vi.stubEnv('APP_ID', '');
    expect(readConfig({ config: file({ APP_ID: 'file' }) }, {}).appId).toBe('file');
  });

  it('takes numbers, truth values and lists from the file', () => {
    const config = file({
      HTTP_PORT: 1234,
      KAFKA_SSL: true,
      GATEWAY_ALLOWED_ORIGINS: ['https://a.example', 'https://b.example'],
    });
    expect(readConfig({ config }, {})).toMatchObject({
      httpPort: 1234,
      kafkaSsl: true,
      gatewayAllowedOrigins: ['https://a.example', 'https://b.example'],
    });
  });

  it('keeps an equals sign in a value of --set', () => {
    expect(readConfig({ set: ['JWT_ISSUER=a=b='] }, {}).jwtIssuer).toBe('a=b=');
  });

  it('reports the faults of the file, of --set and of the values together', () => {
    const config = file({ NO_SUCH_OPTION: 1, KAFKA_SASL_PASSWORhunter2: 1, HTTP_PORT: 'x' });
    const faults = faultsOf(() => readConfig({ config, set: ['NOT_ONE=1', 'nonsense'] }, {}));
    expect(faults).toEqual([
      `NO_SUCH_OPTION in ${config}: there is no such option`,
      `(not shown) in ${config}: there is no such option`, // of what may be a value that went astray
      '--set NOT_ONE: expected NAME=value with the name of an option',
      '--set (not shown): expected NAME=value with the name of an option',
      'HTTP_PORT is "x": expected a port number; 0 picks a free one, from 0 to 65535',
    ]);
  });

  describe('a secret', () => {
    const RIGHT = 'a secret of more than 32 characters!';
    const secretFile = (content: string): string => {
      const path = join(folder, 'secret');
      writeFileSync(path, content);
      return path;
    };

    it.each<[string, (path: string) => Parameters<typeof readConfig>]>([
      ['--set', (path) => [{ set: [`JWT_SECRET_FILE=${path}`] }, {}]],
      ['the config file', (path) => [{ config: file({ JWT_SECRET_FILE: path }) }, {}]],
      ['the environment', (path) => (vi.stubEnv('JWT_SECRET_FILE', path), [{}, {}])],
    ])('is read from the file that %s names, without the line break at its end', (_, given) => {
      expect(readConfig(...given(secretFile(`${RIGHT}\n`))).jwtSecret).toBe(RIGHT);
    });

    it('of a file wins over what stands in a layer below, and yields to one above', () => {
      const [path, other] = [secretFile(RIGHT), 'another secret of more than 32 characters'];
      vi.stubEnv('JWT_SECRET_FILE', path);
      expect(readConfig({ config: file({ JWT_SECRET: other }) }, {}).jwtSecret).toBe(RIGHT);
      expect(readConfig({ set: [`JWT_SECRET=${other}`] }, {}).jwtSecret).toBe(other);
    });

    it('is not given in two ways at once', () => {
      vi.stubEnv('JWT_SECRET', RIGHT);
      vi.stubEnv('JWT_SECRET_FILE', secretFile(RIGHT));
      expect(faultsOf(() => readConfig({}, {}))).toEqual([
        'JWT_SECRET and JWT_SECRET_FILE are both set: expected one of them',
      ]);
    });

    it.each<[string, string]>([
      ['hunter2 in place of a path', 'JWT_SECRET_FILE is (not shown): the file cannot be read (ENOENT)'],
      ['', 'JWT_SECRET_FILE is (not shown): the file is empty'],
      ['hunter2', 'JWT_SECRET is (not shown): expected at least 32 characters'],
    ])('is never shown, nor its path, when it cannot be had (%#)', (content, fault) => {
      const path = content.includes('place') ? content : secretFile(content);
      expect(faultsOf(() => readConfig({ set: [`JWT_SECRET_FILE=${path}`] }, {}, { gateway: true }))).toEqual([fault]);
    });

    it('before the one in use is none when its file is empty, as it is between two changes of it', () => {
      vi.stubEnv('JWT_SECRET', RIGHT);
      vi.stubEnv('JWT_SECRET_PREVIOUS_FILE', secretFile('\n'));
      expect(readConfig({}, {}).jwtSecretPrevious).toBeUndefined();
    });

    it('is followed in its file, except where a layer above gives another', async () => {
      const [path, changed] = [secretFile(RIGHT), 'a changed secret of more than 32 characters!'];
      const below = file({ JWT_SECRET_FILE: path });
      const followed = readConfig({ config: below }, {}).live.texts.get('JWT_SECRET')!;
      const given = readConfig({ config: below, set: [`JWT_SECRET=${RIGHT}`] }, {}).live.texts.get('JWT_SECRET')!;
      writeFileSync(path, changed);
      expect([await followed.refresh(), await given.refresh()]).toEqual(['changed', 'same']);
      expect([followed.current, given.current]).toEqual([changed, RIGHT]);
    });

    it('that is a token and cannot be read makes one fault', () => {
      vi.stubEnv('SCHEMA_REGISTRY_TOKEN_FILE', join(folder, 'nothing'));
      expect(faultsOf(() => readConfig({}, {}))).toEqual([
        'SCHEMA_REGISTRY_TOKEN_FILE is (not shown): the file cannot be read (ENOENT)',
      ]);
    });

    it('and a certificate that cannot be read make one fault each', () => {
      for (const name of ['KAFKA_SSL_CA', 'KAFKA_SSL_CERT', 'KAFKA_SSL_KEY'])
        vi.stubEnv(`${name}_FILE`, join(folder, 'nothing'));
      expect(faultsOf(() => readConfig({}, {}))).toEqual(
        ['CA', 'CERT', 'KEY'].map((part) => `KAFKA_SSL_${part}_FILE is (not shown): the file cannot be read (ENOENT)`),
      );
    });

    it('is not given to programs that we start, nor an address with a password in it', async () => {
      const script = join(folder, 'names.mjs');
      const names = "Object.keys(process.env).filter((name) => /^(KAFKA|JW|SCHEMA)/.test(name)).sort().join('.')";
      writeFileSync(script, `console.log(${names})`);
      vi.stubEnv('JWT_SECRET', RIGHT);
      vi.stubEnv('SCHEMA_REGISTRY_URL', 'http://a:8081,http://me:hunter2@b:8081');
      vi.stubEnv('KAFKA_SASL_MECHANISM', 'oauthbearer');
      vi.stubEnv('KAFKA_OAUTH_TOKEN_COMMAND', `${process.execPath} ${script}`);
      expect(await readConfig({}, {}).live.tokens?.current()).toBe(
        'KAFKA_BROKERS.KAFKA_OAUTH_TOKEN_COMMAND.KAFKA_SASL_MECHANISM',
      );
      vi.stubEnv('SCHEMA_REGISTRY_URL', 'http://a:8081,https://b/api');
      expect(await readConfig({}, {}).live.tokens?.current()).toContain('SCHEMA_REGISTRY_URL');
    });

    it('alone may be in a file: no other option has such a name', () => {
      expect(faultsOf(() => readConfig({ set: ['APP_ID_FILE=x'] }, {}))).toEqual([
        '--set APP_ID_FILE: expected NAME=value with the name of an option',
      ]);
    });
  });

  it('shows no value of --set, which may be a secret under a wrong name', () => {
    expect(faultsOf(() => readConfig({ set: ['JWT_SECRETT=hunter2'] }, {})).join()).not.toContain('hunter2');
  });

  it.each<[string, unknown]>([
    ['is not JSON', 'APP_ID=x'],
    ['is a list', ['APP_ID']],
  ])('names a file that %s', (_, content) => {
    const config = file(content);
    expect(faultsOf(() => readConfig({ config }, {}))).toEqual([
      expect.stringContaining(`the config file ${config} cannot be read`),
    ]);
  });

  it('names a file that is not there', () => {
    expect(faultsOf(() => readConfig({ config: join(folder, 'none.json') }, {}))[0]).toContain(
      'none.json cannot be read',
    );
  });

  it.each([null, { nested: 1 }])('refuses %j as the value of an option in the file', (value) => {
    const config = file({ STATE_DIR: value });
    expect(faultsOf(() => readConfig({ config }, {}))).toEqual([
      `STATE_DIR in ${config}: expected text, a number, true or false, or a list of texts`,
    ]);
  });
});

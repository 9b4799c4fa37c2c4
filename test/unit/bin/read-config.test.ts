import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readConfig } from '../../../bin/read-config.js';
import { OPTION_NAMES } from '../../../topology/worker/config.js';
import { ConfigError } from '../../../common/errors.js';

describe('readConfig', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'streams-config-'));
    for (const name of OPTION_NAMES) vi.stubEnv(name, undefined);
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
  const faultsOf = (read: () => unknown): readonly string[] => {
    try {
      read();
    } catch (error) {
      if (error instanceof ConfigError) return error.faults;
      throw error;
    }
    return [];
  };

  it('lets flags win over --set, that over the environment, that over the file, that over defaults', () => {
    const config = file({ APP_ID: 'file', STATE_DIR: 'file', HTTP_HOST: 'file', LOG_LEVEL: 'warn' });
    for (const name of ['APP_ID', 'STATE_DIR', 'HTTP_HOST']) vi.stubEnv(name, 'env');
    const set = ['APP_ID=set', 'STATE_DIR=set'];
    expect(readConfig({ config, set }, { APP_ID: 'flag' })).toMatchObject({
      APP_ID: 'flag',
      STATE_DIR: 'set',
      HTTP_HOST: 'env',
      LOG_LEVEL: 'warn',
      TOPIC_PREFIX: '',
    });
  });

  it('lets an empty environment variable, as compose files make them, leave the file alone', () => {
    vi.stubEnv('APP_ID', '');
    expect(readConfig({ config: file({ APP_ID: 'file' }) }, {}).APP_ID).toBe('file');
  });

  it('takes numbers, truth values and lists from the file', () => {
    const config = file({
      HTTP_PORT: 1234,
      KAFKA_SSL: true,
      GATEWAY_ALLOWED_ORIGINS: ['https://a.example', 'https://b.example'],
    });
    expect(readConfig({ config }, {})).toMatchObject({
      HTTP_PORT: 1234,
      KAFKA_SSL: true,
      GATEWAY_ALLOWED_ORIGINS: ['https://a.example', 'https://b.example'],
    });
  });

  it('keeps an equals sign in a value of --set', () => {
    expect(readConfig({ set: ['KAFKA_SSL_CA=a=b='] }, {}).KAFKA_SSL_CA).toBe('a=b=');
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

  it('shows no value of --set, which may be a secret under a wrong name', () => {
    expect(faultsOf(() => readConfig({ set: ['JWT_SECRETT=hunter2'] }, {})).join()).not.toContain('hunter2');
  });

  it.each<[string, unknown]>([
    ['is not JSON', 'APP_ID=x'],
    ['is a list', ['APP_ID']],
  ])('names a file that %s', (_, content) => {
    const config = file(content);
    expect(faultsOf(() => readConfig({ config }, {}))).toEqual([
      expect.stringContaining(`the config file ${config} can not be read`),
    ]);
  });

  it('names a file that is not there', () => {
    expect(faultsOf(() => readConfig({ config: join(folder, 'none.json') }, {}))[0]).toContain(
      'none.json can not be read',
    );
  });

  it.each([null, { nested: 1 }])('refuses %j as the value of an option in the file', (value) => {
    const config = file({ STATE_DIR: value });
    expect(faultsOf(() => readConfig({ config }, {}))).toEqual([
      `STATE_DIR in ${config}: expected text, a number, true or false, or a list of texts`,
    ]);
  });
});

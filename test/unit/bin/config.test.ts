import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { printPage } from '../../../bin/config/options-page.js';
import { environmentWarnings } from '../../../bin/config/environment-names.js';
import { OPTION_NAMES, OPTIONS, FILE_NAMES } from '../../../topology/worker/options.js';
import { faultsOfCommand, runCommand, runToEnd } from './run-command.js';

const SECRET = 'a secret of more than 32 characters!';
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'streams-config-'));
  for (const name of OPTION_NAMES) for (const key of [name, `${name}_FILE`]) vi.stubEnv(key, undefined);
  vi.stubEnv('KAFKA_BROKERS', 'me:hunter2@kafka:9092,kafka-2:9092');
  vi.stubEnv('SCHEMA_REGISTRY_URL', 'http://registry:8081');
  vi.stubEnv('JWT_SECRET', SECRET);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

describe('config check', () => {
  beforeEach(() => vi.stubEnv('KAFKA_BROKERS', 'kafka:9092'));

  it('says in one line that all is good', async () => {
    expect(await runCommand('config', 'check', '--set', 'TOPIC_PREFIX=x.')).toEqual({
      lines: ['good for worker: 4 options are set, the others have their defaults'],
      code: 0,
    });
  });

  it('knows what each reader needs', async () => {
    for (const name of ['SCHEMA_REGISTRY_URL', 'JWT_SECRET']) vi.stubEnv(name, undefined);
    const missing = async (reader: string): Promise<string> =>
      (await faultsOfCommand('config', 'check', '--for', reader)).map((fault) => fault.split(' is ')[0]).join();
    expect(await missing('worker')).toBe('SCHEMA_REGISTRY_URL,neither JWT_SECRET nor JWKS_URL');
    expect(await missing('gateway')).toBe('SCHEMA_REGISTRY_URL,neither JWT_SECRET nor JWKS_URL');
    expect(await missing('stream')).toBe('SCHEMA_REGISTRY_URL');
    expect(await missing('registry')).toBe('SCHEMA_REGISTRY_URL');
    expect((await runCommand('config', 'check', '--for', 'brokers')).code).toBe(0);
  });

  it('finds every fault, those of the rules too', async () => {
    const set = ['--set', 'HTTP_PORT=x', 'NO_SUCH=1'];
    expect(await faultsOfCommand('config', 'check', ...set)).toEqual([
      '--set NO_SUCH: expected NAME=value with the name of an option',
      'HTTP_PORT is "x": expected a port number; 0 picks a free one, from 0 to 65535',
    ]);
    expect(await faultsOfCommand('config', 'check', '--set', 'LOCALES=en,fr')).toEqual([
      expect.stringContaining('the rules have no texts in fr'),
    ]);
    expect((await runCommand('config', 'check', '--for', 'gateway', '--set', 'LOCALES=en,fr')).code).toBe(0);
  });

  it('warns of a name a letter off, which --strict takes for a fault', async () => {
    vi.stubEnv('DEDUP_WINDW', '1d');
    const warning = 'DEDUP_WINDW is set in the environment, and nobody reads it; did you mean DEDUP_WINDOW?';
    const { lines, code } = await runCommand('config', 'check', '--json');
    expect([lines.map((line) => JSON.parse(line) as unknown), code]).toEqual([
      [{ ok: true, for: 'worker', faults: [], warnings: [warning] }],
      0,
    ]);
    const strict = await runCommand('config', 'check', '--json', '--strict');
    expect([JSON.parse(strict.lines[0]!), strict.code]).toEqual([
      { ok: false, for: 'worker', faults: [warning], warnings: [] },
      2,
    ]);
    expect(await faultsOfCommand('config', 'check', '--strict')).toEqual([warning]);
  });
});

describe('a name in the environment', () => {
  it.each([
    ['KAFKA_BROKER', 'KAFKA_BROKERS'],
    ['DEDUP_WINDW', 'DEDUP_WINDOW'],
    ['TOPIC_PREFX', 'TOPIC_PREFIX'],
    ['JWKS_URI', 'JWKS_URL'],
    ['jwt_secret', 'JWT_SECRET'],
    ['JWT_SECRT_FILE', 'JWT_SECRET_FILE'],
    ['TASK_EVENTS_TOPIC', 'TASK_EVENT_TOPIC'],
    ['STANDBY_REPLICA', 'STANDBY_REPLICAS'],
  ])('%s is taken for %s', (name, meant) => {
    expect(environmentWarnings({ [name]: 'hunter2' })).toEqual([
      `${name} is set in the environment, and nobody reads it; did you mean ${meant}?`,
    ]);
  });

  it.each(FILE_NAMES)('%s_FILE is read', (name) => {
    expect(environmentWarnings({ [`${name}_FILE`]: '/x', [name]: 'x' })).toEqual([]);
  });

  it('for a file of what may not be in one is of one that nobody reads', () => {
    expect(environmentWarnings({ APP_ID_FILE: '/x' })).toEqual([
      expect.stringMatching(
        /^APP_ID_FILE is set .* nobody reads it: only these may be in a file \(.*JWT_SECRET_FILE.*\)\. Set APP_ID$/,
      ),
    ]);
  });

  it('is no slip when it is common for something else, or set to nothing', () => {
    const common =
      `PATH HOME HOST HOSTNAME LANG LANGUAGE LC_ALL LOGNAME SHELL TERM USER PWD PORT TZ TMPDIR EDITOR PAGER DISPLAY
      HTTP_PROXY HTTPS_PROXY http_proxy https_proxy NO_PROXY HTTPS_PORT NODE_ENV NODE_OPTIONS NODE_PATH NO_COLOR FORCE_COLOR DEBUG
      LOG_FORMAT LOG_FILE KAFKA_HOME KAFKA_OPTS KAFKA_HEAP_OPTS KAFKA_PORT KAFKA_SERVICE_HOST KAFKA_SERVICE_PORT JAVA_HOME
      SSH_AUTH_SOCK XDG_DATA_HOME KUBERNETES_SERVICE_HOST KUBERNETES_PORT AWS_REGION npm_config_cache`.split(/\s+/);
    expect(environmentWarnings(Object.fromEntries(common.map((name) => [name, 'x'])))).toEqual([]);
    expect(environmentWarnings({ DEDUP_WINDW: '' })).toEqual([]);
    expect(environmentWarnings(Object.fromEntries(OPTION_NAMES.map((name) => [name, 'x'])))).toEqual([]);
  });
});

describe('config print', () => {
  const settings = async (...args: readonly string[]): Promise<Record<string, unknown>> => {
    const { lines } = await runCommand('config', 'print', '--json', ...args);
    const objects = lines.map((line) => JSON.parse(line) as { name: string });
    return Object.fromEntries(objects.map(({ name, ...rest }) => [name, rest]));
  };

  it('says of every option what it is, and where that is from', async () => {
    const path = join(folder, 'sasl');
    writeFileSync(path, 'hunter2');
    const config = join(folder, 'config.json');
    writeFileSync(config, JSON.stringify({ LOG_LEVEL: 'warn', HTTP_PORT: 1 }));
    vi.stubEnv('HTTP_PORT', '2');
    vi.stubEnv('APP_ID', '');
    for (const [name, value] of [
      ['MECHANISM', 'plain'],
      ['USERNAME', 'me'],
      ['PASSWORD_FILE', path],
    ] as const)
      vi.stubEnv(`KAFKA_SASL_${name}`, value);
    vi.stubEnv('KAFKA_BROKERS', 'kafka:9092');
    const found = await settings('--config', config, '--set', 'COMMIT_RECORDS=7');
    expect(Object.keys(found)).toEqual([...OPTION_NAMES]);
    expect(found).toMatchObject({
      KAFKA_BROKERS: { group: 'need', value: 'kafka:9092', from: 'environment' },
      LOG_LEVEL: { value: 'warn', from: 'file' },
      HTTP_PORT: { value: '2', from: 'environment' },
      COMMIT_RECORDS: { value: '7', from: 'set' },
      APP_ID: { value: 'notification-streams', from: 'default' },
      START_FROM: { value: null, from: 'unset' },
      JWT_SECRET: { value: null, secret: true, from: 'environment' },
      KAFKA_SASL_PASSWORD: { value: null, secret: true, from: 'environment', by: 'KAFKA_SASL_PASSWORD_FILE' },
      TASK_EVENT_TOPIC: { group: 'topics', value: 'TASK_EVENT_TOPIC', from: 'default' },
    });
  });

  it('shows no secret, no path of one, and no credentials, whatever is wrong with them', async () => {
    vi.stubEnv('JWT_SECRET', undefined);
    vi.stubEnv('JWT_SECRET_FILE', 'hunter2-in-place-of-a-path');
    vi.stubEnv('SCHEMA_REGISTRY_URL', 'http://me:hunter2@registry:8081');
    vi.stubEnv('JWKS_URL', 'https://me:hunter2');
    const { lines, errors, code } = await runToEnd('config', 'print');
    expect(code).toBe(2);
    expect(lines.join('\n')).toContain('http://***@registry:8081');
    expect([...lines, ...errors].join('\n')).not.toMatch(/hunter2|more than 32/);
  });

  it('is grouped for a person, and fits 100 columns', async () => {
    vi.stubEnv('KAFKA_BROKERS', 'kafka:9092');
    const { lines, code } = await runCommand('config', 'print');
    expect(lines.filter((line) => !line.startsWith(' ') && line !== '')).toEqual([
      'What a first start needs',
      'Who the worker is, what it connects to, where it listens',
      'What has a default that will do',
      "The contract's topics",
    ]);
    expect(lines).toContainEqual(expect.stringMatching(/^ {2}KAFKA_BROKERS +kafka:9092 {2}\(environment\)$/));
    expect(lines).toContainEqual(expect.stringMatching(/^ {2}JWT_SECRET +\(not shown\) {2}\(environment\)$/));
    expect(lines.filter((line) => line.length > 100)).toEqual([]);
    expect(code).toBe(0);
  });
});

describe('config doc', () => {
  it('prints the page of the documents, the text of --help, and an object an option', async () => {
    expect((await runCommand('config', 'doc', '--format', 'markdown')).lines.join('\n')).toBe(printPage().trimEnd());
    expect((await runCommand('config', 'doc')).lines.join('\n')).toContain('What a first start needs:');
    const objects = (await runCommand('config', 'doc', '--format', 'json')).lines.map(
      (line) => JSON.parse(line) as object,
    );
    expect(objects).toHaveLength(OPTION_NAMES.length);
    expect(objects[0]).toMatchObject({ name: 'KAFKA_BROKERS', group: 'need', default: null, required: true });
    expect(objects.filter((one) => 'file' in one)).toHaveLength(FILE_NAMES.length);
    expect(Object.keys(OPTIONS)).toContain((objects[0] as { name: string }).name);
  });

  it('takes no other format', async () => {
    expect(await faultsOfCommand('config', 'doc', '--format', 'yaml')).toEqual([
      '--format is "yaml": expected text, markdown, json',
    ]);
  });
});

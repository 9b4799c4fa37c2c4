import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { parseConfig, workerIdOf, type ConfigNeeds, type RawConfig } from '../../../../topology/worker/config.js';
import type { OptionDefinition } from '../../../../topology/worker/option-definition.js';
import { OPTION_NAMES, OPTIONS } from '../../../../topology/worker/options.js';
import { CONTRACT_TOPICS } from '../../../../common/topic-names.js';
import { makeCertificate } from '../../../../dev/stack/certificate.js';
import { faultsOf } from '../../faults-of.js';

const WORKER: ConfigNeeds = { registry: true, gateway: true };
const SECRET = 'a secret of more than 32 characters!';
const GOOD: RawConfig = {
  KAFKA_BROKERS: 'broker:9092',
  SCHEMA_REGISTRY_URL: 'http://registry:8081',
  JWT_SECRET: SECRET,
};

const faultsIn = (raw: RawConfig, needs: ConfigNeeds = WORKER): readonly string[] =>
  faultsOf(() => parseConfig(raw, needs));

describe('parseConfig', () => {
  it('fills in the defaults', () => {
    expect(parseConfig(GOOD, WORKER)).toMatchObject({
      kafkaBrokers: ['broker:9092'],
      appId: 'notification-streams',
      topicPrefix: '',
      stateDir: '.state',
      roles: ['stream', 'gateway'],
      httpPort: 9464,
      gatewayPort: 8080,
      gatewayAllowedOrigins: [],
      commitIntervalMs: 100,
      retryAttempts: 3,
      retryBackoffMs: 1000,
      dedupWindowMs: 7 * 24 * 3_600_000,
      logLevel: 'info',
      kafkaSsl: false,
    });
  });

  it('takes a share, a least number of records and a time for the dead-letter budget, or none', () => {
    const budgetOf = (given: string): unknown =>
      parseConfig({ ...GOOD, DEAD_LETTER_BUDGET: given }, WORKER).deadLetterBudget;
    expect(parseConfig(GOOD, WORKER).deadLetterBudget).toBeUndefined();
    expect(budgetOf('off')).toBeUndefined();
    expect(budgetOf('50%/1000/1m')).toEqual({ percent: 50, leastRecords: 1000, windowMs: 60_000 });
    expect(budgetOf('100%/1/30s')).toEqual({ percent: 100, leastRecords: 1, windowMs: 30_000 });
    for (const given of ['50', '50/1000/1m', '0%/10/1m', '101%/10/1m', '50%/0/1m', '50%/1e3/1m', '50%/10', '50%/10/'])
      expect(faultsIn({ ...GOOD, DEAD_LETTER_BUDGET: given })).toEqual([
        expect.stringMatching(/^DEAD_LETTER_BUDGET is ".*": .*expected /),
      ]);
    expect(faultsIn({ ...GOOD, DEAD_LETTER_BUDGET: '50%/10/1ms' })).toEqual([
      'DEAD_LETTER_BUDGET is "50%/10/1ms": the time: expected at least 1s',
    ]);
  });

  it('needs no brokers for what only reaches the worker of STATE_DIR', () => {
    expect(parseConfig({ STATE_DIR: '/state' }, { brokers: false }).stateDir).toBe('/state');
    expect(faultsIn({}, {})).toEqual([expect.stringContaining('KAFKA_BROKERS is not set')]);
  });

  it("puts the worker's id behind the application's in client ids: WORKER_ID, or the host's name, made fit", () => {
    const named = parseConfig({ ...GOOD, APP_ID: 'erp', WORKER_ID: 'stream-0' }, WORKER);
    expect(named.kafka.clientId).toBe('erp-stream-0');
    expect(parseConfig(GOOD, WORKER).workerId).toBe(workerIdOf(hostname()));
    expect(workerIdOf('erp-7.example.com')).toBe('erp-7.example.com');
    expect(workerIdOf('größer (2)')).toBe('gr-er-2-');
    expect(workerIdOf('x'.repeat(64))).toBe('x'.repeat(60));
    expect(workerIdOf('')).toBe('worker');
    expect(faultsIn({ ...GOOD, WORKER_ID: 'worker 1' })).toEqual([
      'WORKER_ID is "worker 1": expected letters, digits, dot, dash or underscore (up to 60)',
    ]);
  });

  it('takes one of three words for what becomes of unknown types', () => {
    expect(parseConfig(GOOD, WORKER).unknownTypes).toBe('wait');
    expect(parseConfig({ ...GOOD, UNKNOWN_TYPES: 'dead-letter' }, WORKER).unknownTypes).toBe('dead-letter');
    expect(() => parseConfig({ ...GOOD, UNKNOWN_TYPES: 'drop' }, WORKER)).toThrow(
      'UNKNOWN_TYPES is "drop": expected wait, dead-letter or skip',
    );
  });

  it('takes schemes of action URLs in any case, and never one that brings its own script', () => {
    const schemes = (text: string): RawConfig => ({ ...GOOD, ACTION_URL_SCHEMES: text });
    expect(parseConfig(GOOD, WORKER).actionUrlSchemes).toEqual(['https', 'http']);
    expect(parseConfig(schemes('HTTPS, mailto'), WORKER).actionUrlSchemes).toEqual(['https', 'mailto']);
    expect(faultsIn(schemes('https,JavaScript,data'))).toEqual([
      'ACTION_URL_SCHEMES is "https,JavaScript,data": javascript can bring its own page or script, and is never allowed',
      'ACTION_URL_SCHEMES is "https,JavaScript,data": data can bring its own page or script, and is never allowed',
    ]);
    expect(faultsIn(schemes('https://'))).toEqual([
      'ACTION_URL_SCHEMES is "https://": "https://" is no scheme; expected names such as https,http',
    ]);
    expect(faultsIn(schemes(','))).toEqual([
      'ACTION_URL_SCHEMES is ",": expected names of schemes, such as https,http',
    ]);
  });

  it('takes languages as BCP 47 writes them, the default first, each once', () => {
    const locales = (text: string): RawConfig => ({ ...GOOD, LOCALES: text });
    expect(parseConfig(GOOD, WORKER).locales).toEqual(['en']);
    expect(parseConfig(locales('VI, en,vi,pt-br'), WORKER).locales).toEqual(['vi', 'en', 'pt-BR']);
    expect(faultsIn(locales('en,vi_VN,english'))).toEqual([
      'LOCALES is "en,vi_VN,english": "vi_VN" is no language tag; expected BCP 47, such as vi or pt-BR',
      'LOCALES is "en,vi_VN,english": "english" is no language whose numbers and dates Node knows; expected such as vi or pt-BR',
    ]);
    expect(faultsIn(locales(','))).toEqual(['LOCALES is ",": expected language tags, such as en,vi']);
  });

  it('cannot be changed afterwards', () => {
    const config = parseConfig(GOOD, WORKER);
    expect(() => Object.assign(config, { appId: 'other' })).toThrow(TypeError);
  });

  it('refuses what no port and no time is (found by the fuzzer)', () => {
    expect(faultsIn({ ...GOOD, KAFKA_BROKERS: 'a:9092,b:65536' })).toEqual([
      expect.stringMatching(/^KAFKA_BROKERS is/),
    ]);
    expect(faultsIn({ ...GOOD, KAFKA_BROKERS: 'a:65535' })).toEqual([]);
    for (const window of [`${'9'.repeat(400)}d`, '36501d'])
      expect(faultsIn({ ...GOOD, DEDUP_WINDOW: window })).toEqual([expect.stringMatching(/at most 36500d/)]);
    expect(faultsIn({ ...GOOD, DEDUP_WINDOW: '36500d' })).toEqual([]);
  });

  it('reports every fault at once, each with its name, its value and what was expected', () => {
    const faults = faultsIn({
      ...GOOD,
      KAFKA_BROKERS: 'broker',
      HTTP_PORT: '99999',
      GATEWAY_PORT: 'http',
      DEDUP_WINDOW: 'a week',
      ROLES: 'stream,cook',
      START_FROM: 'yesterday',
      LOG_LEVEL: 'loud',
      TASK_EVENT_TOPIC: 'no spaces',
      KAFKA_SSL: 'yes',
    });
    expect([...faults].sort()).toEqual([
      'DEDUP_WINDOW is "a week": expected a number and a unit (ms, s, m, h, d), such as 7d',
      'GATEWAY_PORT is "http": expected a port number; 0 picks a free one, from 0 to 65535',
      'HTTP_PORT is "99999": expected a port number; 0 picks a free one, from 0 to 65535',
      'KAFKA_BROKERS is "broker": expected host:port or [IPv6 address]:port, several with commas between',
      'KAFKA_SSL is "yes": expected true or false',
      'LOG_LEVEL is "loud": expected trace, debug, info, warn, error, fatal or silent',
      'ROLES is "stream,cook": expected stream, gateway, or both with a comma between',
      'START_FROM is "yesterday": expected earliest, latest, or a time such as 2026-01-31T00:00:00Z',
      'TASK_EVENT_TOPIC is "no spaces": expected letters, digits, dot, dash or underscore (up to 150)',
    ]);
  });

  it('says which options are not set, and the way out', () => {
    const faults = faultsIn({});
    expect(faults).toHaveLength(3);
    expect(faults.join('\n')).toMatch(/KAFKA_BROKERS is not set: .*dev up/);
    expect(faults.join('\n')).toMatch(/SCHEMA_REGISTRY_URL is not set: .*dev up/);
    expect(faults.join('\n')).toMatch(/neither JWT_SECRET nor JWKS_URL is set/);
  });

  it('takes an option set to the empty string for one that is not set', () => {
    const config = parseConfig({ ...GOOD, APP_ID: '', START_FROM: '', TOPIC_PREFIX: '' }, WORKER);
    expect([config.appId, config.startFrom]).toEqual(['notification-streams', undefined]);
  });

  it.each<[string, RawConfig, string, string]>([
    [
      'a secret of the tokens',
      { JWT_SECRET: 'too-short-secret' },
      'too-short-secret',
      'JWT_SECRET is (not shown): expected at least 32 characters',
    ],
    [
      'the credentials in a URL',
      { SCHEMA_REGISTRY_URL: 'ftp://me:hunter2@registry' },
      'hunter2',
      'SCHEMA_REGISTRY_URL is "ftp://***@registry"',
    ],
    [
      'the credentials in a URL that is one too many',
      { JWKS_URL: 'https://me:hunter2@keys' },
      'hunter2',
      '(JWKS_URL is "https://***@keys")',
    ],
  ])('never shows %s', (_, raw, secret, fault) => {
    const faults = faultsIn({ ...GOOD, ...raw });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(fault);
    expect(faults[0]).not.toContain(secret);
  });

  it('does not show the broker password, whatever else is wrong', () => {
    const raw = {
      ...GOOD,
      KAFKA_SASL_MECHANISM: 'magic',
      KAFKA_SASL_USERNAME: 'me',
      KAFKA_SASL_PASSWORD: 'hunter2',
      HTTP_PORT: 'x',
    };
    expect(faultsIn(raw).length).toBeGreaterThan(0);
    expect(faultsIn(raw).join('\n')).not.toContain('hunter2');
  });

  it('needs a registry and a token secret only where they are used', () => {
    const bare = { KAFKA_BROKERS: 'broker:9092' };
    expect(faultsIn(bare, {})).toEqual([]);
    expect(faultsIn({ ...bare, SCHEMA_REGISTRY_URL: 'http://r' }, { registry: true })).toEqual([]);
    expect(faultsIn({ ...bare, SCHEMA_REGISTRY_URL: 'http://r', ROLES: 'stream' }, WORKER)).toEqual([]);
    expect(faultsIn({ ...bare, SCHEMA_REGISTRY_URL: 'http://r', ROLES: 'gateway' }, WORKER)).toHaveLength(1);
    expect(
      faultsIn({ ...bare, SCHEMA_REGISTRY_URL: 'http://r', ROLES: 'stream', HTTP_PORT: 'x' }, WORKER),
    ).toHaveLength(1);
  });

  it('takes a token secret or the URL of keys, never both', () => {
    expect(faultsIn({ ...GOOD, JWKS_URL: 'https://keys' })[0]).toMatch(/JWT_SECRET and JWKS_URL are both set/);
    expect(faultsIn({ ...GOOD, JWT_SECRET: undefined, JWKS_URL: 'https://keys' })).toEqual([]);
  });

  it('takes all of SASL or none of it', () => {
    const sasl = { KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'me', KAFKA_SASL_PASSWORD: 'hunter2' };
    for (const missing of Object.keys(sasl))
      expect(faultsIn({ ...GOOD, ...sasl, [missing]: undefined })).toHaveLength(1);
    expect(parseConfig({ ...GOOD, ...sasl }, WORKER).kafka.sasl).toMatchObject({ mechanism: 'plain' });
    expect(parseConfig({ ...GOOD, ...sasl }, WORKER)).toMatchObject({
      kafkaSaslUsername: 'me',
      kafkaSaslPassword: 'hunter2',
    });
  });

  it('wants answers within a transaction, and says so beside other faults', () => {
    const late = { ...GOOD, REQUEST_TIMEOUT_MS: '20000', TRANSACTION_TIMEOUT_MS: '20000' };
    expect(faultsIn(late)).toEqual([
      expect.stringMatching(/^REQUEST_TIMEOUT_MS is "20000": expected less than TRANSACTION_TIMEOUT_MS \(20000\)/),
    ]);
    expect(faultsIn({ ...late, HTTP_PORT: 'x' })).toHaveLength(2);
  });

  it.each<[string, number]>([
    ['1s', 1000],
    ['90m', 5_400_000],
    ['36h', 129_600_000],
    ['7d', 604_800_000],
    ['1500ms', 1500],
  ])('reads the duration %s', (text, ms) => {
    expect(parseConfig({ ...GOOD, DEDUP_WINDOW: text }, WORKER).dedupWindowMs).toBe(ms);
  });

  it('refuses a window of less than a second', () => {
    expect(faultsIn({ ...GOOD, DEDUP_WINDOW: '999ms' })).toEqual(['DEDUP_WINDOW is "999ms": expected at least 1s']);
  });

  it.each<[string, unknown]>([
    ['earliest', 'earliest'],
    ['latest', 'latest'],
    ['2026-01-31T00:00:00Z', Date.UTC(2026, 0, 31)],
    ['2026-01-31', Date.UTC(2026, 0, 31)],
  ])('reads START_FROM %s', (text, spec) => {
    expect(parseConfig({ ...GOOD, START_FROM: text }, WORKER).startFrom).toBe(spec);
  });

  it('takes IPv6 addresses, in brackets where a port follows', () => {
    const raw = { ...GOOD, KAFKA_BROKERS: '[::1]:9092,[fd00::2]:19092', HTTP_HOST: '::1', GATEWAY_HOST: '[::]' };
    const config = parseConfig({ ...raw, SCHEMA_REGISTRY_URL: 'http://me:pw@[::1]:8081/api' }, WORKER);
    expect(config.kafka.brokers).toEqual(['[::1]:9092', '[fd00::2]:19092']);
    expect(config).toMatchObject({ httpHost: '::1', gatewayHost: '::' });
    for (const wrong of ['::1:9092', '[::1]', '[::1]:99999', '[kafka]:9092', '[::1:9092', '[]:9092'])
      expect(faultsIn({ ...GOOD, KAFKA_BROKERS: wrong })).toHaveLength(1);
  });

  it('takes several addresses of the registry, and names what is wrong with one of them', () => {
    const several = (text: string): readonly string[] => faultsIn({ ...GOOD, SCHEMA_REGISTRY_URL: text });
    expect(several('http://a:8081, https://me:pw@b/api')).toEqual([]);
    expect(several('http://a:8081,b:8081')).toEqual([
      'SCHEMA_REGISTRY_URL is "http://a:8081,b:8081": expected an http or https URL; several have commas between, a comma in a password is %2C',
    ]);
    expect(several('http://me:p,w@b')).toEqual([expect.stringMatching(/is "http:\/\/\*\*\*@b": .* %2C$/)]);
  });

  it('splits lists at commas and forgives blanks', () => {
    const config = parseConfig(
      { ...GOOD, KAFKA_BROKERS: 'a:1, b:2,', GATEWAY_ALLOWED_ORIGINS: 'https://a.example, https://b.example' },
      WORKER,
    );
    expect(config.kafka.brokers).toEqual(['a:1', 'b:2']);
    expect(config.gatewayAllowedOrigins).toEqual(['https://a.example', 'https://b.example']);
  });

  it('renames the topics of the contract, under the prefix', () => {
    const { names } = parseConfig(
      { ...GOOD, TOPIC_PREFIX: 'test.', APP_ID: 'app', TASK_EVENT_TOPIC: 'tasks', NOTIFICATION_DLQ: 'dead' },
      WORKER,
    );
    expect(names.physical('TASK_EVENT_TOPIC')).toBe('test.tasks');
    expect(names.physical('NOTIFICATION_DLQ')).toBe('test.dead');
    expect(names.physical('CRM_EVENT_TOPIC')).toBe('test.CRM_EVENT_TOPIC');
  });

  it('turns TLS on by itself when an authority is given', () => {
    expect(parseConfig(GOOD, WORKER).kafka.ssl).toBeUndefined();
    expect(parseConfig({ ...GOOD, KAFKA_SSL: 'true' }, WORKER).kafka.ssl).toBe(true);
    const { cert } = makeCertificate({ name: 'authority', notAfter: new Date('2040-01-01') });
    expect(parseConfig({ ...GOOD, KAFKA_SSL_CA: cert }, WORKER).kafka.ssl).toHaveProperty('secureContext');
  });

  it('names every option once, the topics of the contract among them', () => {
    expect(new Set(OPTION_NAMES).size).toBe(OPTION_NAMES.length);
    expect(OPTION_NAMES).toEqual(expect.arrayContaining([...CONTRACT_TOPICS]));
  });
});

describe('the table of options', () => {
  const options = Object.entries<OptionDefinition>(OPTIONS);

  it.each(options)('says in the key of %s what its value counts', (_, { key, unit = '' }) => {
    expect(/(Ms|Bytes|Records)$/.exec(key)?.[1]?.toLowerCase() ?? '').toBe(unit);
  });

  it.each(options)('says what becomes of %s when it is not set: a default, a fault, or what follows', (_, option) => {
    const said = [option.default, option.required, option.unset].filter((text) => text !== undefined);
    expect(said).toHaveLength(1);
  });

  it.each(options)('has a sound default, a description and one line of help for %s', (_, option) => {
    if (option.default !== undefined) expect(option.schema.safeParse(option.default).success).toBe(true);
    expect(option.schema.description).toBeTruthy();
    expect(option.help).toMatch(/^\S[^\n]{0,117}[.]$/);
  });

  it('has no key twice', () => {
    expect(new Set(options.map(([, { key }]) => key)).size).toBe(options.length);
  });
});

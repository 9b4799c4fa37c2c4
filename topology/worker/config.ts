/**
 * The configuration, parsed once: flags over environment over config file over defaults. Every fault is reported, each
 * with its name, the value given and what was expected. Nothing else reads the environment.
 */
import { isIPv6 } from 'node:net';
import { z } from 'zod';
import { DEFAULT_ACTION_URL_SCHEMES, schemeFault } from '../../processors/action-url.js';
import { ConfigError } from '../../common/errors.js';
import type { KafkaSettings, OffsetSpec } from '../kafka/index.js';
import { UNKNOWN_TYPES } from '../../processors/outcome.js';
import { parseUrl } from '../../common/parse-url.js';
import { shown, shownAddress } from '../../common/shown.js';
import { CONTRACT_TOPICS, TopicNames } from '../../common/topic-names.js';

/** Values by option name, as the environment or a config file gives them. */
export type RawConfig = Readonly<Record<string, string | undefined>>;

const DURATION = /^(\d+)(ms|s|m|h|d)$/;
const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A hundred years: what is longer is a slip, and past 2^53 no number holds it. */
const LONGEST_MS = 36_500 * UNIT_MS.d;

const whole = (min: number, max: number, what: string) => {
  const expected = `expected ${what}, from ${min} to ${max}`;
  return z
    .string()
    .regex(/^-?\d+$/, expected)
    .transform(Number)
    .refine((n) => n >= min && n <= max, expected);
};

const port = whole(0, 65_535, 'a port number; 0 picks a free one');

const duration = z
  .string()
  .regex(DURATION, 'expected a number and a unit (ms, s, m, h, d), such as 7d')
  .transform((text) => {
    const [, count, unit] = DURATION.exec(text)!;
    return Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
  })
  .refine((ms) => ms >= 1000, 'expected at least 1s')
  .refine((ms) => ms <= LONGEST_MS, 'expected at most 36500d');

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);

const flag = z.enum(['true', 'false'], { error: 'expected true or false' }).transform((text) => text === 'true');

const afterHost = ({ pathname, search, hash }: URL): string => pathname + search + hash;

const httpUrl = z
  .string()
  .refine((text) => /^https?:\/\/[^/\s]+/.test(text) && parseUrl(text) !== undefined, 'expected an http or https URL')
  .refine(
    // What was meant as a password is then taken for a path, and shown as one.
    (text) => {
      const url = parseUrl(text);
      return url === undefined || !afterHost(url).includes('@');
    },
    'expected a URL whose / ? # and @ in user and password are percent-encoded',
  );

/** Several, with commas between. */
const httpUrls = z.string().superRefine((text, context) => {
  for (const url of text.split(',')) {
    const { error } = httpUrl.safeParse(url.trim());
    if (error === undefined) continue;
    const [{ message } = { message: '' }] = error.issues;
    const several = text.includes(',') ? '; several have commas between, a comma in a password is %2C' : '';
    context.addIssue({ code: 'custom', message: message + several });
    return;
  }
});

const startFrom = z.string().transform((text, context): OffsetSpec => {
  if (text === 'earliest' || text === 'latest') return text;
  const time = Date.parse(text);
  if (/^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(time)) return time;
  context.addIssue({ code: 'custom', message: 'expected earliest, latest, or a time such as 2026-01-31T00:00:00Z' });
  return z.NEVER;
});

const roles = list.refine(
  (names): names is ('stream' | 'gateway')[] =>
    names.length > 0 && names.every((name) => name === 'stream' || name === 'gateway'),
  'expected stream, gateway, or both with a comma between',
);

const schemes = list
  .transform((names) => names.map((scheme) => scheme.toLowerCase()))
  .superRefine((names, context) => {
    const faults = names.map(schemeFault).filter((fault) => fault !== undefined);
    if (names.length === 0) faults.push('expected names of schemes, such as https,http');
    for (const message of faults) context.addIssue({ code: 'custom', message });
  });

const name = z
  .string()
  .regex(/^[a-zA-Z0-9._-]{1,150}$/, 'expected letters, digits, dot, dash or underscore (up to 150)');

/** The names of an option's values are checked against Kafka's rules for topics; an empty prefix is none. */
const prefix = z
  .string()
  .regex(/^[a-zA-Z0-9._-]{0,80}$/, 'expected letters, digits, dot, dash or underscore (up to 80)');

/** A name, an IPv4 address, or an IPv6 address in brackets. */
const isBroker = (text: string): boolean => {
  const [, address, port] = /^(?:\[(.*)\]|[^\s:@/[\]]+):(\d{1,5})$/.exec(text) ?? [];
  return Number(port) <= 65_535 && (address === undefined || isIPv6(address));
};

/** An address to listen on; an IPv6 one may stand in brackets, as in a URL. */
const address = z
  .string()
  .min(1, 'expected an address')
  .transform((text) => text.replace(/^\[(.*)\]$/, '$1'));

const OPTIONS = {
  KAFKA_BROKERS: list.refine((brokers) => brokers.length > 0 && brokers.every(isBroker), {
    error: ({ input }) =>
      String(input).includes('@')
        ? 'expected host:port; a name and a password are KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD'
        : 'expected host:port or [IPv6 address]:port, several with commas between',
  }),
  SCHEMA_REGISTRY_URL: httpUrls,
  APP_ID: name.default('notification-streams'),
  STATE_DIR: z.string().min(1, 'expected a folder').default('.state'),
  TOPIC_PREFIX: prefix.default(''),
  ROLES: roles.default(['stream', 'gateway']),
  HTTP_HOST: address.default('0.0.0.0'),
  HTTP_PORT: port.default(9464),
  GATEWAY_HOST: address.default('0.0.0.0'),
  GATEWAY_PORT: port.default(8080),
  GATEWAY_ALLOWED_ORIGINS: list.default([]),
  JWT_SECRET: z.string().min(32, 'expected at least 32 characters').optional(),
  JWKS_URL: httpUrl.optional(),
  JWT_ISSUER: z.string().min(1, 'expected a name').optional(),
  JWT_AUDIENCE: z.string().min(1, 'expected a name').optional(),
  JWT_MAX_AGE: duration.optional(),
  START_FROM: startFrom.optional(),
  MAX_TASKS: whole(1, 10_000, 'a number of tasks').default(16),
  COMMIT_INTERVAL_MS: whole(1, 60_000, 'milliseconds').default(100),
  COMMIT_RECORDS: whole(1, 1_000_000, 'a number of records').default(10_000),
  MAX_RECORD_BYTES: whole(100_000, 100_000_000, 'bytes').default(8 * 1024 * 1024),
  MAX_EVENT_BYTES: whole(1_000_000, 1_000_000_000, 'bytes').default(64 * 1024 * 1024),
  RETRY_ATTEMPTS: whole(1, 100, 'a number of tries in all').default(3),
  RETRY_BACKOFF_MS: whole(0, 600_000, 'milliseconds').default(1000),
  DIRECTORY_WAIT_MS: whole(0, 3_600_000, 'milliseconds').default(2000),
  ACTION_URL_SCHEMES: schemes.default([...DEFAULT_ACTION_URL_SCHEMES]),
  UNKNOWN_TYPES: z.enum(UNKNOWN_TYPES, { error: 'expected skip or dead-letter' }).default('skip'),
  TEMPLATES_DIR: z.string().min(1, 'expected a folder').optional(),
  DEDUP_WINDOW: duration.default(7 * UNIT_MS.d),
  STANDBY_REPLICAS: whole(0, 10, 'a number of copies of each store').default(0),
  ACCEPTABLE_LAG: whole(0, 1_000_000_000, 'a number of changelog records').default(1000),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      error: 'expected trace, debug, info, warn, error, fatal or silent',
    })
    .default('info'),
  SESSION_TIMEOUT_MS: whole(1000, 1_800_000, 'milliseconds').default(10_000),
  TRANSACTION_TIMEOUT_MS: whole(1000, 900_000, 'milliseconds').default(20_000),
  REQUEST_TIMEOUT_MS: whole(1000, 120_000, 'milliseconds').default(10_000),
  REPLICATION_FACTOR: whole(-1, 100, 'a number of replicas for our internal topics').default(-1),
  DLQ_STACK_TRACES: flag.default(false),
  KAFKA_SSL: flag.default(false),
  KAFKA_SSL_CA: z.string().min(1, 'expected a PEM certificate').optional(),
  KAFKA_SASL_MECHANISM: z
    .enum(['plain', 'scram-sha-256', 'scram-sha-512'], { error: 'expected plain, scram-sha-256 or scram-sha-512' })
    .optional(),
  KAFKA_SASL_USERNAME: z.string().min(1, 'expected a user name').optional(),
  KAFKA_SASL_PASSWORD: z.string().min(1, 'expected a password').optional(),
} as const;

/** Never shown, not even when they are wrong. */
const SECRETS = new Set(['JWT_SECRET', 'KAFKA_SASL_PASSWORD']);
/** Shown without the credentials that they may hold, or that somebody thinks they may. */
const ADDRESSES = new Set(['KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL', 'JWKS_URL']);

const topicOptions = Object.fromEntries(CONTRACT_TOPICS.map((topic) => [topic, name.optional()])) as Record<
  (typeof CONTRACT_TOPICS)[number],
  z.ZodOptional<typeof name>
>;

const schema = z.object({ ...OPTIONS, ...topicOptions });
type Parsed = z.output<typeof schema>;

export type Config = Readonly<Parsed> & { readonly names: TopicNames; readonly kafka: KafkaSettings };

/** Every option's name, for the config file's check and the docs. */
export const OPTION_NAMES: readonly string[] = [...Object.keys(OPTIONS), ...CONTRACT_TOPICS];

/** Which options an action needs beside those that every one does. */
export interface ConfigNeeds {
  readonly registry?: boolean;
  readonly gateway?: boolean;
}

/** Throws ConfigError with every fault. An option set to the empty string counts as not set. */
export function parseConfig(raw: RawConfig, needs: ConfigNeeds = {}): Config {
  const given = Object.fromEntries(
    Object.entries(raw).filter(([key, value]) => OPTION_NAMES.includes(key) && value !== undefined && value !== ''),
  );
  if (!needs.registry && given['SCHEMA_REGISTRY_URL'] === undefined) given['SCHEMA_REGISTRY_URL'] = 'http://unused';
  const parsed = schema.safeParse(given);
  const faults = parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) => fault(String(path[0]), given[String(path[0])], message));
  faults.push(...crossFaults(given, needs));
  if (!parsed.success || faults.length > 0) throw new ConfigError(faults);
  const config = parsed.data;
  const renamed = Object.fromEntries(
    CONTRACT_TOPICS.flatMap((topic) => (config[topic] === undefined ? [] : [[topic, config[topic]]])),
  );
  return Object.freeze({
    ...config,
    names: new TopicNames(config.TOPIC_PREFIX, config.APP_ID, renamed),
    kafka: kafkaSettings(config),
  });
}

function fault(option: string, value: string | undefined, message: string): string {
  if (value === undefined) return `${option} is not set: ${EXPECTED[option] ?? 'a value is needed'}`;
  const as = SECRETS.has(option) ? '(not shown)' : ADDRESSES.has(option) ? shownAddress(value) : shown(value);
  return `${option} is ${as}: ${message}`;
}

const EXPECTED: Readonly<Record<string, string>> = {
  KAFKA_BROKERS:
    'expected host:port, several with commas between. For a broker of your own run `notification-streams dev up`',
  SCHEMA_REGISTRY_URL:
    "expected the URL of the registry's Confluent API. For one of your own run `notification-streams dev up`",
};

/** Rules over several options; each is read by itself, so that a fault elsewhere neither hides nor makes one here. */
function crossFaults(given: RawConfig, needs: ConfigNeeds): string[] {
  const faults: string[] = [];
  const alone = <K extends keyof typeof OPTIONS>(option: K) =>
    OPTIONS[option].safeParse(given[option]).data as Parsed[K] | undefined;
  const runsGateway = needs.gateway === true && alone('ROLES')?.includes('gateway') === true;
  if (given['JWT_SECRET'] !== undefined && given['JWKS_URL'] !== undefined) {
    faults.push(
      `JWT_SECRET and JWKS_URL are both set: expected one of them (JWKS_URL is ${shownAddress(given['JWKS_URL'])})`,
    );
  } else if (runsGateway && given['JWT_SECRET'] === undefined && given['JWKS_URL'] === undefined) {
    faults.push(
      'neither JWT_SECRET nor JWKS_URL is set: the gateway needs one of them to check tokens, or ROLES=stream to run without the gateway',
    );
  }
  if (
    (given['KAFKA_SASL_USERNAME'] === undefined) !== (given['KAFKA_SASL_PASSWORD'] === undefined) ||
    (given['KAFKA_SASL_MECHANISM'] === undefined) !== (given['KAFKA_SASL_USERNAME'] === undefined)
  ) {
    faults.push('KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD: expected all three, or none');
  }
  const [request, transaction] = [alone('REQUEST_TIMEOUT_MS'), alone('TRANSACTION_TIMEOUT_MS')];
  if (request !== undefined && transaction !== undefined && request >= transaction) {
    faults.push(
      `REQUEST_TIMEOUT_MS is "${request}": expected less than TRANSACTION_TIMEOUT_MS (${transaction}), or a late answer outlives its transaction`,
    );
  }
  return faults;
}

function kafkaSettings(config: Parsed): KafkaSettings {
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = config;
  const sasl =
    mechanism && username && password
      ? ({ mechanism, username, password } as NonNullable<KafkaSettings['sasl']>)
      : undefined;
  return {
    brokers: config.KAFKA_BROKERS,
    clientId: config.APP_ID,
    ssl: config.KAFKA_SSL_CA ? { ca: config.KAFKA_SSL_CA } : config.KAFKA_SSL ? true : undefined,
    sasl,
    connectionTimeoutMs: 5000,
    requestTimeoutMs: config.REQUEST_TIMEOUT_MS,
  };
}

/**
 * Every option, declared once: its name outside, its key in Config, what it takes, its default, what it is for. Parsing,
 * `--help` and docs/configuration.md come from this table.
 */
import type { z } from 'zod';
import { CONTRACT_TOPICS } from '../../common/topic-names.js';
import { DEFAULT_ACTION_URL_SCHEMES } from '../../processors/action-url.js';
import { UNKNOWN_TYPES } from '../../processors/outcome.js';
import {
  address,
  brokers,
  duration,
  flag,
  httpUrl,
  httpUrls,
  list,
  name,
  oneOf,
  port,
  prefix,
  roles,
  schemes,
  startFrom,
  text,
  whole,
} from './option-values.js';

/** In the order in which they are shown, by the titles that they are shown under. */
export const OPTION_GROUPS = {
  need: 'What a first start needs',
  connect: 'Who the worker is, what it connects to, where it listens',
  tune: 'What has a default that will do',
} as const;

export interface OptionDefinition {
  /** The member of Config that holds its value; it ends in the unit of that, where there is one. */
  readonly key: string;
  readonly group: keyof typeof OPTION_GROUPS;
  /** From the text that is given to the value. */
  readonly schema: z.ZodType<unknown, string>;
  /** What the value counts, if that is not said by the name. */
  readonly unit?: 'ms' | 'bytes' | 'records';
  /** As somebody would set it. */
  readonly default?: string;
  /** What follows from not setting it, where there is no default. */
  readonly unset?: string;
  /** It must be set: what is said when it is not. */
  readonly required?: string;
  /** Never shown, not even when it is wrong; may be given as the path of a file, by its name and `_FILE`. */
  readonly secret?: true;
  /** Shown without the credentials that it may hold, or that somebody thinks it may. */
  readonly address?: true;
  /** One line, for `--help` and the page. */
  readonly help: string;
  /** Further sentences for docs/configuration.md, in Markdown. */
  readonly more?: readonly string[];
}

/** The table. */
export const OPTIONS = {
  KAFKA_BROKERS: {
    key: 'kafkaBrokers',
    group: 'need',
    schema: brokers,
    address: true,
    required:
      'expected host:port, several with commas between. For a broker of your own run `notification-streams dev up`',
    help: 'Brokers to begin with; they name the others.',
  },
  SCHEMA_REGISTRY_URL: {
    key: 'schemaRegistryUrl',
    group: 'need',
    schema: httpUrls,
    address: true,
    required: "expected the URL of the registry's Confluent API. For one of your own run `notification-streams dev up`",
    help: "The registry's Confluent API; may hold `user:password@`.",
    more: ['Of several addresses of one registry, the next is asked when one fails.'],
  },
  JWT_SECRET: {
    key: 'jwtSecret',
    group: 'need',
    schema: text('at least 32 characters', 32),
    secret: true,
    unset: 'JWKS_URL must be set where the gateway runs',
    help: "HS256 secret of the gateway's tokens; this or JWKS_URL.",
  },
  JWKS_URL: {
    key: 'jwksUrl',
    group: 'need',
    schema: httpUrl,
    address: true,
    unset: 'JWT_SECRET must be set where the gateway runs',
    help: "Where the issuer of the gateway's tokens publishes its key set; this or JWT_SECRET.",
  },
  START_FROM: {
    key: 'startFrom',
    group: 'need',
    schema: startFrom,
    unset: 'a first start on sources that hold records ends, and asks for it',
    help: 'Where a first start begins to read the sources; later ones go on from what was committed.',
    more: ['Account events are always read from the start, for the directory, and make no notification before it.'],
  },
  APP_ID: {
    key: 'appId',
    group: 'connect',
    schema: name,
    default: 'notification-streams',
    help: 'Consumer group, transactional ids and internal topics are made of TOPIC_PREFIX and this.',
  },
  TOPIC_PREFIX: {
    key: 'topicPrefix',
    group: 'connect',
    schema: prefix,
    default: '',
    help: "Goes before every topic's name.",
  },
  STATE_DIR: {
    key: 'stateDir',
    group: 'connect',
    schema: text('a folder'),
    default: '.state',
    help: "The store's folder, one for each worker process.",
    more: ['It is [closed to other users](operations.md#who-may-read-the-store).'],
  },
  ROLES: {
    key: 'roles',
    group: 'connect',
    schema: roles,
    default: 'stream,gateway',
    help: 'What the worker does.',
  },
  HTTP_HOST: {
    key: 'httpHost',
    group: 'connect',
    schema: address,
    default: '0.0.0.0',
    help: 'Where /metrics, /livez and /readyz listen.',
  },
  HTTP_PORT: {
    key: 'httpPort',
    group: 'connect',
    schema: port,
    default: '9464',
    help: 'Port of /metrics, /livez and /readyz.',
  },
  GATEWAY_HOST: {
    key: 'gatewayHost',
    group: 'connect',
    schema: address,
    default: '0.0.0.0',
    help: "Where the gateway's /v1/ws listens.",
  },
  GATEWAY_PORT: {
    key: 'gatewayPort',
    group: 'connect',
    schema: port,
    default: '8080',
    help: "Port of the gateway's /v1/ws.",
  },
  GATEWAY_ALLOWED_ORIGINS: {
    key: 'gatewayAllowedOrigins',
    group: 'connect',
    schema: list.describe('origins such as https://app.example.com, with commas between'),
    default: '',
    help: "Origins of pages that may connect, besides those of the gateway's own host.",
  },
  JWT_ISSUER: {
    key: 'jwtIssuer',
    group: 'connect',
    schema: text('a name'),
    unset: 'not checked',
    help: 'The issuer that a token must name.',
  },
  JWT_AUDIENCE: {
    key: 'jwtAudience',
    group: 'connect',
    schema: text('a name'),
    unset: 'not checked',
    help: 'The audience that a token must name.',
  },
  JWT_MAX_AGE: {
    key: 'jwtMaxAgeMs',
    group: 'connect',
    schema: duration,
    unit: 'ms',
    unset: 'not checked',
    help: 'The oldest that a token may be by its `iat`, which it then needs.',
    more: ['An open socket is closed when its token reaches that age.'],
  },
  KAFKA_SSL: {
    key: 'kafkaSsl',
    group: 'connect',
    schema: flag,
    default: 'false',
    help: 'TLS to the brokers.',
  },
  KAFKA_SSL_CA: {
    key: 'kafkaSslCa',
    group: 'connect',
    schema: text('a PEM certificate'),
    unset: "Node's own authorities",
    help: "The authority's certificate, in PEM; turns KAFKA_SSL on.",
  },
  KAFKA_SASL_MECHANISM: {
    key: 'kafkaSaslMechanism',
    group: 'connect',
    schema: oneOf(['plain', 'scram-sha-256', 'scram-sha-512']),
    unset: 'no SASL',
    help: 'How the worker says to the brokers who it is; with name and password, or none of the three.',
  },
  KAFKA_SASL_USERNAME: {
    key: 'kafkaSaslUsername',
    group: 'connect',
    schema: text('a user name'),
    unset: 'no SASL',
    help: 'Its name there.',
  },
  KAFKA_SASL_PASSWORD: {
    key: 'kafkaSaslPassword',
    group: 'connect',
    schema: text('a password'),
    secret: true,
    unset: 'no SASL',
    help: 'Its password there.',
  },
  REPLICATION_FACTOR: {
    key: 'replicationFactor',
    group: 'connect',
    schema: whole(-1, 100, 'a number of replicas for our internal topics'),
    default: '-1',
    help: "Replicas of the topics that we make; -1 is the brokers' default.",
  },
  DEDUP_WINDOW: {
    key: 'dedupWindowMs',
    group: 'tune',
    schema: duration,
    unit: 'ms',
    default: '7d',
    help: 'How long an event is remembered, by record timestamps.',
  },
  MAX_TASKS: {
    key: 'maxTasks',
    group: 'tune',
    schema: whole(1, 10_000, 'a number of tasks'),
    default: '16',
    help: 'Tasks, at most, and so workers with work; fixed by the first start.',
    more: [
      'Where the largest source has more partitions, a task is several of them, with one transaction.',
      'See [how many](operations.md#how-many-tasks).',
    ],
  },
  COMMIT_INTERVAL_MS: {
    key: 'commitIntervalMs',
    group: 'tune',
    schema: whole(1, 60_000, 'milliseconds'),
    unit: 'ms',
    default: '100',
    help: 'A commit under load comes at least this often.',
    more: ['A task that keeps up commits when its input is drained, at most every 20 ms.'],
  },
  COMMIT_RECORDS: {
    key: 'commitRecords',
    group: 'tune',
    schema: whole(1, 1_000_000, 'a number of records'),
    unit: 'records',
    default: '10000',
    help: 'Source records of one commit, at most.',
  },
  MAX_RECORD_BYTES: {
    key: 'maxRecordBytes',
    group: 'tune',
    schema: whole(100_000, 100_000_000, 'bytes'),
    unit: 'bytes',
    default: '8388608',
    help: 'The largest source record, unpacked; a larger one is dead-lettered as `too-large`, cut, unread.',
  },
  MAX_EVENT_BYTES: {
    key: 'maxEventBytes',
    group: 'tune',
    schema: whole(1_000_000, 1_000_000_000, 'bytes'),
    unit: 'bytes',
    default: '67108864',
    help: 'The outputs of one event together; a request that would make more is dead-lettered as `too-large`.',
  },
  RETRY_ATTEMPTS: {
    key: 'retryAttempts',
    group: 'tune',
    schema: whole(1, 100, 'a number of tries in all'),
    default: '3',
    help: 'Tries in all of a record that trying again may cure.',
  },
  RETRY_BACKOFF_MS: {
    key: 'retryBackoffMs',
    group: 'tune',
    schema: whole(0, 600_000, 'milliseconds'),
    unit: 'ms',
    default: '1000',
    help: 'The wait before the second try; before the third it is twice that, and so on.',
  },
  DIRECTORY_WAIT_MS: {
    key: 'directoryWaitMs',
    group: 'tune',
    schema: whole(0, 3_600_000, 'milliseconds'),
    unit: 'ms',
    default: '2000',
    help: 'How long account events may stand still before events of other sources go on without what they say.',
    more: ["They stand still when their producer's transaction is open, or the registry is out."],
  },
  ACTION_URL_SCHEMES: {
    key: 'actionUrlSchemes',
    group: 'tune',
    schema: schemes,
    default: DEFAULT_ACTION_URL_SCHEMES.join(','),
    help: 'Schemes that an action URL may have, besides paths of the site; another one goes out as null.',
    more: ['`javascript`, `data` and the like are refused.'],
  },
  UNKNOWN_TYPES: {
    key: 'unknownTypes',
    group: 'tune',
    schema: oneOf(UNKNOWN_TYPES),
    default: 'skip',
    help: 'What becomes of events (not requests) whose type this version does not know.',
    more: [
      '`skip` counts them.',
      '`dead-letter` [keeps them for a roll-out](operations.md#rolling-in-a-new-event-type).',
    ],
  },
  TEMPLATES_DIR: {
    key: 'templatesDir',
    group: 'tune',
    schema: text('a folder'),
    unset: 'no templates',
    help: 'A folder with a folder for each template code: `title.hbs`, `message.hbs`, and `email.hbs` if that differs.',
    more: ['They are Handlebars templates; values are escaped.'],
  },
  STANDBY_REPLICAS: {
    key: 'standbyReplicas',
    group: 'tune',
    schema: whole(0, 10, 'a number of copies of each store'),
    default: '0',
    help: "Copies of each task's store that other workers keep warm, so that a takeover replays the last moments only.",
  },
  ACCEPTABLE_LAG: {
    key: 'acceptableLagRecords',
    group: 'tune',
    schema: whole(0, 1_000_000_000, 'a number of changelog records'),
    unit: 'records',
    default: '1000',
    help: 'Changelog records that a store may be behind when its worker gets the task; else it is warmed first.',
  },
  SESSION_TIMEOUT_MS: {
    key: 'sessionTimeoutMs',
    group: 'tune',
    schema: whole(1000, 1_800_000, 'milliseconds'),
    unit: 'ms',
    default: '10000',
    help: 'A worker that dies loses its tasks after this; by default brokers allow 6000 and more.',
  },
  TRANSACTION_TIMEOUT_MS: {
    key: 'transactionTimeoutMs',
    group: 'tune',
    schema: whole(1000, 900_000, 'milliseconds'),
    unit: 'ms',
    default: '20000',
    help: 'The broker aborts a transaction that is open for longer.',
  },
  REQUEST_TIMEOUT_MS: {
    key: 'requestTimeoutMs',
    group: 'tune',
    schema: whole(1000, 120_000, 'milliseconds'),
    unit: 'ms',
    default: '10000',
    help: 'For one request to a broker; less than TRANSACTION_TIMEOUT_MS.',
  },
  DLQ_STACK_TRACES: {
    key: 'dlqStackTraces',
    group: 'tune',
    schema: flag,
    default: 'false',
    help: 'Stack frames in dead letters.',
  },
  LOG_LEVEL: {
    key: 'logLevel',
    group: 'tune',
    schema: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    default: 'info',
    help: 'The least that is logged.',
  },
} as const satisfies Readonly<Record<string, OptionDefinition>>;

export type OptionName = keyof typeof OPTIONS;

/** What is set under the name of a topic of the contract: another name for it. */
export const TOPIC_OPTION = {
  schema: name,
  help: 'Another name for that topic; the prefix goes before it all the same.',
};

/** Every option's name, those of the topics included. */
export const OPTION_NAMES: readonly string[] = [...Object.keys(OPTIONS), ...CONTRACT_TOPICS];

/** Options that may be given as the path of a file: JWT_SECRET by JWT_SECRET_FILE. */
export const SECRET_NAMES: readonly string[] = Object.entries<OptionDefinition>(OPTIONS).flatMap(
  ([option, { secret }]) => (secret ? [option] : []),
);

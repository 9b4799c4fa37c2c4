/**
 * Every option, declared once: its name outside, its key in Config, what it takes, its default, what it is for. Parsing,
 * `--help` and docs/configuration.md come from this table.
 */
import { CONTRACT_TOPICS } from '../../common/topic-names.js';
import { DEFAULT_ACTION_URL_SCHEMES } from '../../processors/action-url.js';
import { UNKNOWN_TYPES } from '../../processors/unknown-type.js';
import { DEFAULT_LOCALES } from '../../processors/rules/locales.js';
import { CONNECTION_OPTIONS } from './connection-options.js';
import type { OptionDefinition } from './option-definition.js';
import {
  address,
  brokers,
  deadLetterBudget,
  duration,
  httpUrl,
  httpUrls,
  list,
  locales,
  name,
  oneOf,
  port,
  prefix,
  roles,
  schemes,
  startFrom,
  text,
  whole,
  workerName,
} from './option-values.js';
import { WATCH_OPTIONS } from './watch-options.js';

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
  WORKER_ID: {
    key: 'workerId',
    group: 'connect',
    schema: workerName,
    unset: "the host's name, with a dash for what does not fit",
    help: 'What this worker is called in client ids and logs; one of its own for each worker.',
    more: ['Its connections say `APP_ID-WORKER_ID`: see [which worker it is](tracing.md#which-worker-it-is).'],
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
    help: 'Where /metrics, /livez, /readyz and /startupz listen.',
  },
  HTTP_PORT: {
    key: 'httpPort',
    group: 'connect',
    schema: port,
    default: '9464',
    help: 'Port of /metrics, /livez, /readyz and /startupz.',
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
  JWT_SECRET_PREVIOUS: {
    key: 'jwtSecretPrevious',
    group: 'connect',
    schema: text('at least 32 characters', 32),
    secret: true,
    emptyFile: true,
    unset: 'JWT_SECRET alone',
    help: 'The secret before JWT_SECRET: tokens by either are accepted, so that a change logs nobody out.',
    more: [
      'Its file may be empty: then there is none.',
      'See [how to change it](connections.md#the-secret-of-the-tokens).',
    ],
  },
  ...CONNECTION_OPTIONS,
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
  LOCALES: {
    key: 'locales',
    group: 'tune',
    schema: locales,
    default: DEFAULT_LOCALES.join(','),
    help: 'Languages in which notifications are written, the default first.',
    more: [
      'A user reads the language of the directory: for `vi-VN` that is `vi-VN`, else `vi`, else the default.',
      'Requests are written as they come.',
    ],
  },
  UNKNOWN_TYPES: {
    key: 'unknownTypes',
    group: 'tune',
    schema: oneOf(UNKNOWN_TYPES),
    default: 'wait',
    help: 'What a worker does, while newer rules are in its group, with an event (no request) of a type it does not know.',
    more: [
      '`wait`: its partition waits for a worker that knows it, for `UNKNOWN_TYPES_WAIT_MS`; then it is dead-lettered.',
      '`dead-letter` at once, `skip`: counted and skipped, as all of them are in a group of one version.',
      'See [a new event type](operations.md#rolling-in-a-new-event-type).',
    ],
  },
  UNKNOWN_TYPES_WAIT_MS: {
    key: 'unknownTypesWaitMs',
    group: 'tune',
    schema: whole(0, 86_400_000, 'milliseconds'),
    unit: 'ms',
    default: '600000',
    help: 'How long a partition waits at unknown event types, once in a roll-out: longer than a roll-out takes.',
  },
  RULES_DIR: {
    key: 'rulesDir',
    group: 'tune',
    schema: text('a folder'),
    unset: "the ERP's own rules, which are shipped",
    help: 'A folder of rules: who is told what, of which events; `notification-streams rules check` reads it as a worker does.',
    more: ['See [the guide](rules.md).'],
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
  SHUTDOWN_SPREAD_MS: {
    key: 'shutdownSpreadMs',
    group: 'tune',
    schema: whole(0, 60_000, 'milliseconds'),
    unit: 'ms',
    default: '3000',
    help: 'A gateway that is stopped closes its sockets over this time, not all at once; 100 a second or more.',
    more: ['A worker that is stopped takes 6.5 s more than this at most: see [shutdown](deploying.md#shutdown).'],
  },
  DEAD_LETTER_BUDGET: {
    key: 'deadLetterBudget',
    group: 'tune',
    schema: deadLetterBudget,
    default: 'off',
    help: 'Dead letters before a source partition pauses: their share, of how many records at least, in what time; or off.',
    more: ['See [when too much is dead-lettered](dead-letter-budget.md).'],
  },
  ...WATCH_OPTIONS,
} as const satisfies Readonly<Record<string, OptionDefinition>>;

export type OptionName = keyof typeof OPTIONS;

/** What is set under the name of a topic of the contract: another name for it. */
export const TOPIC_OPTION = {
  schema: name,
  help: 'Another name for that topic; the prefix goes before it all the same.',
};

/** Every option's name, those of the topics included. */
export const OPTION_NAMES: readonly string[] = [...Object.keys(OPTIONS), ...CONTRACT_TOPICS];

/** Options that are never shown. */
export const SECRET_NAMES: readonly string[] = namesWith(({ secret }) => secret);

/** Options that say where something is, and may hold credentials. */
export const ADDRESS_NAMES: readonly string[] = namesWith(({ address }) => address);

/** Options that may be given as the path of a file, JWT_SECRET by JWT_SECRET_FILE: secrets, and certificates. */
export const FILE_NAMES: readonly string[] = namesWith(({ secret, file }) => secret ?? file);

function namesWith(has: (option: OptionDefinition) => boolean | undefined): readonly string[] {
  return Object.entries<OptionDefinition>(OPTIONS).flatMap(([name, option]) => (has(option) ? [name] : []));
}

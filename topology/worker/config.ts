/**
 * The configuration, parsed once. Every fault is reported, each with its name, the value given and what was expected.
 * Who reads the environment, the config file and flags is bin/read-config.ts; what options there are, options.ts.
 */
import { hostname } from 'node:os';
import { ConfigError } from '../../common/errors.js';
import { shown, shownAddress } from '../../common/shown.js';
import { CONTRACT_TOPICS, TopicNames } from '../../common/topic-names.js';
import { LiveText, LiveTexts } from '../../common/live-text.js';
import { connectionFaults, connectionSettings, type ConnectionSettings } from './connection-settings.js';
import type { OptionDefinition, ValuesOf } from './option-definition.js';
import { FILE_NAMES, OPTION_NAMES, OPTIONS, TOPIC_OPTION, type OptionName } from './options.js';

/** Values by option name, as the environment or a config file gives them. */
export type RawConfig = Readonly<Record<string, string | undefined>>;

type Values = ValuesOf<typeof OPTIONS>;

/**
 * Every option's value by its key, as it was at the start; the topics' names; how brokers and registry are reached, and
 * what of that may change while we run.
 */
export type Config = Values & { readonly workerId: string; readonly names: TopicNames } & ConnectionSettings;

/** Which options an action needs beside those that every one does. */
export interface ConfigNeeds {
  readonly registry?: boolean;
  readonly gateway?: boolean;
  /** Default: true. */
  readonly brokers?: boolean;
}

/**
 * Throws ConfigError with every fault. An option set to the empty string counts as not set. What came from a file is there
 * under its name, and the file's path under its name and `_FILE`. `environment`: what programs are given that we start.
 */
export function parseConfig(raw: RawConfig, needs: ConfigNeeds = {}, environment: RawConfig = {}): Config {
  const given: RawConfig = Object.fromEntries(
    Object.entries(raw).filter(([name, value]) => OPTION_NAMES.includes(name) && value !== undefined && value !== ''),
  );
  const faults: string[] = [];
  const unused = {
    ...(needs.registry ? {} : { SCHEMA_REGISTRY_URL: 'http://unused' }),
    ...(needs.brokers === false ? { KAFKA_BROKERS: 'unused:9092' } : {}),
  };
  const values = parseOptions({ ...unused, ...given }, faults);
  const renamed = renamedTopics(given, faults);
  faults.push(...crossFaults(given, needs), ...connectionFaults(given));
  if (faults.length > 0) throw new ConfigError(faults);
  const workerId = values.workerId ?? workerIdOf(hostname());
  return Object.freeze({
    ...values,
    workerId,
    names: new TopicNames(values.topicPrefix, values.appId, renamed),
    ...connectionSettings({ ...values, workerId }, liveTexts(given, raw), environment),
  });
}

/** The host's name, as a WORKER_ID may be. */
export function workerIdOf(host: string): string {
  return host.replaceAll(/[^a-zA-Z0-9._-]+/g, '-').slice(0, 60) || 'worker';
}

/** Complete only when no fault was found. */
function parseOptions(given: RawConfig, faults: string[]): Values {
  const values: Record<string, unknown> = {};
  for (const [name, option] of Object.entries<OptionDefinition>(OPTIONS)) {
    const value = given[name] ?? option.default;
    if (value !== undefined) {
      const { data, error } = option.schema.safeParse(value);
      for (const { message } of error?.issues ?? []) faults.push(`${name} is ${shownAs(option, value)}: ${message}`);
      values[option.key] = data;
    } else if (option.required !== undefined) faults.push(`${name} is not set: ${option.required}`);
  }
  return values as Values;
}

function shownAs({ secret, file, address }: OptionDefinition, value: string): string {
  return secret || file ? '(not shown)' : address ? shownAddress(value) : shown(value);
}

function renamedTopics(given: RawConfig, faults: string[]): Readonly<Record<string, string>> {
  const renamed: Record<string, string> = {};
  for (const topic of CONTRACT_TOPICS) {
    const value = given[topic];
    if (value === undefined) continue;
    const { error } = TOPIC_OPTION.schema.safeParse(value);
    for (const { message } of error?.issues ?? []) faults.push(`${topic} is ${shown(value)}: ${message}`);
    renamed[topic] = value;
  }
  return renamed;
}

/** Rules over several options; each is read by itself, so that a fault elsewhere neither hides nor makes one here. */
function crossFaults(given: RawConfig, needs: ConfigNeeds): string[] {
  const faults: string[] = [];
  const { JWT_SECRET: jwtSecret, JWKS_URL: jwksUrl } = given;
  if (jwtSecret !== undefined && jwksUrl !== undefined) {
    faults.push(`JWT_SECRET and JWKS_URL are both set: expected one of them (JWKS_URL is ${shownAddress(jwksUrl)})`);
  } else if (needs.gateway && alone(given, 'ROLES')?.includes('gateway') && (jwtSecret ?? jwksUrl) === undefined) {
    faults.push(
      'neither JWT_SECRET nor JWKS_URL is set: the gateway needs one of them to check tokens, or ROLES=stream to run without the gateway',
    );
  }
  if (jwtSecret === undefined && given['JWT_SECRET_PREVIOUS'] !== undefined)
    faults.push('JWT_SECRET_PREVIOUS is set without JWT_SECRET: expected both, or JWKS_URL alone');
  const [request, transaction] = [alone(given, 'REQUEST_TIMEOUT_MS'), alone(given, 'TRANSACTION_TIMEOUT_MS')];
  if (request !== undefined && transaction !== undefined && request >= transaction) {
    faults.push(
      `REQUEST_TIMEOUT_MS is "${request}": expected less than TRANSACTION_TIMEOUT_MS (${transaction}), or a late answer outlives its transaction`,
    );
  }
  return faults;
}

/** The value of one option with a default, if it is sound. */
function alone<Name extends 'ROLES' | 'REQUEST_TIMEOUT_MS' | 'TRANSACTION_TIMEOUT_MS'>(given: RawConfig, name: Name) {
  const { schema, default: byDefault } = OPTIONS[name];
  return schema.safeParse(given[name] ?? byDefault).data as Values[(typeof OPTIONS)[Name]['key']] | undefined;
}

/** What may lie in a file, and may change there: as sound as it had to be at the start. */
function liveTexts(given: RawConfig, raw: RawConfig): LiveTexts {
  return new LiveTexts(
    FILE_NAMES.flatMap((name) => {
      const path = raw[`${name}_FILE`];
      const option: OptionDefinition = OPTIONS[name as OptionName];
      const text = given[name] ?? '';
      if (text === '' && !(path && option.emptyFile)) return [];
      const faultOf = (changed: string): string | undefined =>
        changed === '' && option.emptyFile ? undefined : option.schema.safeParse(changed).error?.issues[0]?.message;
      return [new LiveText(name, text, path ? { path, faultOf } : undefined)];
    }),
  );
}

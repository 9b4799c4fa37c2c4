/**
 * The configuration, parsed once. Every fault is reported, each with its name, the value given and what was expected.
 * Who reads the environment, the config file and flags is bin/read-config.ts; what options there are, options.ts.
 */
import type { z } from 'zod';
import { ConfigError } from '../../common/errors.js';
import { shown, shownAddress } from '../../common/shown.js';
import { CONTRACT_TOPICS, TopicNames } from '../../common/topic-names.js';
import type { KafkaSettings } from '../kafka/index.js';
import type { OptionDefinition } from './option-definition.js';
import { OPTION_NAMES, OPTIONS, TOPIC_OPTION, type OptionName } from './options.js';

/** Values by option name, as the environment or a config file gives them. */
export type RawConfig = Readonly<Record<string, string | undefined>>;

type Value<Option extends OptionDefinition> = Option extends { default: string } | { required: string }
  ? z.output<Option['schema']>
  : z.output<Option['schema']> | undefined;

type Values = { readonly [Name in OptionName as (typeof OPTIONS)[Name]['key']]: Value<(typeof OPTIONS)[Name]> };

/** Every option's value by its key; the topics' names; how brokers are reached. */
export type Config = Values & { readonly names: TopicNames; readonly kafka: KafkaSettings };

/** Which options an action needs beside those that every one does. */
export interface ConfigNeeds {
  readonly registry?: boolean;
  readonly gateway?: boolean;
}

/** Throws ConfigError with every fault. An option set to the empty string counts as not set. */
export function parseConfig(raw: RawConfig, needs: ConfigNeeds = {}): Config {
  const given: RawConfig = Object.fromEntries(
    Object.entries(raw).filter(([name, value]) => OPTION_NAMES.includes(name) && value !== undefined && value !== ''),
  );
  const faults: string[] = [];
  const values = parseOptions(needs.registry ? given : { SCHEMA_REGISTRY_URL: 'http://unused', ...given }, faults);
  const renamed = renamedTopics(given, faults);
  faults.push(...crossFaults(given, needs));
  if (faults.length > 0) throw new ConfigError(faults);
  return Object.freeze({
    ...values,
    names: new TopicNames(values.topicPrefix, values.appId, renamed),
    kafka: kafkaSettings(values),
  });
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

function shownAs({ secret, address }: OptionDefinition, value: string): string {
  return secret ? '(not shown)' : address ? shownAddress(value) : shown(value);
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
  const sasl = ['KAFKA_SASL_MECHANISM', 'KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'].map((name) => given[name]);
  if (sasl.includes(undefined) && sasl.some((value) => value !== undefined))
    faults.push('KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD: expected all three, or none');
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
  return schema.safeParse(given[name] ?? byDefault).data as Value<(typeof OPTIONS)[Name]> | undefined;
}

function kafkaSettings(values: Values): KafkaSettings {
  const { kafkaSaslMechanism: mechanism, kafkaSaslUsername: username, kafkaSaslPassword: password } = values;
  const sasl =
    mechanism && username && password
      ? ({ mechanism, username, password } as NonNullable<KafkaSettings['sasl']>)
      : undefined;
  return {
    brokers: values.kafkaBrokers,
    clientId: values.appId,
    ssl: values.kafkaSslCa ? { ca: values.kafkaSslCa } : values.kafkaSsl ? true : undefined,
    sasl,
    connectionTimeoutMs: 5000,
    requestTimeoutMs: values.requestTimeoutMs,
  };
}

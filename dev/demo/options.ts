/** The demo's own options, and the configuration that it makes for this one run. */
import { randomBytes } from 'node:crypto';
import { ConfigError } from '../../common/errors.js';
import { parseConfig, type Config, type RawConfig } from '../../topology/worker/config.js';

export interface DemoOptions {
  /** How long to produce, seconds; undefined: until a signal. */
  readonly seconds: number | undefined;
  /** Records a second, of all services together. */
  readonly rate: number;
  /** The page's port; 0 picks a free one. */
  readonly port: number;
}

/** One run: its topics, group and state are its own, so that what goes in and what comes out add up. */
export interface Run {
  readonly id: string;
  readonly jwtSecret: string;
  /** What the worker is told, by option name. */
  readonly options: Readonly<Record<string, string>>;
  readonly config: Config;
}

/** How to reach a broker that the environment names. */
const CONNECTION_OPTIONS = [
  'KAFKA_SSL',
  'KAFKA_SSL_CA',
  'KAFKA_SASL_MECHANISM',
  'KAFKA_SASL_USERNAME',
  'KAFKA_SASL_PASSWORD',
  'REPLICATION_FACTOR',
];

/** Throws ConfigError that names every option that is wrong. */
export function parseDemoOptions(given: {
  readonly seconds?: string;
  readonly rate: string;
  readonly port: string;
}): DemoOptions {
  const faults: string[] = [];
  const whole = (name: string, text: string, least: number, most: number): number => {
    const number = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    if (number >= least && number <= most) return number;
    faults.push(`--${name} is "${text}": expected a whole number from ${least} to ${most}`);
    return least;
  };
  const options: DemoOptions = {
    seconds: given.seconds === undefined ? undefined : whole('seconds', given.seconds, 1, 86_400),
    rate: whole('rate', given.rate, 1, 5000),
    port: whole('port', given.port, 0, 65_535),
  };
  if (faults.length > 0) throw new ConfigError(faults);
  return options;
}

/** Throws ConfigError for a connection option of the environment that is wrong. */
export function planRun(
  stack: { readonly kafkaBrokers: string; readonly schemaRegistryUrl: string },
  stateDir: string,
  env: RawConfig,
): Run {
  const id = randomBytes(4).toString('hex');
  const jwtSecret = randomBytes(32).toString('hex');
  const inherited = CONNECTION_OPTIONS.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  const options = {
    ...Object.fromEntries(inherited),
    KAFKA_BROKERS: stack.kafkaBrokers,
    SCHEMA_REGISTRY_URL: stack.schemaRegistryUrl,
    TOPIC_PREFIX: `demo-${id}.`,
    APP_ID: 'demo',
    STATE_DIR: stateDir,
    // The arrivals are there before the worker is.
    START_FROM: 'earliest',
    HTTP_HOST: '127.0.0.1',
    HTTP_PORT: '0',
    GATEWAY_HOST: '127.0.0.1',
    GATEWAY_PORT: '0',
    JWT_SECRET: jwtSecret,
  };
  return { id, jwtSecret, options, config: parseConfig(options, { registry: true, gateway: true }) };
}

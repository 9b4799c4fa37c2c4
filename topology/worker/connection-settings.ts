/** From the options of connections to how brokers and registry are reached, and what is wrong with them together. */
import type { LiveText, LiveTexts } from '../../common/live-text.js';
import type { RegistrySettings } from '../../schemas/registry/registry-client.js';
import {
  bearerSasl,
  passwordSasl,
  Tls,
  tlsFault,
  tokenCommand,
  tokenEndpoint,
  Tokens,
  tokenText,
  type KafkaSettings,
  type TokenSource,
} from '../kafka/index.js';
import type { ValuesOf } from './option-definition.js';
import type { OPTIONS } from './options.js';

type Values = ValuesOf<typeof OPTIONS> & { readonly workerId: string };
type Given = Readonly<Record<string, string | undefined>>;

export interface ConnectionSettings {
  readonly kafka: KafkaSettings;
  readonly registry: RegistrySettings;
  /** What may change while we run. */
  readonly live: Live;
}

/** Texts that are read again, and what is made of them. */
export interface Live {
  readonly texts: LiveTexts;
  readonly tls: Tls | undefined;
  readonly tokens: Tokens | undefined;
}

export function connectionSettings(values: Values, texts: LiveTexts, environment: Given): ConnectionSettings {
  const tls = tlsOf(texts);
  const source = tokenSource(values, texts, environment);
  const tokens = source && new Tokens(source);
  const { kafkaSaslUsername: username, kafkaSaslMechanism: mechanism } = values;
  const password = texts.get('KAFKA_SASL_PASSWORD');
  const byPassword =
    mechanism !== undefined && mechanism !== 'oauthbearer' && username !== undefined && password !== undefined
      ? passwordSasl(mechanism, username, password)
      : undefined;
  return {
    kafka: {
      brokers: values.kafkaBrokers,
      clientId: `${values.appId}-${values.workerId}`,
      ssl: tls ? tls.options : values.kafkaSsl || undefined,
      sasl: tokens ? bearerSasl(tokens, values.kafkaOauthExtensions) : byPassword,
      connectionTimeoutMs: 5000,
      requestTimeoutMs: values.requestTimeoutMs,
    },
    registry: registrySettings(values, texts, tokens),
    live: { texts, tls, tokens },
  };
}

function tlsOf(texts: LiveTexts): Tls | undefined {
  const [ca, cert] = [texts.get('KAFKA_SSL_CA'), texts.get('KAFKA_SSL_CERT')];
  if (ca === undefined && cert === undefined) return undefined;
  return new Tls({ ca, cert, key: texts.get('KAFKA_SSL_KEY'), keyPassword: texts.get('KAFKA_SSL_KEY_PASSWORD') });
}

/** Undefined where OAUTHBEARER is not used. */
function tokenSource(values: Values, texts: LiveTexts, environment: Given): TokenSource | undefined {
  if (values.kafkaSaslMechanism !== 'oauthbearer') return undefined;
  const [clientSecret, token] = [texts.get('KAFKA_OAUTH_CLIENT_SECRET'), texts.get('KAFKA_OAUTH_TOKEN')];
  const { kafkaOauthTokenUrl: url, kafkaOauthClientId: clientId, kafkaOauthTokenCommand: command } = values;
  if (command) return tokenCommand(command, environment);
  if (token) return tokenText(token);
  if (!url || !clientId || !clientSecret) return undefined;
  return tokenEndpoint({ url, clientId, clientSecret, scope: values.kafkaOauthScope, ca: texts.get('KAFKA_OAUTH_CA') });
}

function registrySettings(values: Values, texts: LiveTexts, tokens: Tokens | undefined): RegistrySettings {
  const [token, password] = [texts.get('SCHEMA_REGISTRY_TOKEN'), texts.get('SCHEMA_REGISTRY_PASSWORD')];
  const username = values.schemaRegistryUsername;
  const bearer = values.schemaRegistryOauth && tokens ? () => tokens.current() : token && current(token);
  return {
    url: values.schemaRegistryUrl,
    ca: texts.get('SCHEMA_REGISTRY_CA'),
    token: bearer,
    login: username !== undefined && password !== undefined ? { username, password } : undefined,
  };
}

function current(token: LiveText): () => Promise<string> {
  return async () => {
    await token.refresh();
    return token.current.trim();
  };
}

/** Rules over several of the options. */
export function connectionFaults(given: Given): string[] {
  return [...tlsFaults(given), ...saslFaults(given), ...tokenFaults(given), ...registryFaults(given)];
}

function tlsFaults(given: Given): string[] {
  const { KAFKA_SSL_CERT: cert, KAFKA_SSL_KEY: key, KAFKA_SSL_KEY_PASSWORD: password } = given;
  if ((cert === undefined) !== (key === undefined))
    return ['KAFKA_SSL_CERT and KAFKA_SSL_KEY: expected both, or neither'];
  if (password !== undefined && key === undefined) return ['KAFKA_SSL_KEY_PASSWORD is set without KAFKA_SSL_KEY'];
  // What is no PEM, or could not be read, is a fault already.
  if (!cert?.includes('-----BEGIN') || !key?.includes('-----BEGIN')) return [];
  const fault = tlsFault({ ca: undefined, cert, key, password }, Date.now());
  return fault === undefined ? [] : [fault];
}

const OAUTH_SOURCES = ['KAFKA_OAUTH_TOKEN_URL', 'KAFKA_OAUTH_TOKEN', 'KAFKA_OAUTH_TOKEN_COMMAND'];

function saslFaults(given: Given): string[] {
  const credentials = ['KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'];
  if (given['KAFKA_SASL_MECHANISM']?.toLowerCase() === 'oauthbearer')
    return setOf(given, credentials).map(
      (name) => `${name} is set, and KAFKA_SASL_MECHANISM is "oauthbearer": expected none`,
    );
  const set = setOf(given, ['KAFKA_SASL_MECHANISM', ...credentials]);
  if (set.length === 0 || set.length === 3) return [];
  return ['KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD: expected all three, or none'];
}

function tokenFaults(given: Given): string[] {
  const sources = setOf(given, OAUTH_SOURCES);
  const all = `${OAUTH_SOURCES.slice(0, -1).join(', ')} and ${OAUTH_SOURCES.at(-1)!}`;
  if (given['KAFKA_SASL_MECHANISM'] !== 'oauthbearer')
    return sources.map((name) => `${name} is set without KAFKA_SASL_MECHANISM=oauthbearer`);
  if (sources.length !== 1)
    return [
      `KAFKA_SASL_MECHANISM is "oauthbearer": expected one of ${all}, found ${sources.length === 0 ? 'none' : sources.join(', ')}`,
    ];
  const client = ['KAFKA_OAUTH_CLIENT_ID', 'KAFKA_OAUTH_CLIENT_SECRET'];
  if (sources[0] === 'KAFKA_OAUTH_TOKEN_URL' && setOf(given, client).length < 2)
    return ['KAFKA_OAUTH_TOKEN_URL is set: expected KAFKA_OAUTH_CLIENT_ID and KAFKA_OAUTH_CLIENT_SECRET with it'];
  return [];
}

function registryFaults(given: Given): string[] {
  const login = setOf(given, ['SCHEMA_REGISTRY_USERNAME', 'SCHEMA_REGISTRY_PASSWORD']);
  const bearer = [
    ...setOf(given, ['SCHEMA_REGISTRY_TOKEN']),
    ...(given['SCHEMA_REGISTRY_OAUTH'] === 'true' ? ['SCHEMA_REGISTRY_OAUTH'] : []),
  ];
  const faults: string[] = [];
  if (login.length === 1)
    faults.push('SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD: expected both, or neither');
  if (bearer.length + (login.length > 0 ? 1 : 0) > 1)
    faults.push(`${[...login, ...bearer].join(', ')}: expected a name and a password, or one token`);
  if (bearer.includes('SCHEMA_REGISTRY_OAUTH') && given['KAFKA_SASL_MECHANISM'] !== 'oauthbearer')
    faults.push(
      'SCHEMA_REGISTRY_OAUTH is "true" without KAFKA_SASL_MECHANISM=oauthbearer: there is no token to ask with',
    );
  return faults;
}

function setOf(given: Given, names: readonly string[]): string[] {
  return names.filter((name) => given[name] !== undefined);
}

/** Further ways in to a broker, with TLS, as clusters in production have them: by password, by certificate, by token. For tests. */
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { makeCertificate } from './certificate.js';
import { TOKEN_AUDIENCE, type Vouchers } from './vouchers.js';

/** What a client needs to come in with TLS. */
export interface Secured {
  /** Bootstrap servers, comma-separated, for those with name and password. */
  readonly kafkaBrokers: string;
  /** The same for those with a certificate, and for those with a token. */
  readonly byCertificate: string;
  readonly byToken: string;
  readonly vouchers: Vouchers;
  /** The certificates that the brokers show, PEM: each signed by itself. */
  readonly ca: string;
  readonly username: string;
  readonly password: string;
}

/** Good for every mechanism, and allowed everything. On loopback, of a cluster that lives as long as a test: no secret. */
export const USER = { username: 'app', password: 'of-the-tests' } as const;
/** By PLAIN alone, and allowed nothing but what the tests say. */
export const LIMITED_USER = { username: 'limited', password: 'of-the-tests' } as const;
/** By SCRAM-SHA-512, and allowed everything: its password is changed by a test. */
export const ROTATING_USER = { username: 'rotating', password: 'the-first-one' } as const;

/**
 * After this a connection that has not authenticated again is closed (KIP-368). Ours do so 10 s before
 * (topology/kafka/cluster/connect.ts): one that is in use does it every second.
 */
const REAUTHENTICATION_MS = 11_000;
const SECURITY = 'org.apache.kafka.common.security';

/** Names of the listeners. */
export const SECURED_LISTENERS = { sasl: 'SECURED', mtls: 'MTLS', oauth: 'OAUTH' } as const;

/** Makes what the listeners need in the folder: the broker's key and certificate, which signs itself, and what it knows of its clients. */
export async function prepareSecured(folder: string, vouchers: Vouchers): Promise<void> {
  if (existsSync(certificateOf(folder))) return;
  // A name of its own: among several that sign themselves one is looked up by its name.
  const notAfter = new Date(Date.now() + 10 * 365 * 86_400_000);
  const { cert, key } = makeCertificate({ name: basename(folder), addresses: ['127.0.0.1'], notAfter });
  await writeFile(keyStoreOf(folder), key + cert);
  await writeFile(authorityOf(folder), vouchers.authority.cert);
  await writeFile(keySetOf(folder), vouchers.keySet);
  // Under its name only when all of it is there.
  await writeFile(`${certificateOf(folder)}.new`, cert);
  await rename(`${certificateOf(folder)}.new`, certificateOf(folder));
}

/** Arguments of the broker's Java: without them it fetches keys from nowhere. */
export function securedJava(folder: string): string[] {
  return [`-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${keySetUrl(folder)}`];
}

/** Arguments of the tool that formats the storage: passwords of SCRAM are kept there. */
export function scramArguments(): string[] {
  const users = [
    ['SCRAM-SHA-256', USER],
    ['SCRAM-SHA-512', USER],
    ['SCRAM-SHA-512', ROTATING_USER],
  ] as const;
  return users.flatMap(([mechanism, { username, password }]) => [
    '--add-scram',
    `${mechanism}=[name=${username},password=${password}]`,
  ]);
}

/** The broker's configuration of those listeners. */
export function securedProperties(folder: string): Record<string, string | number> {
  const tls = Object.values(SECURED_LISTENERS).flatMap((listener) => Object.entries(tlsProperties(listener, folder)));
  return {
    ...Object.fromEntries(tls),
    ...passwordProperties(prefixOf(SECURED_LISTENERS.sasl)),
    ...certificateProperties(prefixOf(SECURED_LISTENERS.mtls), folder),
    ...tokenProperties(prefixOf(SECURED_LISTENERS.oauth), folder),
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': `User:ANONYMOUS;User:${USER.username};User:CN=${USER.username};User:${ROTATING_USER.username}`,
  };
}

function tlsProperties(listener: string, folder: string): Record<string, string> {
  const prefix = prefixOf(listener);
  return { [`${prefix}.ssl.keystore.type`]: 'PEM', [`${prefix}.ssl.keystore.location`]: keyStoreOf(folder) };
}

function passwordProperties(prefix: string): Record<string, string | number> {
  const users = [USER, LIMITED_USER].map(({ username, password }) => `user_${username}="${password}"`).join(' ');
  return {
    [`${prefix}.sasl.enabled.mechanisms`]: 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    [`${prefix}.plain.sasl.jaas.config`]: `${SECURITY}.plain.PlainLoginModule required ${users};`,
    [`${prefix}.scram-sha-256.sasl.jaas.config`]: `${SECURITY}.scram.ScramLoginModule required;`,
    [`${prefix}.scram-sha-512.sasl.jaas.config`]: `${SECURITY}.scram.ScramLoginModule required;`,
    [`${prefix}.connections.max.reauth.ms`]: REAUTHENTICATION_MS,
  };
}

function certificateProperties(prefix: string, folder: string): Record<string, string> {
  return {
    [`${prefix}.ssl.client.auth`]: 'required',
    [`${prefix}.ssl.truststore.type`]: 'PEM',
    [`${prefix}.ssl.truststore.location`]: authorityOf(folder),
  };
}

function tokenProperties(prefix: string, folder: string): Record<string, string | number> {
  const oauth = `${prefix}.oauthbearer.sasl`;
  return {
    [`${prefix}.sasl.enabled.mechanisms`]: 'OAUTHBEARER',
    [`${oauth}.jaas.config`]: `${SECURITY}.oauthbearer.OAuthBearerLoginModule required;`,
    [`${oauth}.server.callback.handler.class`]: `${SECURITY}.oauthbearer.OAuthBearerValidatorCallbackHandler`,
    [`${prefix}.sasl.oauthbearer.jwks.endpoint.url`]: keySetUrl(folder),
    [`${prefix}.sasl.oauthbearer.expected.audience`]: TOKEN_AUDIENCE,
    // Longer than any token: what ends a session is the token's own end.
    [`${prefix}.connections.max.reauth.ms`]: 3_600_000,
  };
}

function prefixOf(listener: string): string {
  return `listener.name.${listener.toLowerCase()}`;
}

/** The certificate that was made there, PEM. */
export function readCertificate(folder: string): Promise<string> {
  return readFile(certificateOf(folder), 'utf8');
}

function keyStoreOf(folder: string): string {
  return join(folder, 'key-store.pem');
}

function certificateOf(folder: string): string {
  return join(folder, 'certificate.pem');
}

function authorityOf(folder: string): string {
  return join(folder, 'client-authority.pem');
}

function keySetOf(folder: string): string {
  return join(folder, 'key-set.json');
}

function keySetUrl(folder: string): string {
  return pathToFileURL(keySetOf(folder)).href;
}

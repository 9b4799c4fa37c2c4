/** A second way in to a broker, with TLS and SASL as clusters in production have them: for tests. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { FatalError, messageOf } from '../../common/errors.js';

const run = promisify(execFile);

/** What a client needs to come in this way. */
export interface Secured {
  /** Bootstrap servers, comma-separated. */
  readonly kafkaBrokers: string;
  /** The certificates that the brokers show, PEM: each signed by itself. */
  readonly ca: string;
  readonly username: string;
  readonly password: string;
}

/** Good for every mechanism, and allowed everything. On loopback, of a cluster that lives as long as a test: no secret. */
export const USER = { username: 'app', password: 'of-the-tests' } as const;
/** By PLAIN alone, and allowed nothing but what the tests say. */
export const LIMITED_USER = { username: 'limited', password: 'of-the-tests' } as const;

/**
 * After this a connection that has not authenticated again is closed (KIP-368). Ours do so 10 s before
 * (topology/kafka/cluster/connect.ts): one that is in use does it every second.
 */
const REAUTHENTICATION_MS = 11_000;
const ALIAS = 'broker';
const STORE_PASSWORD = 'of-the-store';

/** Makes the broker's key and certificate in the folder, unless they are there. */
export async function makeCertificate(folder: string, java: string): Promise<void> {
  if (existsSync(certificateOf(folder))) return;
  const keytool = async (...args: readonly string[]): Promise<void> => {
    const store = ['-alias', ALIAS, '-keystore', keyStoreOf(folder), '-storepass', STORE_PASSWORD];
    await run(join(dirname(java), 'keytool'), [...args, ...store], { timeout: 60_000 });
  };
  try {
    // One of an earlier attempt that did not come to its end.
    await rm(keyStoreOf(folder), { force: true });
    // A name of its own: among several that sign themselves one is looked up by its name.
    const key = ['-genkeypair', '-keyalg', 'EC', '-groupname', 'secp256r1', '-storetype', 'PKCS12'];
    await keytool(...key, '-validity', '3650', '-dname', `CN=${basename(folder)}`, '-ext', 'san=ip:127.0.0.1');
    // Under its name only when it is whole.
    await keytool('-exportcert', '-rfc', '-file', `${certificateOf(folder)}.new`);
    await rename(`${certificateOf(folder)}.new`, certificateOf(folder));
  } catch (error) {
    throw new FatalError(`No certificate could be made in ${folder}: ${messageOf(error)}`, error);
  }
}

/** Arguments of the tool that formats the storage: passwords of SCRAM are kept there. */
export function scramArguments(): string[] {
  return ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
    '--add-scram',
    `${mechanism}=[name=${USER.username},password=${USER.password}]`,
  ]);
}

/** The broker's configuration of the listener with this name. */
export function securedProperties(listener: string, folder: string): Record<string, string | number> {
  const prefix = `listener.name.${listener.toLowerCase()}`;
  const security = 'org.apache.kafka.common.security';
  return {
    [`${prefix}.ssl.keystore.type`]: 'PKCS12',
    [`${prefix}.ssl.keystore.location`]: keyStoreOf(folder),
    [`${prefix}.ssl.keystore.password`]: STORE_PASSWORD,
    [`${prefix}.ssl.key.password`]: STORE_PASSWORD,
    [`${prefix}.sasl.enabled.mechanisms`]: 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    [`${prefix}.plain.sasl.jaas.config`]: `${security}.plain.PlainLoginModule required ${[USER, LIMITED_USER].map(({ username, password }) => `user_${username}="${password}"`).join(' ')};`,
    [`${prefix}.scram-sha-256.sasl.jaas.config`]: `${security}.scram.ScramLoginModule required;`,
    [`${prefix}.scram-sha-512.sasl.jaas.config`]: `${security}.scram.ScramLoginModule required;`,
    [`${prefix}.connections.max.reauth.ms`]: REAUTHENTICATION_MS,
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': `User:ANONYMOUS;User:${USER.username}`,
  };
}

/** The certificate that was made there, PEM. */
export function readCertificate(folder: string): Promise<string> {
  return readFile(certificateOf(folder), 'utf8');
}

function keyStoreOf(folder: string): string {
  return join(folder, 'key-store.p12');
}

function certificateOf(folder: string): string {
  return join(folder, 'certificate.pem');
}

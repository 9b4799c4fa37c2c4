/** Topics and schemas under a prefix of a test's own, and the settings of workers that use them. */
import { SOURCES } from '../../../dev/contract/sources.js';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RegistryClient } from '../../../schemas/registry/registry-client.js';
import { registerSchemas } from '../../../schemas/registry/register.js';
import { JWT_SECRET } from './jwt-secret.js';
import { testStack } from './test-stack.js';
import { createTopics } from './topics.js';
import { uniquePrefix } from './unique-prefix.js';

export interface TestEnvironment {
  readonly prefix: string;
  /** Schema ids by the record's short name. */
  readonly ids: ReadonlyMap<string, number>;
  /** For a worker; each name is a state directory of its own. */
  env(state?: string, over?: Readonly<Record<string, string>>): Record<string, string>;
  /** Folder of a state directory. */
  stateDir(state: string): string;
}

/** What is not made, for the tests of its absence. */
export interface Without {
  readonly topics?: boolean;
  readonly schemas?: boolean;
}

/**
 * For workers of whom every address is expected: a takeover beside other work, or the session of one that was killed, lasts
 * longer than account events are waited for by default.
 */
export const PATIENT = { DIRECTORY_WAIT_MS: '15000' };

const roots = new Set<string>();

/** The state directories of every environment that this test file has prepared. */
export function removeStates(): void {
  for (const root of roots) rmSync(root, { recursive: true, force: true });
  roots.clear();
}

export async function prepareEnvironment(
  name: string,
  partitions: Parameters<typeof createTopics>[2],
  without: Without = {},
): Promise<TestEnvironment> {
  const { kafkaBrokers } = testStack();
  const prefix = uniquePrefix(name);
  const root = mkdtempSync(join(tmpdir(), 'notification-streams-'));
  roots.add(root);
  if (!without.topics) await createTopics(kafkaBrokers, prefix, partitions);
  const ids = without.schemas ? new Map<string, number>() : await registerAll(prefix);
  const stateDir = (state: string): string => join(root, state);
  return {
    prefix,
    ids,
    stateDir,
    env: (state = 'worker', over = {}) => ({
      TOPIC_PREFIX: prefix,
      APP_ID: 'app',
      STATE_DIR: stateDir(state),
      START_FROM: 'earliest',
      HTTP_HOST: '127.0.0.1',
      GATEWAY_HOST: '127.0.0.1',
      JWT_SECRET,
      SESSION_TIMEOUT_MS: '6000',
      ...(process.env['TEST_ROLES'] && { ROLES: process.env['TEST_ROLES'] }),
      ...over,
    }),
  };
}

/** Ids by the record's short name. */
async function registerAll(prefix: string): Promise<Map<string, number>> {
  const client = new RegistryClient({ url: testStack().schemaRegistryUrl });
  const registered = await registerSchemas(client, SOURCES, (topic) =>
    topic === 'USER_DIRECTORY' ? `${prefix}app-user-directory` : prefix + topic,
  );
  return new Map(registered.map(({ record, id }) => [record.split('.').at(-1)!, id]));
}

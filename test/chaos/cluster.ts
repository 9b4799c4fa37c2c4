/** Three brokers with replication 3 and min ISR 2, a registry, and something that can break between them and the workers. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Admin } from 'kafkajs';
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  ResourcePatternTypes,
} from '../integration/harness/kafkajs-constants.js';
import { LIMITED_USER } from '../../dev/stack/secured.js';
import { reset, stopBroker, up, type StackInfo } from '../../dev/stack/stack.js';
import { guardStack } from '../integration/harness/guard.js';
import { testKafka } from '../integration/harness/topics.js';
import { until } from '../integration/harness/until.js';
import { BrokerProxy } from './broker-proxy.js';
import { RegistryProxy } from './registry-proxy.js';

export const BROKERS = [1, 2, 3] as const;

const EVERYTHING = [AclResourceTypes.TOPIC, AclResourceTypes.GROUP, AclResourceTypes.TRANSACTIONAL_ID].map(
  (resourceType) => ({
    resourceType,
    resourceName: '*',
    resourcePatternType: ResourcePatternTypes.LITERAL,
    principal: `User:${LIMITED_USER.username}`,
    host: '*',
    operation: AclOperationTypes.ALL,
    permissionType: AclPermissionTypes.ALLOW,
  }),
);

export class Cluster {
  readonly proxies: readonly BrokerProxy[];
  readonly registry: RegistryProxy;
  readonly admin: Admin;
  readonly #info: StackInfo;

  private constructor(info: StackInfo, proxies: readonly BrokerProxy[], registry: RegistryProxy, admin: Admin) {
    this.#info = info;
    this.proxies = proxies;
    this.registry = registry;
    this.admin = admin;
  }

  static async start(progress: (line: string) => void): Promise<Cluster> {
    const root = await mkdtemp(join(tmpdir(), 'notification-streams-chaos-'));
    guardStack(root);
    const info = await up({ root, brokers: 3, fronted: true, secured: true, shortLived: true, progress });
    const proxies = await Promise.all(info.fronts.map(({ advertised, port }) => BrokerProxy.listen(advertised, port)));
    const registry = await RegistryProxy.listen(info.schemaRegistryUrl);
    const admin = testKafka(info.kafkaBrokers).admin();
    await admin.connect();
    await admin.createAcls({ acl: EVERYTHING });
    return new Cluster(info, proxies, registry, admin);
  }

  /** For the load and the witnesses: past the proxies. */
  get direct(): string {
    return this.#info.kafkaBrokers;
  }

  /** For the workers: through the proxies. */
  get proxied(): string {
    return this.#info.fronts.map(({ advertised }) => `127.0.0.1:${advertised}`).join(',');
  }

  /** The registry itself. */
  get registryUrl(): string {
    return this.#info.schemaRegistryUrl;
  }

  /** For workers that are a user with rights and quotas of its own: past the proxies. */
  get limited(): Record<string, string> {
    const { kafkaBrokers, ca } = this.#info.secured!;
    const user = { KAFKA_SASL_USERNAME: LIMITED_USER.username, KAFKA_SASL_PASSWORD: LIMITED_USER.password };
    return { KAFKA_BROKERS: kafkaBrokers, KAFKA_SSL_CA: ca, KAFKA_SASL_MECHANISM: 'plain', ...user };
  }

  /** Where a broker keeps its partitions. */
  dataFolder(id: number): string {
    return join(this.#info.root, `broker-${id}`, 'data');
  }

  /** SIGTERM, or SIGKILL with `hard`; comes back when the broker is gone. */
  async stopBroker(id: number, hard: boolean): Promise<void> {
    await stopBroker({ root: this.#info.root }, id, hard ? 0 : undefined);
  }

  /** Starts what does not run, all at once: one of three alone has no quorum. Comes back when all answer. */
  async startStopped(): Promise<void> {
    await up({ root: this.#info.root, deadlineMs: 120_000 });
  }

  /** Nothing is broken between here and there, every broker runs, and every partition has all its replicas in sync. */
  async heal(): Promise<void> {
    for (const proxy of this.proxies) proxy.heal();
    this.registry.fault = 'none';
    this.registry.hits = 0;
    await this.startStopped();
    await until(
      'every partition has three replicas in sync',
      async () => {
        const { topics } = await this.admin.fetchTopicMetadata();
        return topics.every(({ partitions }) => partitions.every(({ isr, leader }) => isr.length === 3 && leader > 0));
      },
      120_000,
    );
  }

  async close(): Promise<void> {
    await this.admin.disconnect();
    await Promise.all([...this.proxies.map((proxy) => proxy.close()), this.registry.close()]);
    await reset({ root: this.#info.root });
  }
}

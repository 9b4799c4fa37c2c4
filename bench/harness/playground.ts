/** A Kafka and a registry of the bench's own, topics under a prefix, small task events in them, and what became of them. */
import { SOURCES } from '../../dev/contract/sources.js';
import { createContractTopics } from '../../topology/worker/contract-topics.js';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import kafkajs, { type Admin } from 'kafkajs';
import { countCommitted } from '../../dev/oracle/count-committed.js';
import { up, reset } from '../../dev/stack/stack.js';
import { parseType } from '../../schemas/avro/parse-type.js';
import { RegistryClient } from '../../schemas/registry/registry-client.js';
import { registerSchemas } from '../../schemas/registry/register.js';
import { SCHEMAS, type NotificationRequestEvent, type RecordName, type TaskEvent } from '../../schemas/types.js';
import { framed } from '../../schemas/wire-format.js';
import { parseConfig } from '../../topology/worker/config.js';
import type { OutboundRecord, TransactionalProducer } from '../../topology/kafka/index.js';
import { openProducer, seenId, TENANT } from './fill.js';

const { Kafka, logLevel } = kafkajs;
const CHUNK = 5000;

export class Playground {
  readonly brokers: string;
  readonly registryUrl: string;
  readonly brokerPid: number;
  readonly #root: string;
  readonly #admin: Admin;

  private constructor(root: string, brokers: string, registryUrl: string, brokerPid: number) {
    this.#root = root;
    this.brokers = brokers;
    this.registryUrl = registryUrl;
    this.brokerPid = brokerPid;
    this.#admin = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING }).admin();
  }

  static async open(): Promise<Playground> {
    const root = mkdtempSync(join(tmpdir(), 'notification-streams-bench-'));
    const { kafkaBrokers, schemaRegistryUrl, members } = await up({ root: join(root, 'stack') });
    const broker = members.find(({ name }) => name === 'broker-1')!;
    const playground = new Playground(root, kafkaBrokers, schemaRegistryUrl, broker.pid);
    await playground.#admin.connect();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => void playground.close().finally(() => process.exit(1)));
    }
    return playground;
  }

  async close(): Promise<void> {
    await this.#admin.disconnect();
    await reset({ root: join(this.#root, 'stack') });
    rmSync(this.#root, { recursive: true, force: true });
  }

  /** The group's committed offsets of a topic, by partition. */
  async committed(groupId: string, topic: string): Promise<Map<number, number>> {
    const [found] = await this.#admin.fetchOffsets({ groupId, topics: [topic] });
    return new Map((found?.partitions ?? []).map(({ partition, offset }) => [partition, Number(offset)]));
  }

  /** Offsets of a topic that the group has committed, over all partitions. */
  async committedIn(groupId: string, topic: string): Promise<number> {
    const offsets = [...(await this.committed(groupId, topic)).values()];
    return offsets.reduce((sum, offset) => sum + Math.max(0, offset), 0);
  }

  /** Whether the group has committed all of a topic. */
  async isProcessed(groupId: string, topic: string): Promise<boolean> {
    const ends = await this.#admin.fetchTopicOffsets(topic);
    const committed = await this.committed(groupId, topic);
    return ends.every(({ partition, offset }) => (committed.get(partition) ?? -1) >= Number(offset));
  }

  /** Whether the group has no members, or never had. */
  async isGroupEmpty(groupId: string): Promise<boolean> {
    const { groups } = await this.#admin.describeGroups([groupId]);
    return groups[0]!.members.length === 0;
  }

  stateDir(name: string): string {
    return join(this.#root, name);
  }

  /** For a worker. */
  env(prefix: string, state: string, over: Readonly<Record<string, string>> = {}): Record<string, string> {
    return {
      KAFKA_BROKERS: this.brokers,
      SCHEMA_REGISTRY_URL: this.registryUrl,
      TOPIC_PREFIX: prefix,
      APP_ID: 'app',
      STATE_DIR: this.stateDir(state),
      START_FROM: 'earliest',
      HTTP_HOST: '127.0.0.1',
      HTTP_PORT: '0',
      ...over,
    };
  }

  /** The topics and schemas of a prefix, and who fills them. */
  async prepare(prefix: string, partitions: number): Promise<Source> {
    const config = parseConfig({
      KAFKA_BROKERS: this.brokers,
      SCHEMA_REGISTRY_URL: this.registryUrl,
      TOPIC_PREFIX: prefix,
      APP_ID: 'app',
    });
    await createContractTopics(config, SOURCES, partitions);
    const registered = await registerSchemas(new RegistryClient({ url: this.registryUrl }), SOURCES, (topic) =>
      topic === 'USER_DIRECTORY' ? `${prefix}app-user-directory` : prefix + topic,
    );
    const schemaId = (name: RecordName): number => registered.find(({ record }) => record.endsWith(`.${name}`))!.id;
    return new Source(config, prefix, partitions, schemaId);
  }

  /** Whether each event so far has exactly one delivery record a recipient, by the Java client. */
  async verdict(prefix: string, events: number, recipients = 1): Promise<string> {
    const topic = `${prefix}NOTIFICATION_DELIVERED_TOPIC`;
    const [count] = await countCommitted({ brokers: this.brokers, topics: [topic], deadlineMs: 600_000 });
    const { records, keys } = count!;
    return records === events * recipients && keys === events
      ? `exact: ${events} events, ${records} deliveries of ${keys} events`
      : `WRONG: ${events} events, ${records} deliveries of ${keys} events`;
  }
}

/** Appends TASK_COMPLETED events, each once, on the partitions in turn; or requests. */
export class Source {
  readonly config: ReturnType<typeof parseConfig>;
  readonly prefix: string;
  count = 0;
  readonly #topic: string;
  readonly #partitions: number;
  readonly #schemaId: (name: RecordName) => number;
  readonly #task = parseType(SCHEMAS.TaskEvent);
  readonly #request = parseType(SCHEMAS.NotificationRequestEvent);
  /** Characters of each event's title. */
  titleLength = 1;
  #producer: TransactionalProducer | undefined;

  constructor(
    config: ReturnType<typeof parseConfig>,
    prefix: string,
    partitions: number,
    schemaId: (name: RecordName) => number,
  ) {
    this.config = config;
    this.prefix = prefix;
    this.#topic = `${prefix}TASK_EVENT_TOPIC`;
    this.#partitions = partitions;
    this.#schemaId = schemaId;
  }

  get topic(): string {
    return this.#topic;
  }

  async append(events: number): Promise<void> {
    this.#producer ??= await this.#open();
    for (let left = events; left > 0; left -= CHUNK) {
      await this.#producer.send(Array.from({ length: Math.min(left, CHUNK) }, () => this.#next()));
      await this.#producer.commit();
    }
  }

  get requestTopic(): string {
    return `${this.prefix}NOTIFICATION_REQUEST_TOPIC`;
  }

  /** Requests for the in-app channel, each of so many recipients. */
  async appendRequests(count: number, recipients: number): Promise<void> {
    const producer = await openProducer(this.config, `${this.requestTopic}-bench`, this.requestTopic);
    const userIds = Array.from({ length: recipients }, (_, index) => BigInt(index + 1));
    const aTime = Math.max(1, Math.floor(CHUNK / recipients));
    for (let at = 0; at < count; at += aTime) {
      const some = Array.from({ length: Math.min(aTime, count - at) }, (_, i) => this.#requestRecord(at + i, userIds));
      await producer.send(some);
      await producer.commit();
    }
    await producer.close();
  }

  #requestRecord(index: number, userIds: bigint[]): OutboundRecord {
    const eventId = `r-${String(index).padStart(9, '0')}`;
    const event: NotificationRequestEvent = {
      eventId,
      eventType: 'CREATE_NOTIFICATION',
      timestamp: BigInt(Date.now()),
      tenantId: TENANT,
      userId: 0n,
      userIds,
      title: 'x',
      message: 'y',
      type: 'INFO',
      category: 'SYSTEM',
      priority: 'NORMAL',
      sourceService: 'bench',
      sourceEventId: '',
      actionUrl: null,
      actionType: null,
      entityType: null,
      entityId: null,
      channels: ['IN_APP'],
      templateCode: null,
      templateVars: {},
      expiresAt: null,
      metadata: {},
    };
    const partition = index % this.#partitions;
    return {
      topic: this.requestTopic,
      partition,
      key: Buffer.from(eventId),
      value: this.#encode('NotificationRequestEvent', this.#request, event),
    };
  }

  /** Events that the state holds already (fill.ts): they must make no output. */
  async appendSeen(events: number): Promise<void> {
    this.#producer ??= await this.#open();
    await this.#producer.send(Array.from({ length: events }, (_, i) => this.#record(seenId(i), i % this.#partitions)));
    await this.#producer.commit();
  }

  /** Appends at this rate until the signal aborts. */
  async trickle(perSecond: number, signal: AbortSignal): Promise<void> {
    const [began, had] = [performance.now(), this.count];
    while (!signal.aborted) {
      const due = Math.floor(((performance.now() - began) / 1000) * perSecond) - (this.count - had);
      if (due > 0) await this.append(due);
      await delay(20);
    }
  }

  async close(): Promise<void> {
    await this.#producer?.close();
  }

  #open(): Promise<TransactionalProducer> {
    return openProducer(this.config, `${this.#topic}-bench`, this.#topic);
  }

  #next(): OutboundRecord {
    const partition = this.count % this.#partitions;
    const eventId = `p${partition}-${String(this.count).padStart(9, '0')}`;
    this.count += 1;
    return this.#record(eventId, partition);
  }

  #record(eventId: string, partition: number): OutboundRecord {
    const event: TaskEvent = {
      eventId,
      eventType: 'TASK_COMPLETED',
      timestamp: BigInt(Date.now()),
      taskId: 1n,
      taskTitle: 'x'.repeat(this.titleLength),
      userId: 2n,
      assignedTo: BigInt(1 + (this.count % 10_000)),
      assignedBy: 3n,
      tenantId: TENANT,
      priority: 'NORMAL',
      deadlineMs: null,
    };
    const value = this.#encode('TaskEvent', this.#task, event);
    return { topic: this.#topic, partition, key: Buffer.from(eventId), value };
  }

  #encode(name: RecordName, type: ReturnType<typeof parseType>, event: object): Buffer {
    return framed(type.toBuffer(event), this.#schemaId(name));
  }
}

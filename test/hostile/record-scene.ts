/** Workers of the built product over three partitions, one of which is attacked, and readers that are not ours. */
import type { Producer } from 'kafkajs';

import { followCommitted, type Following, type OracleRecord } from '../../dev/oracle/read-committed.js';
import { decode } from '../integration/harness/avro.js';
import { configureTopic } from '../integration/harness/configure-topic.js';
import { prepareEnvironment, type TestEnvironment } from '../integration/harness/environment.js';
import { messagesOf, type Messages } from '../integration/harness/messages.js';
import { UNKNOWN_ID } from '../integration/harness/poison.js';
import { testStack } from '../integration/harness/test-stack.js';
import { testKafka } from '../integration/harness/topics.js';
import { until } from '../integration/harness/until.js';
import type { Sent } from '../integration/harness/workload.js';
import { BadRegistry } from './bad-registry.js';
import { Probes } from './probes.js';
import { WatchedWorker } from './watched-worker.js';

/** The partition that is attacked. */
export const ATTACKED = 0;
const OTHERS = [1, 2];
/** A source that takes far more than the dead letters' topic does. */
export const WIDE_SOURCE = 'CRM_EVENT_TOPIC';
const WIDE_BYTES = 12 * 1024 * 1024;

export class RecordScene {
  readonly messages: Messages;
  readonly workers: readonly WatchedWorker[];
  readonly registry: BadRegistry;
  /** Committed dead letters, in the order in which they were seen. */
  readonly letters: OracleRecord[] = [];
  readonly #test: TestEnvironment;
  readonly #producer: Producer;
  readonly #seen = new Map<string, number>();
  readonly #following: Following[] = [];
  #count = 0;
  #schemaId = UNKNOWN_ID;

  private constructor(test: TestEnvironment, registry: BadRegistry, producer: Producer, workers: number) {
    this.#test = test;
    this.messages = messagesOf(test);
    this.registry = registry;
    this.#producer = producer;
    this.workers = Array.from(
      { length: workers },
      (_, index) =>
        new WatchedWorker(
          test.env(`worker-${index}`, {
            ROLES: 'stream,gateway',
            SCHEMA_REGISTRY_URL: registry.url,
            LOG_LEVEL: 'debug',
          }),
        ),
    );
  }

  static async open(workers: number): Promise<RecordScene> {
    const { kafkaBrokers, schemaRegistryUrl } = testStack();
    const test = await prepareEnvironment('hostile', 1 + OTHERS.length);
    await configureTopic(test.prefix + WIDE_SOURCE, 'max.message.bytes', String(WIDE_BYTES));
    const producer = testKafka(kafkaBrokers).producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
    });
    await producer.connect();
    const registry = await BadRegistry.listen(schemaRegistryUrl);
    const scene = new RecordScene(test, registry, producer, workers);
    try {
      await scene.#prepare();
    } catch (error) {
      await scene.close();
      throw error;
    }
    return scene;
  }

  get prefix(): string {
    return this.#test.prefix;
  }

  /** Schema ids by record. */
  get ids(): ReadonlyMap<string, number> {
    return this.#test.ids;
  }

  /** A name that no other try in this scene has. */
  nextName(): string {
    this.#count += 1;
    return `try-${this.#count}`;
  }

  /** An id of no schema that there is, and of no other try in this scene. */
  nextSchemaId(): number {
    this.#schemaId += 1;
    return this.#schemaId;
  }

  /** How many notifications of the event are committed. */
  notified(eventId: string): number {
    return this.#seen.get(eventId) ?? 0;
  }

  /** Ids of events of which a notification is committed. */
  get notifiedIds(): Iterable<string> {
    return this.#seen.keys();
  }

  /** Good records of the other partitions, one after another, until they are stopped. */
  probe(name: string): Probes {
    return new Probes(
      OTHERS,
      name,
      (partition, eventId) => this.sendGood(partition, eventId),
      (eventId) => this.notified(eventId) > 0,
    );
  }

  /** A record of the topic that makes one notification, acknowledged. */
  async sendGood(partition: number, eventId: string, topic = 'TASK_EVENT_TOPIC'): Promise<void> {
    const { message } = this.#goodOf(topic, eventId);
    await this.#producer.send({ topic: this.prefix + topic, messages: [{ ...message, partition }] });
  }

  #goodOf(topic: string, eventId: string): Sent {
    switch (topic) {
      case 'TASK_EVENT_TOPIC':
        return this.messages.task({ eventId, eventType: 'TASK_COMPLETED' });
      case 'CRM_EVENT_TOPIC':
        return this.messages.crm({ eventId, eventType: 'DEAL_LOST' });
      case 'NOTIFICATION_REQUEST_TOPIC':
        return this.messages.request({ eventId, channels: ['IN_APP'] });
      default:
        throw new Error(`${topic}: no good record is known for it`);
    }
  }

  /** As `until`, but fails at once when a worker ends. */
  async untilHolds(what: string, condition: () => boolean | Promise<boolean>, deadlineMs: number): Promise<void> {
    await until(what, async () => this.workers.some(({ process }) => process.ended) || (await condition()), deadlineMs);
    this.checkAlive();
  }

  checkAlive(): void {
    for (const { process } of this.workers) {
      if (process.ended) {
        throw new Error(`A worker ended with ${JSON.stringify(process.ended)}.\n${process.lines.slice(-3).join('\n')}`);
      }
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.workers.map(({ process }) => process.stop('SIGKILL')));
    await Promise.all([...this.#following.map((following) => following.stop()), this.#producer.disconnect()]);
    await this.registry.close();
  }

  async #prepare(): Promise<void> {
    this.#follow('NOTIFICATION_INAPP_TOPIC', ({ value }) => {
      const eventId = String(decode('InAppNotification', value!)['eventId']);
      this.#seen.set(eventId, this.notified(eventId) + 1);
    });
    this.#follow('NOTIFICATION_DLQ', (record) => this.letters.push(record));
    await Promise.all(this.workers.map(({ process }) => process.ready()));
    for (const partition of [ATTACKED, ...OTHERS]) await this.sendGood(partition, `first-${partition}`);
    await this.untilHolds(
      'every partition makes notifications',
      () => [ATTACKED, ...OTHERS].every((partition) => this.notified(`first-${partition}`) === 1),
      60_000,
    );
  }

  #follow(topic: string, onRecord: (record: OracleRecord) => void): void {
    const brokers = testStack().kafkaBrokers;
    this.#following.push(followCommitted({ brokers, topics: [this.prefix + topic] }, onRecord));
  }
}

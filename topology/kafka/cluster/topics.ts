/** Creating topics and looking at what there is, through kafkajs's public admin client. */
import { setTimeout as delay } from 'node:timers/promises';
import kafkajs, { type Admin } from 'kafkajs';
import { openSocket, type KafkaSettings } from './connect.js';
import { ErrorCode } from '../protocol/error-codes.js';
import { BrokerError, hasMoved, innermost, isMissingRight } from '../protocol/protocol-errors.js';

const { ConfigResourceTypes, Kafka, logLevel } = kafkajs;

const LED_WITHIN_MS = 30_000;
const LOOK_AGAIN_MS = 100;

/** A topic to be made. */
export interface TopicPlan {
  /** Physical name. */
  readonly topic: string;
  readonly partitions: number;
  /** -1 takes the brokers' default. */
  readonly replicationFactor: number;
  readonly configs?: Readonly<Record<string, string>>;
}

/** As kafkajs has it in its error. */
interface RefusedPartition {
  readonly partition: number;
  readonly error?: { readonly code?: unknown };
}

export class TopicAdmin {
  readonly #admin: Admin;

  constructor(settings: KafkaSettings) {
    const { brokers, clientId, ssl, sasl, connectionTimeoutMs, requestTimeoutMs } = settings;
    const kafka = new Kafka({
      brokers: [...brokers],
      clientId,
      // Its errors have codes, by which readiness says what is wrong.
      socketFactory: openSocket,
      ...(ssl === undefined ? {} : { ssl }),
      ...(sasl === undefined ? {} : { sasl }),
      connectionTimeout: connectionTimeoutMs,
      requestTimeout: requestTimeoutMs,
      retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 4 },
      logLevel: logLevel.NOTHING,
    });
    this.#admin = kafka.admin();
  }

  async connect(): Promise<void> {
    await this.#admin.connect();
  }

  async close(): Promise<void> {
    await this.#admin.disconnect();
  }

  /** What the Kafka cluster calls itself. */
  async clusterId(): Promise<string> {
    return (await this.#admin.describeCluster()).clusterId;
  }

  /** Partitions of each topic; a topic that does not exist is left out. */
  async partitionCounts(topics: readonly string[]): Promise<Map<string, number>> {
    const existing = new Set(await this.#admin.listTopics());
    const wanted = topics.filter((topic) => existing.has(topic));
    if (wanted.length === 0) return new Map();
    const { topics: found } = await this.#admin.fetchTopicMetadata({ topics: wanted });
    return new Map(found.map(({ name, partitions }) => [name, partitions.length]));
  }

  /** Makes the topics that do not exist yet, and waits until each of their partitions has a leader; returns their names. */
  async create(plans: readonly TopicPlan[]): Promise<string[]> {
    const existing = await this.partitionCounts(plans.map(({ topic }) => topic));
    const missing = plans.filter(({ topic }) => !existing.has(topic));
    if (missing.length === 0) return [];
    await this.#createTopics({
      // kafkajs's own wait fails at the first broker that has not heard of a topic yet.
      waitForLeaders: false,
      topics: missing.map(({ topic, partitions, replicationFactor, configs }) => ({
        topic,
        numPartitions: partitions,
        replicationFactor,
        configEntries: Object.entries(configs ?? {}).map(([name, value]) => ({ name, value })),
      })),
    });
    const names = missing.map(({ topic }) => topic);
    await this.#untilLed(names);
    return names;
  }

  /** kafkajs puts the brokers' errors, one for a topic, into one that says nothing: the first is the reason. */
  async #createTopics(request: Parameters<Admin['createTopics']>[0]): Promise<void> {
    try {
      await this.#admin.createTopics(request);
    } catch (error) {
      const [first] = (error as { errors?: readonly { code?: unknown; topic?: unknown }[] }).errors ?? [];
      if (typeof first?.code !== 'number') throw error;
      throw new BrokerError(first.code, `CreateTopics of ${String(first.topic)}`, { topic: String(first.topic) });
    }
  }

  async #untilLed(topics: string[]): Promise<void> {
    const deadline = Date.now() + LED_WITHIN_MS;
    for (;;) {
      try {
        const { topics: found } = await this.#admin.fetchTopicMetadata({ topics });
        if (found.every(({ partitions }) => partitions.every(({ leader }) => leader >= 0))) return;
      } catch (error) {
        // Who may create a topic may not see it by that.
        if (isMissingRight(error)) {
          await refuseEach(topics, 'Metadata', (topic) => this.#admin.fetchTopicMetadata({ topics: [topic] }));
        }
        if (!hasMoved(error)) throw error;
      }
      if (Date.now() > deadline) {
        throw new Error(`within ${LED_WITHIN_MS} ms of being created, ${topics.join(', ')} got no leaders`);
      }
      await delay(LOOK_AGAIN_MS);
    }
  }

  /** Deletes those of the topics that exist. */
  async delete(topics: readonly string[]): Promise<void> {
    const existing = [...(await this.partitionCounts(topics)).keys()];
    if (existing.length > 0) await this.#admin.deleteTopics({ topics: existing });
  }

  /** Deletes what lies before these offsets, by partition. Throws BrokerError with the first partition that was refused. */
  async deleteRecords(topic: string, offsets: ReadonlyMap<number, number>): Promise<void> {
    // The leaders are known from then on: kafkajs looks for them before it asks.
    await this.#admin.fetchTopicOffsets(topic);
    const partitions = [...offsets].map(([partition, offset]) => ({ partition, offset: String(offset) }));
    try {
      await this.#admin.deleteTopicRecords({ topic, partitions });
    } catch (error) {
      const { partitions: refused = [] } = innermost(error) as { partitions?: readonly RefusedPartition[] };
      const [first] = refused;
      if (first === undefined || typeof first.error?.code !== 'number') throw error;
      const { partition } = first;
      throw new BrokerError(first.error.code, `DeleteRecords of ${topic}-${partition}`, { topic, partition });
    }
  }

  /** These settings of one topic, the brokers' defaults included; without those that the brokers do not know. */
  async settingsOf(topic: string, names: readonly string[]): Promise<Map<string, string>> {
    const [described] = await this.#describe([topic], names);
    return new Map(described?.configEntries.map(({ configName, configValue }) => [configName, configValue]));
  }

  /** One setting of each topic. Throws for one that we may not ask about (BrokerError), by its name. */
  async settings(topics: readonly string[], name: string): Promise<Map<string, string>> {
    try {
      const described = await this.#describe(topics, [name]);
      return new Map(
        described.map(({ resourceName, configEntries }) => [resourceName, configEntries[0]?.configValue ?? '']),
      );
    } catch (error) {
      if (isMissingRight(error))
        await refuseEach(topics, 'DescribeConfigs', (topic) => this.#describe([topic], [name]));
      throw error;
    }
  }

  async #describe(topics: readonly string[], names: readonly string[]) {
    const { resources } = await this.#admin.describeConfigs({
      includeSynonyms: false,
      resources: topics.map((topic) => ({ type: ConfigResourceTypes.TOPIC, name: topic, configNames: [...names] })),
    });
    return resources;
  }
}

/** After a right was missing: asks for each topic by itself, as kafkajs names none, and throws with the first that it is to. */
async function refuseEach(
  topics: readonly string[],
  request: string,
  ask: (topic: string) => Promise<unknown>,
): Promise<void> {
  for (const topic of topics) {
    await ask(topic).catch((error: unknown) => {
      if (!isMissingRight(error)) throw error;
      throw new BrokerError(ErrorCode.TOPIC_AUTHORIZATION_FAILED, `${request} of ${topic}`, { topic });
    });
  }
}

/** Connects an admin client for the work, and lets it go however the work ends. */
export async function withTopicAdmin<T>(settings: KafkaSettings, work: (admin: TopicAdmin) => Promise<T>): Promise<T> {
  const admin = new TopicAdmin(settings);
  try {
    await admin.connect();
    return await work(admin);
  } finally {
    await admin.close();
  }
}

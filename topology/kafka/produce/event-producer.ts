/** Produces records outside any transaction: idempotent, acknowledged by every in-sync replica. */
import kafkajs, { type Producer, type RecordMetadata } from 'kafkajs';
import type { KafkaSettings } from '../cluster/connect.js';
import { apiOf } from '../cluster/request-meter.js';
import type { PartitionOffset } from '../protocol/partitions.js';
import { partitionFor } from '../records/murmur2.js';

const { Kafka, logLevel } = kafkajs;

interface KeyedValue {
  readonly key: string;
  readonly value: Buffer | null;
}

export class EventProducer {
  readonly #producer: Producer;
  #connected: Promise<void> | undefined;

  constructor(settings: KafkaSettings) {
    const { brokers, clientId, ssl, sasl, connectionTimeoutMs, requestTimeoutMs } = settings;
    const kafka = new Kafka({
      brokers: [...brokers],
      clientId,
      ...(ssl === undefined ? {} : { ssl }),
      ...(sasl === undefined ? {} : { sasl }),
      connectionTimeout: connectionTimeoutMs,
      requestTimeout: requestTimeoutMs,
      retry: { initialRetryTime: 20, maxRetryTime: 500, retries: 8 },
      logLevel: logLevel.NOTHING,
    });
    this.#producer = kafka.producer({
      idempotent: true,
      allowAutoTopicCreation: false,
      createPartitioner:
        () =>
        ({ message, partitionMetadata }) =>
          partitionFor(Buffer.from(message.key ?? ''), partitionMetadata.length),
    });
    const { onRequest } = settings;
    if (!onRequest) return;
    const { REQUEST, REQUEST_TIMEOUT } = this.#producer.events;
    this.#producer.on(REQUEST, ({ payload }) => onRequest(apiOf(payload.apiKey), payload.duration / 1000, false));
    this.#producer.on(REQUEST_TIMEOUT, ({ payload: { apiKey, sentAt } }) =>
      onRequest(apiOf(apiKey), (Date.now() - sentAt) / 1000, true),
    );
  }

  /** Resolves, with its place, when every in-sync replica has the record; rejects when that could not be had in time. */
  async send(topic: string, key: string, value: Buffer): Promise<PartitionOffset> {
    const [{ partition, baseOffset }] = (await this.#send(topic, [{ key, value }])) as [RecordMetadata];
    return { topic, partition, offset: Number(baseOffset) };
  }

  /**
   * As `send`, for several at once: those of one partition keep their order, and must fit into one batch (1 MB).
   * A null value is a tombstone.
   */
  async sendAll(topic: string, records: readonly KeyedValue[]): Promise<void> {
    await this.#send(topic, records);
  }

  async #send(topic: string, records: readonly KeyedValue[]): Promise<RecordMetadata[]> {
    this.#connected ??= this.#producer.connect();
    try {
      await this.#connected;
    } catch (error) {
      this.#connected = undefined;
      throw error;
    }
    return this.#producer.send({ topic, acks: -1, messages: records.map(({ key, value }) => ({ key, value })) });
  }

  async close(): Promise<void> {
    await this.#connected;
    await this.#producer.disconnect();
  }
}

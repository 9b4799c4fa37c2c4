/** Produces records outside any transaction: idempotent, acknowledged by every in-sync replica. */
import kafkajs, { type Producer } from 'kafkajs';
import type { KafkaSettings } from '../cluster/connect.js';
import { partitionFor } from '../records/murmur2.js';

const { Kafka, logLevel } = kafkajs;

export class EventProducer {
  readonly #producer: Producer;
  #connected: Promise<void> | undefined;

  constructor(settings: KafkaSettings) {
    const { brokers, clientId, ssl, sasl, connectionTimeoutMs, requestTimeoutMs } = settings;
    const kafka = new Kafka({
      brokers: [...brokers],
      clientId: `${clientId}-gateway`,
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
  }

  /** Resolves when every in-sync replica has the record; rejects when that could not be had in time. */
  send(topic: string, key: string, value: Buffer): Promise<void> {
    return this.sendAll(topic, [{ key, value }]);
  }

  /**
   * As `send`, for several at once: those of one partition keep their order, and must fit into one batch (1 MB).
   * A null value is a tombstone.
   */
  async sendAll(
    topic: string,
    records: readonly { readonly key: string; readonly value: Buffer | null }[],
  ): Promise<void> {
    this.#connected ??= this.#producer.connect();
    try {
      await this.#connected;
    } catch (error) {
      this.#connected = undefined;
      throw error;
    }
    await this.#producer.send({ topic, acks: -1, messages: records.map(({ key, value }) => ({ key, value })) });
  }

  async close(): Promise<void> {
    await this.#connected;
    await this.#producer.disconnect();
  }
}

/** Which broker leads a partition, from the cluster's metadata; looked up in a map, since kafkajs searches arrays. */
import type { Broker, Cluster } from '../protocol/internals.js';
import { ErrorCode } from '../protocol/error-codes.js';
import { askTopicIds, type TopicIds } from '../protocol/metadata.js';
import { BrokerError, isUnknownTopic } from '../protocol/protocol-errors.js';

/** For so long a broker may not have heard of a topic yet, ms. */
const UNHEARD_MS = 3000;

export class Leaders {
  readonly #cluster: Cluster;
  readonly #tracked = new Set<string>();
  readonly #byTopic = new Map<string, readonly number[]>();
  /** Since when topics have been unknown to the brokers. */
  readonly #unknownSince = new Map<string, number>();
  /** Unknown for long: not asked for with the others, which would not be answered. */
  readonly #missing = new Set<string>();
  readonly #now: () => number;

  /** `now`: monotonic, ms. */
  constructor(cluster: Cluster, now: () => number = () => performance.now()) {
    this.#cluster = cluster;
    this.#now = now;
  }

  /** Learns of topics; must be called before anything is asked about them. Throws when one is not known then. */
  async track(topics: readonly string[]): Promise<void> {
    await this.#cluster.addMultipleTargetTopics(topics);
    for (const topic of topics) this.#tracked.add(topic);
    await this.#learn();
  }

  /** How many partitions the topic has; 0 when it does not exist. */
  partitionCount(topic: string): number {
    return this.#leadersOf(topic).length;
  }

  /** Node id of the partition's leader; -1 while there is none. */
  leaderOf(topic: string, partition: number): number {
    return this.#leadersOf(topic)[partition] ?? -1;
  }

  broker(nodeId: number): Promise<Broker> {
    return this.#cluster.findBroker({ nodeId });
  }

  /**
   * Asks the brokers again: after an error that says that something moved, or to see new partitions. A topic that was
   * deleted has no partitions then, and hides nothing of the others; until it has been unknown for a while, it is thrown
   * (BrokerError, retriable).
   */
  async refresh(): Promise<void> {
    for (const topic of this.#missing) {
      if ((await this.#look(topic)) !== undefined) continue;
      this.#missing.delete(topic);
      this.#cluster.targetTopics.add(topic);
    }
    try {
      await this.#cluster.refreshMetadata();
    } catch (error) {
      if (!isUnknownTopic(error)) throw error;
      await this.#setApart(error);
      await this.#cluster.refreshMetadata();
    }
    await this.#learn();
  }

  /** Throws when what is unknown has not been so for long. */
  async #setApart(cause: unknown): Promise<void> {
    let fresh: unknown;
    let found = false;
    for (const topic of this.#tracked) {
      const error = await this.#look(topic);
      if (error === undefined) continue;
      const since = this.#unknownSince.get(topic) ?? this.#now();
      this.#unknownSince.set(topic, since);
      found = true;
      if (this.#now() - since < UNHEARD_MS) {
        fresh = error;
        continue;
      }
      this.#missing.add(topic);
      this.#cluster.targetTopics.delete(topic);
    }
    if (fresh !== undefined || !found) throw fresh ?? cause;
  }

  /** The error when the brokers do not know the topic. */
  async #look(topic: string): Promise<unknown> {
    try {
      await this.topicIds([topic]);
    } catch (error) {
      if (!isUnknownTopic(error)) throw error;
      return error;
    }
    this.#unknownSince.delete(topic);
    return undefined;
  }

  /** The topics' ids, asked for now. Throws when one does not exist (BrokerError, retriable). */
  async topicIds(topics: readonly string[]): Promise<TopicIds> {
    return askTopicIds(await this.#cluster.findControllerBroker(), topics);
  }

  /**
   * What the brokers said last. kafkajs lets a question join one that is on its way, which may not have named the
   * topics that were added since: then it is asked once more.
   */
  async #learn(): Promise<void> {
    this.#byTopic.clear();
    if (!this.#unknown()) return;
    await this.#cluster.refreshMetadata();
    this.#byTopic.clear();
    const unknown = this.#unknown();
    if (unknown !== undefined)
      throw new BrokerError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `Metadata of ${unknown}`, { topic: unknown });
  }

  #unknown(): string | undefined {
    return [...this.#tracked].find((topic) => !this.#missing.has(topic) && this.#leadersOf(topic).length === 0);
  }

  #leadersOf(topic: string): readonly number[] {
    let leaders = this.#byTopic.get(topic);
    if (!leaders) {
      const metadata = this.#cluster.findTopicPartitionMetadata(topic);
      const found: number[] = new Array<number>(metadata.length).fill(-1);
      for (const { partitionId, leader } of metadata) found[partitionId] = leader;
      leaders = found;
      this.#byTopic.set(topic, leaders);
    }
    return leaders;
  }
}

/** Which broker leads a partition, from the cluster's metadata; looked up in a map, since kafkajs searches arrays. */
import type { Broker, Cluster } from './internals.js';
import { BrokerError, UNKNOWN_TOPIC_OR_PARTITION } from './protocol-errors.js';
import { askTopicIds, type TopicIds } from './topic-ids.js';

export class Leaders {
  readonly #cluster: Cluster;
  readonly #tracked = new Set<string>();
  readonly #byTopic = new Map<string, readonly number[]>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
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

  /** Asks the brokers again: after an error that says that something moved, or to see new partitions. */
  async refresh(): Promise<void> {
    await this.#cluster.refreshMetadata();
    await this.#learn();
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
    if (unknown !== undefined) throw new BrokerError(UNKNOWN_TOPIC_OR_PARTITION, `Metadata of ${unknown}`);
  }

  #unknown(): string | undefined {
    return [...this.#tracked].find((topic) => this.#leadersOf(topic).length === 0);
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

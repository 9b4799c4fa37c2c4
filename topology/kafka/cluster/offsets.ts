/** What the brokers know of positions: committed offsets of the group, first and last offsets of partitions. */
import { setTimeout as delay } from 'node:timers/promises';
import { READ_COMMITTED } from './connect.js';
import type { Cluster } from '../protocol/internals.js';
import { groupCoordinator } from './coordinator.js';
import { groupBy } from '../../../common/group-by.js';
import type { Leaders } from './leaders.js';
import { ErrorCode } from '../protocol/error-codes.js';
import type { TopicIds } from '../protocol/metadata.js';
import { offsetFetch } from '../protocol/offset-fetch.js';
import { byTopic, type PartitionOffset } from '../protocol/partitions.js';
import { BrokerError, hasMoved, isRetriable } from '../protocol/protocol-errors.js';

/** Where in a partition: its start, its last stable offset, or the first record at or after a time (ms). */
export type OffsetSpec = 'earliest' | 'latest' | number;

const READ_UNCOMMITTED = 0;
const LATEST = '-1';

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** The first `count` partitions of the topic: all, when it has so many. */
export function partitionsIn(topic: string, count: number): TopicPartition[] {
  return Array.from({ length: count }, (_, partition) => ({ topic, partition }));
}

/** What the list says of the partition. */
export function offsetIn(
  list: readonly PartitionOffset[],
  { topic, partition }: TopicPartition,
): PartitionOffset | undefined {
  return list.find((one) => one.topic === topic && one.partition === partition);
}

export class Offsets {
  readonly #cluster: Cluster;
  readonly #leaders: Leaders;
  readonly #groupId: string;

  /** The leaders must track every topic that is asked about. */
  constructor(cluster: Cluster, leaders: Leaders, groupId: string) {
    this.#cluster = cluster;
    this.#leaders = leaders;
    this.#groupId = groupId;
  }

  /**
   * Committed offsets of the group, without the partitions that have none. Waits for transactions that are pending
   * over them (KIP-447), up to the deadline.
   */
  async committed(partitions: readonly TopicPartition[], budgetMs: number): Promise<PartitionOffset[]> {
    return this.#committed(partitions, budgetMs, true);
  }

  /** As `committed`, but waits for no transaction: over a partition where one is pending, what was committed before it. */
  async lastCommitted(partitions: readonly TopicPartition[], budgetMs: number): Promise<PartitionOffset[]> {
    return this.#committed(partitions, budgetMs, false);
  }

  async #committed(
    partitions: readonly TopicPartition[],
    budgetMs: number,
    isStable: boolean,
  ): Promise<PartitionOffset[]> {
    const offsets = await this.#retrying(budgetMs, async () => {
      const coordinator = await groupCoordinator(this.#cluster, this.#groupId);
      return coordinator.connectionPool.send(offsetFetch(this.#groupId, byTopic(partitions), isStable));
    });
    return offsets.filter(({ offset }) => offset >= 0);
  }

  /** The topics' present ids: what is read of them afterwards is of these, or of later ones. */
  async topicIds(topics: readonly string[], budgetMs: number): Promise<TopicIds> {
    return this.#retrying(budgetMs, () => this.#leaders.topicIds(topics));
  }

  /** The offset of each partition at the place asked for; past the last record, the last stable offset. */
  async at(spec: OffsetSpec, partitions: readonly TopicPartition[], budgetMs: number): Promise<PartitionOffset[]> {
    const timestamp = spec === 'earliest' ? '-2' : spec === 'latest' ? LATEST : String(spec);
    const found = await this.#retrying(budgetMs, () => this.#list(timestamp, READ_COMMITTED, partitions));
    const beyond = found.filter(({ offset }) => offset < 0);
    if (beyond.length === 0) return found;
    const ends = await this.at('latest', beyond, budgetMs);
    return [...found.filter(({ offset }) => offset >= 0), ...ends];
  }

  /**
   * The end of each partition, open transactions included. A transaction may be committed, its offsets be visible, and
   * its markers still be on their way to other partitions: whoever must see all that was committed reads up to here,
   * not to the last stable offset.
   */
  async highWatermarks(partitions: readonly TopicPartition[], budgetMs: number): Promise<PartitionOffset[]> {
    return this.#retrying(budgetMs, () => this.#list(LATEST, READ_UNCOMMITTED, partitions));
  }

  async #list(
    timestamp: string,
    isolationLevel: number,
    partitions: readonly TopicPartition[],
  ): Promise<PartitionOffset[]> {
    const byLeader = groupBy(partitions, ({ topic, partition }) => this.#leaders.leaderOf(topic, partition));
    if (byLeader.has(-1)) throw new BrokerError(ErrorCode.LEADER_NOT_AVAILABLE, 'ListOffsets');
    const answers = [...byLeader].map(async ([nodeId, led]) => {
      const broker = await this.#leaders.broker(nodeId);
      const topics = [...groupBy(led, ({ topic }) => topic)].map(([topic, inTopic]) => ({
        topic,
        partitions: inTopic.map(({ partition }) => ({ partition, timestamp })),
      }));
      const { responses } = await broker.listOffsets({ isolationLevel, topics });
      return responses.flatMap(({ topic, partitions: found }) =>
        found.map(({ partition, offset }) => ({ topic, partition, offset: Number(offset) })),
      );
    });
    return (await Promise.all(answers)).flat();
  }

  async #retrying<T>(budgetMs: number, ask: () => Promise<T>): Promise<T> {
    const deadline = performance.now() + budgetMs;
    for (let wait = 10; ; wait = Math.min(wait * 2, 200)) {
      try {
        return await ask();
      } catch (error) {
        if (!isRetriable(error) || performance.now() + wait > deadline) throw error;
        if (hasMoved(error)) await this.#leaders.refresh();
        await delay(wait);
      }
    }
  }
}

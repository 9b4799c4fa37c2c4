import { groupBy } from '../../../common/group-by.js';

/** Partitions as requests name them. */
export interface TopicPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

/** As requests name them, each once. */
export function byTopic(
  partitions: Iterable<{ readonly topic: string; readonly partition: number }>,
): TopicPartitions[] {
  return [...groupBy(partitions, ({ topic }) => topic)].map(([topic, inTopic]) => ({
    topic,
    partitions: [...new Set(inTopic.map(({ partition }) => partition))],
  }));
}

export interface PartitionOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** What stands beside a committed offset; empty when it was set by a tool. */
  readonly metadata?: string;
}

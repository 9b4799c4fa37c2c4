/** Partitions as requests name them. */
export interface TopicPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

export interface PartitionOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** What stands beside a committed offset; empty when it was set by a tool. */
  readonly metadata?: string;
}

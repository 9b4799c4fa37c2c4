/**
 * How many tasks there are: as many as the largest source topic has partitions, up to MAX_TASKS. Above that a task is
 * several partitions, with one store, one changelog partition, and one transaction for all of them, which is what a
 * partition more would cost the brokers.
 *
 * A partition must never move to another task, which has not seen its events. Partition p is of task p modulo the
 * number of tasks, so that number stays what the changelog's partitions say, and grows only while no task has had the
 * partitions that would move.
 */
import type { Offsets, PartitionCounts, TopicPartition } from './kafka/index.js';
import type { Logger } from './log.js';
import { isOfTask } from './task/offset-metadata.js';

export interface TaskCountOptions {
  readonly maxTasks: number;
  /** How many partitions the changelog has; 0 when there is none. */
  readonly changelogPartitions: () => Promise<number>;
  readonly offsets: Pick<Offsets, 'committed'>;
  readonly log: Logger;
}

const ANSWER_MS = 15_000;

/** `partitions`: of the source topics, by their physical names. */
export async function taskCount(partitions: PartitionCounts, options: TaskCountOptions): Promise<number> {
  const { maxTasks, changelogPartitions, offsets, log } = options;
  const largest = Math.max(...partitions.values());
  const wanted = Math.min(largest, maxTasks);
  const present = await changelogPartitions();
  if (present === 0) return wanted;
  if (wanted <= present) return Math.min(largest, present);
  const added = [...partitions].flatMap(([topic, count]) => partitionsFrom(present, count, topic));
  const committed = await offsets.committed(added, ANSWER_MS);
  if (!committed.some(isOfTask)) return wanted;
  log.warn(
    { tasks: present, MAX_TASKS: maxTasks, partitions: largest },
    'MAX_TASKS was raised after the partitions had been dealt to fewer tasks: their number stays as the changelog has it',
  );
  return present;
}

function partitionsFrom(first: number, count: number, topic: string): TopicPartition[] {
  return Array.from({ length: Math.max(0, count - first) }, (_, i) => ({ topic, partition: first + i }));
}

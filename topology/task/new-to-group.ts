/**
 * What the group's offsets say of partitions of which it has none. A task may be as new as its partitions, so those that
 * other tasks have read must tell which were there at a first start, and which came since: partitions that were added,
 * or a source that newer rules read.
 */
import type { SourcePartition } from '../../common/record.js';
import { partitionsIn, type PartitionOffset, type TopicIds } from '../kafka/index.js';
import { isOfTask, isOtherTopic, partitionsAtFirstIn, topicIdIn } from './offset-metadata.js';
import type { TaskParts } from './task-parts.js';

export interface ReadByOthers {
  /** The topic was there before the partition: it is read from its beginning. */
  isAdded(source: SourcePartition): boolean;
  /** The group had begun without the topic: all of its partitions count as added. */
  isNew(source: SourcePartition): boolean;
}

const ANSWER_MS = 15_000;

/** What the task has of its other sources: `offsets` alone when its changelog has expired, which may have known of any. */
export type TaskHas = 'positions' | 'offsets' | 'nothing';

/** `sources`: of which nothing is committed. */
export async function readByOthers(
  sources: readonly SourcePartition[],
  has: TaskHas,
  ids: TopicIds,
  { broker, group }: TaskParts,
): Promise<ReadByOthers> {
  if (sources.length === 0) return { isAdded: () => false, isNew: () => false };
  const { names, offsets } = broker;
  const all = group.sourceTopics.flatMap((topic) => partitionsIn(names.physical(topic), group.partitionCount(topic)));
  const committed = await offsets.committed(all, ANSWER_MS);
  const committedOf = (topic: string): PartitionOffset[] =>
    committed.filter((offset) => offset.topic === topic && !isOtherTopic(topicIdIn(offset), ids.get(topic)));
  // A task commits the first positions of all its sources at once: one without this topic began before it was read.
  const isLeftOut = (topic: string, partitions: number): boolean =>
    committed.some((offset) => offset.topic !== topic && offset.partition < partitions && isOfTask(offset));
  const isNew = ({ topic }: SourcePartition): boolean => {
    const read = committedOf(names.physical(topic));
    if (read.length > 0) return read.some((offset) => partitionsAtFirstIn(offset) === 0);
    if (has !== 'nothing') return has === 'positions';
    return isLeftOut(names.physical(topic), group.partitionCount(topic));
  };
  const isAdded = (source: SourcePartition): boolean =>
    isNew(source) ||
    committedOf(names.physical(source.topic)).some(
      (offset) => source.partition >= (partitionsAtFirstIn(offset) ?? Infinity),
    );
  return { isAdded, isNew };
}

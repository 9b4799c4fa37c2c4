/**
 * What we write beside each committed offset: the id of the topic that it is an offset of, and how many partitions that
 * had when the partition was first read. Offsets that a tool sets (kafka-consumer-groups --reset-offsets) carry none,
 * by which an operator's word is told from our own.
 */
import type { PartitionOffset } from '../kafka/index.js';

const PREFIX = 'topic-id:';
const PARTITIONS = ';partitions:';

export function metadataFor(topicId: string | undefined, partitionsAtFirst: number): string {
  return `${PREFIX}${topicId ?? ''}${PARTITIONS}${partitionsAtFirst}`;
}

/** Committed by a task, together with a changelog record. */
export function isOfTask({ metadata = '' }: PartitionOffset): boolean {
  return metadata.startsWith(PREFIX);
}

/** Undefined when a tool set the offset, or the brokers knew of no ids. */
export function topicIdIn(offset: PartitionOffset): string | undefined {
  return isOfTask(offset) ? offset.metadata!.slice(PREFIX.length).split(PARTITIONS)[0] || undefined : undefined;
}

/** Undefined when a tool set the offset, or somebody wrote metadata that only begins as ours. */
export function partitionsAtFirstIn(offset: PartitionOffset): number | undefined {
  const [, digits] = /;partitions:(\d{1,9})$/.exec(isOfTask(offset) ? offset.metadata! : '') ?? [];
  return digits === undefined ? undefined : Number(digits);
}

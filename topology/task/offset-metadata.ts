/**
 * What we write beside each committed offset: the id of the topic that it is an offset of, how many partitions that had
 * when the partition was first read, and the stream time, by which other workers know how far it is. Offsets that a tool sets (kafka-consumer-groups --reset-offsets) carry none,
 * by which an operator's word is told from our own.
 */
import { type SourcePosition, NO_STREAM_TIME } from '../../common/source-position.js';
import type { PartitionOffset } from '../kafka/index.js';

const PREFIX = 'topic-id:';
const PARTITIONS = ';partitions:';

export function metadataFor({ topicId, streamTime }: SourcePosition, partitionsAtFirst: number): string {
  return `${PREFIX}${topicId ?? ''}${PARTITIONS}${partitionsAtFirst};time:${streamTime}`;
}

/** Committed by a task, together with a changelog record. */
export function isOfTask({ metadata = '' }: PartitionOffset): boolean {
  return metadata.startsWith(PREFIX);
}

/** Undefined when a tool set the offset, or the brokers knew of no ids. */
export function topicIdIn(offset: PartitionOffset): string | undefined {
  return isOfTask(offset) ? offset.metadata!.slice(PREFIX.length).split(PARTITIONS)[0] || undefined : undefined;
}

/** Both are known, and the topic was recreated in between. */
export function isOtherTopic(before: string | undefined, now: string | undefined): boolean {
  return before !== undefined && now !== undefined && before !== now;
}

/** Undefined when a tool set the offset, or somebody wrote metadata that only begins as ours. */
export function partitionsAtFirstIn(offset: PartitionOffset): number | undefined {
  const [, digits] = /;partitions:(\d{1,9})(?:;time:-?\d{1,15})?$/.exec(isOfTask(offset) ? offset.metadata! : '') ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** NO_STREAM_TIME when a tool set the offset, or there is none. */
export function streamTimeIn(offset: PartitionOffset | undefined): number {
  const [, digits] = (offset && isOfTask(offset) && /;time:(\d{1,15})$/.exec(offset.metadata!)) || [];
  return digits === undefined ? NO_STREAM_TIME : Number(digits);
}

/** Where to begin in a source that this task has never read, and when to refuse to guess. */
import { type SourcePosition, NO_STREAM_TIME } from '../../common/source-position.js';
import { ConfigError, FatalError } from '../../common/errors.js';
import type { SourcePartition } from '../../common/record.js';
import { WAYS_OUT } from '../../common/ways-out.js';
import { partitionName } from '../../common/topic-names.js';
import { offsetIn, type PartitionOffset, type TopicPartition } from '../kafka/index.js';
import type { TaskParts } from './task-parts.js';

const ANSWER_MS = 15_000;

/** START_FROM at a first start; the beginning of a partition that was added later, or of a topic that was recreated. */
export async function firstPositions(
  sources: readonly SourcePartition[],
  firstStart: boolean,
  task: number,
  parts: TaskParts,
): Promise<Map<SourcePartition, SourcePosition>> {
  const { names, offsets } = parts.broker;
  const { startFrom, bootstrap } = parts.job;
  const found = new Map<SourcePartition, SourcePosition>();
  if (sources.length === 0) return found;
  const partitions = sources.map(({ topic, partition }) => ({ topic: names.physical(topic), partition }));
  if (firstStart) await refuseLostOffsets(partitions, task, parts);
  const earliest = await offsets.at('earliest', partitions, ANSWER_MS);
  const latest = await offsets.at('latest', partitions, ANSWER_MS);
  const held = latest.filter((end) => end.offset > (offsetIn(earliest, end)?.offset ?? 0));
  if (firstStart && startFrom === undefined && held.length > 0) {
    const holding = held.map(({ topic, partition }) => `${topic}-${partition}`).join(', ');
    throw new ConfigError([
      `START_FROM is not set, and must be at a first start when a source already holds records (${holding}): expected earliest, latest, or a time such as 2026-01-31T00:00:00Z`,
    ]);
  }
  const chosen = firstStart ? await offsets.at(startFrom ?? 'earliest', partitions, ANSWER_MS) : earliest;
  for (const source of sources) {
    const { topic, partition } = source;
    const at = (list: readonly PartitionOffset[]): number =>
      offsetIn(list, { topic: names.physical(topic), partition })?.offset ?? 0;
    // The store needs all of a bootstrap source, so it is read from the start; what is older makes no notification.
    const nextOffset = topic === bootstrap.source ? at(earliest) : at(chosen);
    found.set(source, { nextOffset, streamTime: NO_STREAM_TIME, notifyFrom: at(chosen) });
  }
  return found;
}

/** No offset, no position restored, and a changelog whose beginning has expired: guessing would send old e-mails again. */
async function refuseLostOffsets(
  sources: readonly TopicPartition[],
  task: number,
  { broker }: TaskParts,
): Promise<void> {
  const { names, offsets } = broker;
  const [start] = await offsets.at('earliest', [{ topic: names.changelog, partition: task }], ANSWER_MS);
  if (start!.offset === 0) return;
  const partitions = sources.map(({ topic, partition }) => `${topic}-${partition}`).join(', ');
  throw new FatalError(
    `task ${task} has no committed offset for ${partitions}, and the records of its changelog ${names.changelog}-${task} have expired: so have the group's offsets (offsets.retention.minutes). ` +
      `${WAYS_OUT.setOffsets(names.group)} ${WAYS_OUT.newApplication}`,
  );
}

/** A task's changelog and the group's offsets are one transaction: an offset beside which it has no position is another task's. */
export function refuseMoved(source: SourcePartition, task: number, { broker }: TaskParts): never {
  const { names } = broker;
  throw new FatalError(
    `another task than ${task} has read ${partitionName(names, source)}: the changelog ${names.changelog} has another number of partitions than it had. ` +
      `${WAYS_OUT.recreate} ${WAYS_OUT.forgetRepeats(names.group)}`,
  );
}

/**
 * The group's offsets were committed together with changelog records, and not one of those was restored. When the
 * changelog's beginning is gone they have expired, as entries do; when it never had any, it is another topic.
 */
export async function refuseLostChangelog(task: number, { broker, stores, worker }: TaskParts): Promise<void> {
  const { names, offsets } = broker;
  const changelog = `${names.changelog}-${task}`;
  const [start] = await offsets.at('earliest', [{ topic: names.changelog, partition: task }], ANSWER_MS);
  if (start!.offset > 0) {
    worker.log.warn(
      { task, changelog },
      'the records of the changelog have expired, or were deleted: no event is known as seen',
    );
    return;
  }
  throw new FatalError(
    `the changelog ${changelog} is empty, and the offsets of group ${names.group} were committed with records of it: it was deleted and recreated, and there is no store here. ` +
      (stores.damaged === undefined ? '' : `The one that was here was damaged and stands in ${stores.damaged}. `) +
      `${WAYS_OUT.reseed} Type it where another worker has the store of task ${task}. ${WAYS_OUT.forgetRepeats(names.group)}`,
  );
}

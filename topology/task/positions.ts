/**
 * Where a task begins in each of its sources: step 4 of the takeover. The first row that fits:
 *
 *   the group's offset              the changelog's position     then
 *   ─────────────────────────────────────────────────────────────────────────────────────────────────────────
 *   ours, of this topic             any                          the group's offset
 *   ours, of an earlier topic       any                          the beginning: the topic was made again
 *   set by an operator              any                          the group's offset, with a warning if it moved
 *   none                            of this topic                the changelog's: the offsets have expired
 *   none                            of an earlier topic          the beginning: the topic was made again
 *   none                            some, not of this source     the beginning: the partition was added later
 *   none                            none, but others' offsets    the same, where those say that the topic was smaller
 *   none                            none                         START_FROM, or refused (first-positions.ts)
 *   ours                            some, not of this source     refused: another task has read it
 *
 * A source that was deleted and made again is a new topic, of which nothing was read: from its beginning nothing is
 * lost, and copies of what was seen within the dedup window are dropped. An offset of the topic before it is not used,
 * not even when it would be in range: the records before it would be skipped unread.
 */
import type { SourcePosition } from '../../state/dedup/changelog-entry.js';
import { NO_STREAM_TIME } from '../../state/dedup/stream-time.js';
import type { TaskStore } from '../../state/dedup/task-store.js';
import { offsetIn, type PartitionOffset, type TopicIds } from '../kafka/index.js';
import type { SourceName, SourcePartition } from '../../common/record.js';
import { firstPositions, refuseLostChangelog, refuseMoved } from './first-positions.js';
import { isOfTask, partitionsAtFirstIn, topicIdIn } from './offset-metadata.js';
import type { TakeOverServices } from './take-over.js';

/** Where a task begins. */
export interface Positions {
  readonly positions: Map<SourceName, SourcePosition>;
  /** How many partitions each one's topic had when it was first read: another one from there on was added later. */
  readonly partitionsAtFirst: Map<SourceName, number>;
  /** Some of the positions were never committed: they must be, before a record is processed. */
  readonly first: boolean;
}

const ANSWER_MS = 15_000;

export async function readPositions(
  store: TaskStore,
  task: number,
  sources: readonly SourcePartition[],
  services: TakeOverServices,
): Promise<Positions> {
  const { names, offsets } = services;
  // The ids come first: a topic that is made again after this is not fetched under them.
  const ids = await offsets.topicIds([...new Set(sources.map(({ topic }) => names.physical(topic)))], ANSWER_MS);
  const partitions = sources.map(({ topic, partition }) => ({ topic: names.physical(topic), partition }));
  const committed = await offsets.committed(partitions, ANSWER_MS);
  const stored = store.checkpoint?.positions ?? new Map<string, SourcePosition>();
  if (stored.size === 0 && committed.some(isOfTask)) await refuseLostChangelog(task, services);

  const found = {
    known: new Map<SourceName, SourcePosition>(),
    partitionsAtFirst: new Map<SourceName, number>(),
    recreated: [] as SourcePartition[],
    unknown: [] as SourcePartition[],
  };
  for (const source of sources) {
    const topic = names.physical(source.topic);
    const group = offsetIn(committed, { topic, partition: source.partition });
    const known = { ...source, topicId: ids.get(topic), group, stored: stored.get(source.name) };
    if (stored.size > 0 && group && isOfTask(group) && !known.stored) refuseMoved(source, task, services);
    found.partitionsAtFirst.set(
      source.name,
      (group && partitionsAtFirstIn(group)) ?? services.partitionCount(source.topic),
    );
    const where = placeOf(known);
    if (where === 'recreated') found.recreated.push(source);
    else if (where === undefined) found.unknown.push(source);
    else found.known.set(source.name, { ...where, topicId: known.topicId });
    report(known, where, services);
  }

  const positions = new Map(found.known);
  const begin = ({ name, topic }: SourcePartition, position: SourcePosition): void => {
    positions.set(name, { ...position, topicId: ids.get(names.physical(topic)) });
  };
  const unread = await splitUnread(found.unknown, stored.size === 0, ids, services);
  for (const [source, position] of await firstPositions(unread.first, true, task, services)) begin(source, position);
  for (const [source, position] of await firstPositions([...unread.added, ...found.recreated], false, task, services)) {
    // Copies of what was seen of a topic before it was made again keep their place in the window.
    begin(source, { ...position, streamTime: stored.get(source.name)?.streamTime ?? NO_STREAM_TIME });
  }
  return { positions, partitionsAtFirst: found.partitionsAtFirst, first: positions.size > found.known.size };
}

/** Of the partitions that the task has never read, which are there since a first start, and which were added since. */
async function splitUnread(
  sources: readonly SourcePartition[],
  isTaskNew: boolean,
  ids: TopicIds,
  { names, offsets, partitionCount }: TakeOverServices,
): Promise<{ first: SourcePartition[]; added: SourcePartition[] }> {
  if (!isTaskNew || sources.length === 0) return { first: [], added: [...sources] };
  // A task may be as new as its partitions: then those that other tasks have read tell.
  const topics = [...new Set(sources.map(({ topic }) => topic))];
  const others = topics.flatMap((topic) =>
    Array.from({ length: partitionCount(topic) }, (_, partition) => ({ topic: names.physical(topic), partition })),
  );
  const committed = await offsets.committed(others, ANSWER_MS);
  const isAdded = ({ topic, partition }: SourcePartition): boolean =>
    committed.some(
      (of) =>
        of.topic === names.physical(topic) &&
        !isOther(topicIdIn(of), ids.get(of.topic)) &&
        partition >= (partitionsAtFirstIn(of) ?? Infinity),
    );
  return { first: sources.filter((source) => !isAdded(source)), added: sources.filter(isAdded) };
}

interface Source extends SourcePartition {
  /** The topic's id now. */
  readonly topicId: string | undefined;
  readonly group: PartitionOffset | undefined;
  readonly stored: SourcePosition | undefined;
}

/** Undefined where neither the group nor the changelog knows the source. */
function placeOf({ topicId, group, stored }: Source): Omit<SourcePosition, 'topicId'> | 'recreated' | undefined {
  if (group && isOther(topicIdIn(group), topicId)) return 'recreated';
  if (!group && stored && isOther(stored.topicId, topicId)) return 'recreated';
  const nextOffset = group?.offset ?? stored?.nextOffset;
  if (nextOffset === undefined) return undefined;
  const { streamTime, notifyFrom } = stored ?? { streamTime: NO_STREAM_TIME, notifyFrom: 0 };
  return { nextOffset, streamTime, notifyFrom };
}

function isOther(before: string | undefined, now: string | undefined): boolean {
  return before !== undefined && now !== undefined && before !== now;
}

/** What an operator should read in the log: the position is not simply the one that was committed last. */
function report(
  { topic, partition: number, topicId, group, stored }: Source,
  where: ReturnType<typeof placeOf>,
  { names, log, metrics }: TakeOverServices,
): void {
  const partition = `${names.physical(topic)}-${number}`;
  if (where === 'recreated') {
    metrics.sources_recreated_total.inc({ topic });
    log.warn(
      { partition, topicId, before: (group && topicIdIn(group)) ?? stored?.topicId, committed: group?.offset },
      'the source topic was deleted and made again: read from its beginning, the offset of the topic before it is not used',
    );
    return;
  }
  // Both are committed in one transaction, so they differ only where an operator moved the offset, or it expired.
  if (!group || !stored || group.offset === stored.nextOffset) return;
  const said = { partition, committed: group.offset, changelog: stored.nextOffset };
  if (isOther(stored.topicId, topicId)) {
    log.warn(
      said,
      "the source topic was deleted and made again, and the group's offset was set since: read from there",
    );
  } else if (group.offset < stored.nextOffset) {
    log.warn(
      said,
      'the committed offset was set back: records are read again, and dropped if they were seen within the dedup window',
    );
  } else {
    log.warn(said, 'the committed offset was set ahead: the records between are not read');
  }
}

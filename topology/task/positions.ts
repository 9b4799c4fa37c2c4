/**
 * Where a task begins in each of its sources: step 4 of the takeover. POSITION_RULES say it.
 *
 * A source that was deleted and recreated is a new topic, of which nothing was read: from its beginning nothing is lost,
 * and copies of what was seen within the dedup window are dropped. An offset of the topic before it is not used, not
 * even when it would be in range: the records before it would be skipped unread.
 */
import { type SourcePosition, NO_STREAM_TIME, type Checkpoint } from '../../common/source-position.js';
import type { SourceName, SourcePartition } from '../../common/record.js';
import { decide, type Rule } from '../../common/rules.js';
import { partitionName } from '../../common/topic-names.js';
import { offsetIn, type PartitionOffset } from '../kafka/index.js';
import { firstPositions, refuseLostChangelog, refuseMoved } from './first-positions.js';
import { readByOthers } from './new-to-group.js';
import { isOfTask, isOtherTopic, partitionsAtFirstIn, topicIdIn } from './offset-metadata.js';
import type { TaskParts } from './task-parts.js';

/** What the brokers and the stores say of a source. */
export interface KnownSource extends SourcePartition {
  /** The topic's id now. */
  readonly topicId: string | undefined;
  readonly group: PartitionOffset | undefined;
  readonly stored: SourcePosition | undefined;
  /** The changelog holds positions of other sources. */
  readonly hasOthers: boolean;
}

/** `unread`: START_FROM at a first start, the beginning of a partition that was added since: first-positions.ts. */
export type PositionRule = 'group' | 'changelog' | 'recreated' | 'added' | 'unread' | 'moved';

/** Printed in docs/recovery.md: the group's offset, the changelog's position, and what follows. */
export const POSITION_RULES: readonly Rule<KnownSource, PositionRule>[] = [
  {
    row: ['ours', 'some, not of this source', 'refused: another task has read it'],
    when: ({ group, stored, hasOthers }) => group !== undefined && isOfTask(group) && !stored && hasOthers,
    then: 'moved',
  },
  {
    row: ['ours, of an earlier topic', 'any', 'the beginning: the topic was recreated'],
    when: ({ group, topicId }) => group !== undefined && isOtherTopic(topicIdIn(group), topicId),
    then: 'recreated',
  },
  {
    row: [
      'ours, of this topic, or set by an operator',
      'any',
      "the group's offset, with a warning if an operator moved it",
    ],
    when: ({ group }) => group !== undefined,
    then: 'group',
  },
  {
    row: ['none', 'of an earlier topic', 'the beginning: the topic was recreated'],
    when: ({ stored, topicId }) => stored !== undefined && isOtherTopic(stored.topicId, topicId),
    then: 'recreated',
  },
  {
    row: ['none', 'of this topic', "the changelog's: the group's offsets have expired"],
    when: ({ stored }) => stored !== undefined,
    then: 'changelog',
  },
  {
    row: ['none', 'some, not of this source', 'the beginning: the partition was added later'],
    when: ({ hasOthers }) => hasOthers,
    then: 'added',
  },
  {
    row: ['none', 'none', "START_FROM; the beginning, where other tasks' offsets say that the topic was smaller"],
    when: () => true,
    then: 'unread',
  },
];

/** Where a task begins. */
export interface TaskPositions {
  readonly positions: Map<SourceName, SourcePosition>;
  /** How many partitions each one's topic had when it was first read: another one from there on was added later. 0 for a topic that the group began without. */
  readonly partitionsAtFirst: Map<SourceName, number>;
  /** Some of the positions were never committed: they must be, before a record is processed. */
  readonly first: boolean;
}

const ANSWER_MS = 15_000;

export async function readPositions(
  checkpoint: Checkpoint | undefined,
  task: number,
  sources: readonly SourcePartition[],
  parts: TaskParts,
): Promise<TaskPositions> {
  const { names, offsets } = parts.broker;
  // The ids come first: a topic that is recreated after this is not fetched under them.
  const ids = await offsets.topicIds([...new Set(sources.map(({ topic }) => names.physical(topic)))], ANSWER_MS);
  const partitions = sources.map(({ topic, partition }) => ({ topic: names.physical(topic), partition }));
  const committed = await offsets.committed(partitions, ANSWER_MS);
  const stored = checkpoint?.positions ?? new Map<string, SourcePosition>();
  if (stored.size === 0 && committed.some(isOfTask)) await refuseLostChangelog(task, parts);

  const positions = new Map<SourceName, SourcePosition>();
  const partitionsAtFirst = new Map<SourceName, number>();
  const found: Record<'recreated' | 'added' | 'unread', SourcePartition[]> = { recreated: [], added: [], unread: [] };
  for (const source of sources) {
    const topic = names.physical(source.topic);
    const group = offsetIn(committed, { topic, partition: source.partition });
    const own = stored.get(source.name);
    const known = { ...source, topicId: ids.get(topic), group, stored: own, hasOthers: stored.size > 0 };
    const count = (group && partitionsAtFirstIn(group)) ?? parts.group.partitionCount(source.topic);
    partitionsAtFirst.set(source.name, count);
    const rule = decide(POSITION_RULES, known);
    report(known, rule, parts);
    switch (rule) {
      case 'moved':
        refuseMoved(source, task, parts);
        break;
      case 'group':
      case 'changelog': {
        const { streamTime, notifyFrom } = own ?? { streamTime: NO_STREAM_TIME, notifyFrom: 0 };
        const nextOffset = rule === 'group' ? group!.offset : own!.nextOffset;
        positions.set(source.name, { nextOffset, streamTime, notifyFrom, topicId: known.topicId });
        break;
      }
      case 'recreated':
      case 'added':
      case 'unread':
        found[rule].push(source);
    }
  }

  const begin = ({ name, topic }: SourcePartition, position: SourcePosition): void => {
    positions.set(name, { ...position, topicId: ids.get(names.physical(topic)) });
  };
  const known = positions.size;
  const unread = [...found.added, ...found.unread];
  const has = stored.size > 0 ? 'positions' : committed.some(isOfTask) ? 'offsets' : 'nothing';
  const others = await readByOthers(unread, has, ids, parts);
  for (const source of unread) if (others.isNew(source)) partitionsAtFirst.set(source.name, 0);
  const first = found.unread.filter((source) => !others.isAdded(source));
  const added = [...found.added, ...found.unread.filter((source) => others.isAdded(source)), ...found.recreated];
  for (const [source, position] of await firstPositions(first, true, task, parts)) begin(source, position);
  for (const [source, position] of await firstPositions(added, false, task, parts)) {
    // Copies of what was seen of a topic before it was recreated stay in the window.
    begin(source, { ...position, streamTime: stored.get(source.name)?.streamTime ?? NO_STREAM_TIME });
  }
  return { positions, partitionsAtFirst, first: positions.size > known };
}

/** What an operator should read in the log: the position is not simply the one that was committed last. */
function report(
  { topic, partition: number, topicId, group, stored }: KnownSource,
  rule: PositionRule,
  { broker, worker }: TaskParts,
): void {
  const { log, metrics } = worker;
  const partition = partitionName(broker.names, { topic, partition: number });
  if (rule === 'recreated') {
    metrics.sources_recreated_total.inc({ topic });
    log.warn(
      { partition, topicId, before: (group && topicIdIn(group)) ?? stored?.topicId, committed: group?.offset },
      'the source topic was deleted and recreated: read from its beginning, the offset of the topic before it is not used',
    );
    return;
  }
  // Both are committed in one transaction, so they differ only where an operator moved the offset, or it expired.
  if (!group || !stored || group.offset === stored.nextOffset) return;
  const said = { partition, committed: group.offset, changelog: stored.nextOffset };
  if (isOtherTopic(stored.topicId, topicId)) {
    log.warn(said, "the source topic was deleted and recreated, and the group's offset was set since: read from there");
  } else if (group.offset < stored.nextOffset) {
    log.warn(
      said,
      'the committed offset was set back: records are read again, and dropped if they were seen within the dedup window',
    );
  } else {
    log.warn(said, 'the committed offset was set ahead: the records between are not read');
  }
}

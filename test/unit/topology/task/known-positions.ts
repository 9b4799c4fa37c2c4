/** A task that begins with what the brokers and the changelog are made to say of its positions. */
import type { SourcePosition, Checkpoint } from '../../../../common/source-position.js';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { createMetrics } from '../../../../common/metrics.js';
import { sourcePartition, type SourceTopic } from '../../../../common/record.js';
import { readPositions, type TaskPositions } from '../../../../topology/task/positions.js';
import { NO_BOOTSTRAP, type TaskParts } from '../../../../topology/task/task-parts.js';
import { TopicNames } from '../../../../common/topic-names.js';

export const TOPICS: readonly SourceTopic[] = ['TASK_EVENT_TOPIC', 'CRM_EVENT_TOPIC'];
export const [NOW, BEFORE] = ['id-now', 'id-before'];

/** An offset of the group: with the topic id that a task writes beside it, '' on a broker without ids; undefined from a tool. */
export interface Committed {
  readonly offset: number;
  readonly topicId?: string;
}

export interface Known {
  /** Committed offsets of the group. */
  readonly committed?: Partial<Record<SourceTopic, Committed>>;
  /** Positions that the changelog holds. */
  readonly stored?: Partial<Record<SourceTopic, SourcePosition>>;
  /** The first offset of the changelog. */
  readonly changelogStart?: number;
  readonly startFrom?: 'earliest' | 'latest';
  /** Where a damaged store was moved. */
  readonly damagedStore?: string;
  /** What the brokers say of the topics' ids. */
  readonly ids?: 'known' | 'unknown';
  /** The task's partition of each source; the others' offsets are in `others`. */
  readonly partition?: number;
  /** Metadata beside the offset of partition 0 of each source, which another task has read. */
  readonly others?: Partial<Record<SourceTopic, string>>;
}

const SOURCE = { earliest: 10, latest: 100 };

export function begin(known: Known): { begun: Promise<TaskPositions>; warnings: string[] } {
  const { committed = {}, stored = {}, changelogStart = 0, startFrom, ids = 'known', damagedStore } = known;
  const { partition = 0, others = {} } = known;
  const names = new TopicNames('', 'app');
  const warnings: string[] = [];
  const positions = new Map(Object.entries(stored).map(([topic, position]) => [`${topic}-${partition}`, position]));
  const checkpoint: Checkpoint = { changelogOffset: 9, positions };
  const broker = {
    names,
    offsets: {
      topicIds: (topics: string[]) => Promise.resolve(new Map(ids === 'known' ? topics.map((t) => [t, NOW]) : [])),
      committed: (asked: { topic: string; partition: number }[]) =>
        Promise.resolve(
          [
            ...Object.entries(committed).map(([topic, { offset, topicId }]) => ({
              topic,
              partition,
              offset,
              metadata: topicId === undefined ? '' : `topic-id:${topicId};partitions:4`,
            })),
            ...Object.entries(others).map(([topic, metadata]) => ({ topic, partition: 0, offset: 5, metadata })),
          ].filter((offset) => asked.some((by) => by.topic === offset.topic && by.partition === offset.partition)),
        ),
      at: (spec: 'earliest' | 'latest', partitions: { topic: string; partition: number }[]) =>
        Promise.resolve(
          partitions.map(({ topic, partition: at }) => ({
            topic,
            partition: at,
            offset: topic === names.changelog ? changelogStart : SOURCE[spec],
          })),
        ),
    },
  };
  const log = pino({ level: 'warn' }, { write: (line: string) => void warnings.push(line) });
  const parts = {
    broker,
    stores: { damaged: damagedStore },
    job: { startFrom, bootstrap: NO_BOOTSTRAP },
    worker: { metrics: createMetrics(new Registry()), log },
    group: { sourceTopics: TOPICS, partitionCount: () => 6 },
  } as unknown as TaskParts;
  const sources = TOPICS.map((topic) => sourcePartition(topic, partition));
  return { begun: readPositions(checkpoint, 0, sources, parts), warnings };
}

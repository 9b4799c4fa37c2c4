/** Where a task begins, from the group's offsets and the changelog's positions. */
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { SourcePosition } from '../../../state/changelog-entry.js';
import type { TaskStore } from '../../../state/task-store.js';
import type { SourceTopic } from '../../../topology/record.js';
import { readPositions, type Positions, type TakeOverServices } from '../../../topology/task/take-over.js';
import { TopicNames } from '../../../topology/topic-names.js';

const TOPICS: readonly SourceTopic[] = ['TASK_EVENT_TOPIC', 'CRM_EVENT_TOPIC'];

interface Known {
  /** Committed offsets of the group. */
  readonly committed?: Partial<Record<SourceTopic, number>>;
  /** Positions that the changelog holds. */
  readonly stored?: Partial<Record<SourceTopic, SourcePosition>>;
}

function positionsOf({ committed = {}, stored }: Known): Promise<Positions> {
  const names = new TopicNames('', 'app');
  const store = { checkpoint: stored && { changelogOffset: 9, positions: new Map(Object.entries(stored)) } };
  const services = {
    names,
    offsets: {
      committed: () =>
        Promise.resolve(Object.entries(committed).map(([topic, offset]) => ({ topic, partition: 0, offset }))),
      at: (_spec: unknown, partitions: { topic: string }[]) =>
        Promise.resolve(partitions.map(({ topic }) => ({ topic, partition: 0, offset: 0 }))),
    },
    log: pino({ level: 'silent' }),
    startFrom: undefined,
  };
  return readPositions(store as unknown as TaskStore, 0, TOPICS, services as unknown as TakeOverServices);
}

const at = (nextOffset: number): SourcePosition => ({ nextOffset, streamTime: 1000, notifyFrom: 3 });

describe('where a task begins', () => {
  it("is where the group's offsets say, with the stream time of the changelog", async () => {
    const { positions, first } = await positionsOf({
      committed: { TASK_EVENT_TOPIC: 40, CRM_EVENT_TOPIC: 7 },
      stored: { TASK_EVENT_TOPIC: at(40), CRM_EVENT_TOPIC: at(7) },
    });
    expect(positions.get('TASK_EVENT_TOPIC')).toEqual({ nextOffset: 40, streamTime: 1000, notifyFrom: 3 });
    expect(positions.get('CRM_EVENT_TOPIC')?.nextOffset).toBe(7);
    expect(first).toBe(false);
  });

  it("is where an operator set the group's offsets, back or forth", async () => {
    const { positions } = await positionsOf({
      committed: { TASK_EVENT_TOPIC: 5, CRM_EVENT_TOPIC: 90 },
      stored: { TASK_EVENT_TOPIC: at(40), CRM_EVENT_TOPIC: at(7) },
    });
    expect([...positions.values()].map(({ nextOffset }) => nextOffset)).toEqual([5, 90]);
  });

  it("is where the changelog says when the group's offsets have expired", async () => {
    const { positions, first } = await positionsOf({ stored: { TASK_EVENT_TOPIC: at(40), CRM_EVENT_TOPIC: at(7) } });
    expect([...positions.values()].map(({ nextOffset }) => nextOffset)).toEqual([40, 7]);
    expect(first).toBe(false);
  });

  it('is the beginning of a partition that was added later, to be committed first', async () => {
    const { positions, first } = await positionsOf({
      committed: { TASK_EVENT_TOPIC: 40 },
      stored: { TASK_EVENT_TOPIC: at(40) },
    });
    expect(positions.get('CRM_EVENT_TOPIC')).toEqual({ nextOffset: 0, streamTime: -1, notifyFrom: 0 });
    expect(first).toBe(true);
  });
});

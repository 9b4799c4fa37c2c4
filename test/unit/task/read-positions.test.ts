/** Where a task begins, from the group's offsets and the changelog's positions. */
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import type { SourcePosition } from '../../../state/changelog-entry.js';
import type { TaskStore } from '../../../state/task-store.js';
import { FatalError } from '../../../topology/errors.js';
import type { SourceTopic } from '../../../topology/record.js';
import { readPositions, type Positions, type TakeOverServices } from '../../../topology/task/take-over.js';
import { TopicNames } from '../../../topology/topic-names.js';

const TOPICS: readonly SourceTopic[] = ['TASK_EVENT_TOPIC', 'CRM_EVENT_TOPIC'];

interface Known {
  /** Committed offsets of the group. */
  readonly committed?: Partial<Record<SourceTopic, number>>;
  /** Positions that the changelog holds. */
  readonly stored?: Partial<Record<SourceTopic, SourcePosition>>;
  /** Where a damaged store was moved. */
  readonly damagedStore?: string;
}

const warnings: string[] = [];
afterEach(() => void warnings.splice(0));

function positionsOf({ committed = {}, stored, damagedStore }: Known): Promise<Positions> {
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
    log: pino({ level: 'warn' }, { write: (line: string) => warnings.push(line) }),
    startFrom: undefined,
    damagedStore,
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

  it('is not guessed when neither store nor changelog holds what the damaged store held', async () => {
    const lost = positionsOf({ committed: { TASK_EVENT_TOPIC: 40 }, damagedStore: '/state/aside/1-damaged' });
    await expect(lost).rejects.toBeInstanceOf(FatalError);
    await expect(lost).rejects.toThrow('stands in /state/aside/1-damaged');
    await expect(lost).rejects.toThrow('remove that folder to go on without it');
  });

  it('is nothing to refuse when the damaged store was restored, or held nothing', async () => {
    const damagedStore = '/state/aside/1-damaged';
    await positionsOf({ committed: { TASK_EVENT_TOPIC: 40 }, stored: { TASK_EVENT_TOPIC: at(40) }, damagedStore });
    await positionsOf({ damagedStore });
    expect(warnings).toEqual([]);
  });

  it("is said to be without a memory where the group's offsets are all that there is", async () => {
    const { positions } = await positionsOf({ committed: { TASK_EVENT_TOPIC: 40, CRM_EVENT_TOPIC: 7 } });
    expect([...positions.values()].map(({ nextOffset }) => nextOffset)).toEqual([40, 7]);
    expect(warnings).toEqual([expect.stringContaining('there is neither a store nor a changelog')]);
  });
});

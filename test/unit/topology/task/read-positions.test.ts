/** Where a task begins, from the group's offsets and the changelog's positions. One test a row of the table in positions.ts. */
import type { SourcePosition } from '../../../../common/source-position.js';
import { describe, expect, it } from 'vitest';
import { ConfigError, FatalError } from '../../../../common/errors.js';
import type { TaskPositions } from '../../../../topology/task/positions.js';
import { BEFORE, begin, NOW, TOPICS, type Committed, type Known } from './known-positions.js';

const at = (nextOffset: number, topicId?: string): SourcePosition => ({
  topicId: topicId ?? NOW,
  nextOffset,
  streamTime: 1000,
  notifyFrom: 3,
});
const ours = (offset: number, topicId = NOW): Committed => ({ offset, topicId });
const offsetsOf = ({ positions }: TaskPositions): number[] =>
  TOPICS.map((topic) => positions.get(`${topic}-0`)!.nextOffset);

describe('where a task begins', () => {
  it("is where the group's offsets say, with the stream time of the changelog", async () => {
    const { begun, warnings } = begin({
      committed: { TASK_EVENT_TOPIC: ours(40), CRM_EVENT_TOPIC: ours(7) },
      stored: { TASK_EVENT_TOPIC: at(40), CRM_EVENT_TOPIC: at(7) },
    });
    const { positions, first } = await begun;
    expect(positions.get('TASK_EVENT_TOPIC-0')).toEqual({
      topicId: NOW,
      nextOffset: 40,
      streamTime: 1000,
      notifyFrom: 3,
    });
    expect(positions.get('CRM_EVENT_TOPIC-0')?.nextOffset).toBe(7);
    expect([first, warnings]).toEqual([false, []]);
  });

  it("is where an operator set the group's offsets, back or forth, which is logged", async () => {
    const { begun, warnings } = begin({
      committed: { TASK_EVENT_TOPIC: { offset: 15 }, CRM_EVENT_TOPIC: { offset: 90 } },
      stored: { TASK_EVENT_TOPIC: at(40), CRM_EVENT_TOPIC: at(17) },
    });
    expect(offsetsOf(await begun)).toEqual([15, 90]);
    expect(warnings[0]).toContain('was set back');
    expect(warnings[1]).toContain('was set ahead');
  });

  it("is where the changelog says when the group's offsets have expired, some of them or all", async () => {
    const stored = { TASK_EVENT_TOPIC: at(40), CRM_EVENT_TOPIC: at(17) };
    const none = await begin({ stored }).begun;
    expect([offsetsOf(none), none.first]).toEqual([[40, 17], false]);
    const some = await begin({ committed: { CRM_EVENT_TOPIC: ours(17) }, stored }).begun;
    expect([offsetsOf(some), some.first]).toEqual([[40, 17], false]);
  });

  it('is the beginning of a partition that was added later, to be committed first, whatever START_FROM says', async () => {
    const { positions, first } = await begin({
      committed: { TASK_EVENT_TOPIC: ours(40) },
      stored: { TASK_EVENT_TOPIC: at(40) },
      startFrom: 'latest',
    }).begun;
    expect(positions.get('CRM_EVENT_TOPIC-0')).toEqual({
      topicId: NOW,
      nextOffset: 10,
      streamTime: -1,
      notifyFrom: 10,
    });
    expect(first).toBe(true);
  });

  it('is START_FROM for the sources of which an operator set no offset before a first start', async () => {
    const committed = { TASK_EVENT_TOPIC: { offset: 40 } };
    expect(offsetsOf(await begin({ committed, startFrom: 'latest' }).begun)).toEqual([40, 100]);
    await expect(begin({ committed }).begun).rejects.toThrow(ConfigError);
  });
});

describe('a task as new as its partitions', () => {
  const grown = { TASK_EVENT_TOPIC: `topic-id:${NOW};partitions:4`, CRM_EVENT_TOPIC: `topic-id:${NOW};partitions:4` };
  const beginnings = async (known: Known): Promise<number[]> =>
    [...(await begin(known).begun).positions.values()].map(({ nextOffset }) => nextOffset);

  it.each(['latest', undefined] as const)(
    'begins at the beginning where others say that the topic was smaller when they first read it, START_FROM being %s',
    async (startFrom) => {
      const { positions, first } = await begin({ partition: 4, others: grown, ...(startFrom && { startFrom }) }).begun;
      expect([...positions.values()].map(({ nextOffset }) => nextOffset)).toEqual([10, 10]);
      expect(first).toBe(true);
    },
  );

  it('begins where START_FROM says when the partitions were there from the start, whoever has read the others first', async () => {
    expect(await beginnings({ partition: 3, others: grown, startFrom: 'latest' })).toEqual([100, 100]);
    await expect(begin({ partition: 3, others: grown }).begun).rejects.toThrow(ConfigError);
  });

  it('takes no word of an earlier topic of that name, and none of an offset that a tool has set', async () => {
    const others = { TASK_EVENT_TOPIC: `topic-id:${BEFORE};partitions:1`, CRM_EVENT_TOPIC: '' };
    expect(await beginnings({ partition: 4, others, startFrom: 'latest' })).toEqual([100, 100]);
  });

  it('remembers how many partitions there were, for those that are added later, and that the group began without a topic', async () => {
    const { partitionsAtFirst } = await begin({
      committed: { TASK_EVENT_TOPIC: ours(40) },
      stored: { TASK_EVENT_TOPIC: at(40) },
    }).begun;
    expect([...partitionsAtFirst]).toEqual([
      ['TASK_EVENT_TOPIC-0', 4],
      ['CRM_EVENT_TOPIC-0', 0],
    ]);
  });
});

describe('a source that newer rules read, with more partitions than the others', () => {
  const ours = (partitions: number): string => `topic-id:${NOW};partitions:${partitions}`;

  it.each(['latest', undefined] as const)(
    'is read from its beginning by a task that holds nothing, when another began without it, START_FROM being %s',
    async (startFrom) => {
      const others = { TASK_EVENT_TOPIC: ours(4) };
      const { positions, partitionsAtFirst } = await begin({ partition: 5, others, ...(startFrom && { startFrom }) })
        .begun;
      expect(positions.get('CRM_EVENT_TOPIC-5')).toMatchObject({ nextOffset: 10, notifyFrom: 10 });
      expect(partitionsAtFirst.get('CRM_EVENT_TOPIC-5')).toBe(0);
    },
  );

  it('is so when others have read it since: they say that the group began without it', async () => {
    const others = { TASK_EVENT_TOPIC: ours(4), CRM_EVENT_TOPIC: ours(0) };
    const { positions, partitionsAtFirst } = await begin({ partition: 5, others, startFrom: 'latest' }).begun;
    expect(positions.get('CRM_EVENT_TOPIC-5')?.nextOffset).toBe(10);
    expect(partitionsAtFirst.get('CRM_EVENT_TOPIC-5')).toBe(0);
  });

  it('is at its first start as long as no task began without it', async () => {
    const others = { TASK_EVENT_TOPIC: ours(6), CRM_EVENT_TOPIC: ours(6) };
    const { positions, partitionsAtFirst } = await begin({ partition: 5, others, startFrom: 'latest' }).begun;
    expect([...positions.values()].map(({ nextOffset }) => nextOffset)).toEqual([100, 100]);
    expect([...partitionsAtFirst.values()]).toEqual([6, 6]);
  });
});

describe('a partition that another task has read', () => {
  it('stops the task: its events are known to that one alone', async () => {
    const { begun } = begin({
      committed: { TASK_EVENT_TOPIC: ours(40), CRM_EVENT_TOPIC: ours(7) },
      stored: { TASK_EVENT_TOPIC: at(40) },
    });
    await expect(begun).rejects.toThrow(/another task than 0 has read CRM_EVENT_TOPIC-0.*MAX_TASKS.*state reseed/);
  });

  it('is read on from where an operator has set its offset since', async () => {
    const { begun } = begin({
      committed: { TASK_EVENT_TOPIC: ours(40), CRM_EVENT_TOPIC: { offset: 7 } },
      stored: { TASK_EVENT_TOPIC: at(40) },
    });
    expect(offsetsOf(await begun)).toEqual([40, 7]);
  });
});

describe('a source that was deleted and recreated', () => {
  it.each<[string, Known]>([
    [
      'the group has the offset of the topic before it',
      { committed: { TASK_EVENT_TOPIC: ours(40, BEFORE) }, stored: { TASK_EVENT_TOPIC: at(40, BEFORE) } },
    ],
    ['the brokers have deleted its offset with it', { stored: { TASK_EVENT_TOPIC: at(40, BEFORE) } }],
    [
      'the changelog has expired too',
      { committed: { TASK_EVENT_TOPIC: ours(40, BEFORE), CRM_EVENT_TOPIC: ours(17) }, changelogStart: 900 },
    ],
  ])('is read from its beginning, never from the offset of the topic before it: %s', async (_, known) => {
    const { begun, warnings } = begin({
      committed: { CRM_EVENT_TOPIC: ours(17), ...known.committed },
      ...(known.stored ? { stored: { CRM_EVENT_TOPIC: at(17), ...known.stored } } : {}),
      changelogStart: known.changelogStart ?? 0,
      startFrom: 'latest',
    });
    const { positions, first } = await begun;
    expect(positions.get('TASK_EVENT_TOPIC-0')).toMatchObject({ topicId: NOW, nextOffset: 10, notifyFrom: 10 });
    expect(positions.get('CRM_EVENT_TOPIC-0')?.nextOffset).toBe(17);
    expect(first).toBe(true);
    expect(warnings.join()).toContain('was deleted and recreated');
  });

  it('keeps its stream time, so that copies of what was seen before are known', async () => {
    const { positions } = await begin({
      committed: { CRM_EVENT_TOPIC: ours(17) },
      stored: { TASK_EVENT_TOPIC: at(40, BEFORE), CRM_EVENT_TOPIC: at(17) },
    }).begun;
    expect(positions.get('TASK_EVENT_TOPIC-0')?.streamTime).toBe(1000);
  });

  it('is read from where an operator has set its offset since', async () => {
    const { begun, warnings } = begin({
      committed: { TASK_EVENT_TOPIC: { offset: 60 }, CRM_EVENT_TOPIC: ours(17) },
      stored: { TASK_EVENT_TOPIC: at(40, BEFORE), CRM_EVENT_TOPIC: at(17) },
    });
    expect(offsetsOf(await begun)).toEqual([60, 17]);
    expect(warnings.join()).toContain('deleted and recreated');
  });

  it('cannot be told on brokers that know of no ids: the offsets count', async () => {
    const { positions } = await begin({
      committed: { TASK_EVENT_TOPIC: ours(40, ''), CRM_EVENT_TOPIC: ours(17, '') },
      stored: { TASK_EVENT_TOPIC: at(40, BEFORE), CRM_EVENT_TOPIC: at(17) },
      ids: 'unknown',
    }).begun;
    expect(positions.get('TASK_EVENT_TOPIC-0')).toMatchObject({ topicId: undefined, nextOffset: 40 });
  });
});

describe('a changelog of which nothing was restored', () => {
  const committed = { TASK_EVENT_TOPIC: ours(40), CRM_EVENT_TOPIC: ours(17) };

  it('stops the task when it never held a record, though offsets were committed with it', async () => {
    const refused = await begin({ committed }).begun.catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(FatalError);
    expect(String(refused)).toMatch(/app-dedup-changelog-0 is empty.*state reseed.*--reset-offsets --to-current/);
  });

  it('stops the task beside a damaged store, which is named: it may be the only copy', async () => {
    const { begun } = begin({ committed, damagedStore: '/state/aside/1-damaged' });
    await expect(begun).rejects.toThrow('was damaged and stands in /state/aside/1-damaged');
  });

  it("is done without when an operator has set the group's offsets since", async () => {
    const set = { TASK_EVENT_TOPIC: { offset: 40 }, CRM_EVENT_TOPIC: { offset: 17 } };
    expect(offsetsOf(await begin({ committed: set }).begun)).toEqual([40, 17]);
  });

  it('is done without when its records have expired, which is logged', async () => {
    const { begun, warnings } = begin({ committed, changelogStart: 900 });
    expect(offsetsOf(await begun)).toEqual([40, 17]);
    expect(warnings.join()).toContain('have expired');
  });

  it.each<[string, Known['committed'], string]>([
    ['all offsets have expired too', {}, 'TASK_EVENT_TOPIC-0, CRM_EVENT_TOPIC-0'],
    ['an offset of some source has expired too', { CRM_EVENT_TOPIC: ours(17) }, 'TASK_EVENT_TOPIC-0'],
  ])('stops the task when its records have expired and %s', async (_, left, named) => {
    const { begun } = begin({ committed: left ?? {}, changelogStart: 900, startFrom: 'earliest' });
    await expect(begun).rejects.toThrow(`no committed offset for ${named}, and the records of its changelog`);
  });
});

import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { PartitionOffset } from '../../../topology/kafka/index.js';
import { taskCount } from '../../../topology/task-count.js';

interface Known {
  /** Of the largest source; the other one has two. */
  readonly largest: number;
  readonly maxTasks: number;
  readonly changelog: number;
  /** Partitions of the largest source whose offset the group has; with metadata, a task committed it. */
  readonly committed?: readonly Pick<PartitionOffset, 'partition' | 'metadata'>[];
}

async function count({ largest, maxTasks, changelog, committed = [] }: Known): Promise<[number, string]> {
  const lines: string[] = [];
  const tasks = await taskCount(
    new Map([
      ['tasks', largest],
      ['crm', 2],
    ]),
    {
      maxTasks,
      changelogPartitions: () => Promise.resolve(changelog),
      offsets: {
        committed: (asked) =>
          Promise.resolve(
            asked.flatMap(({ topic, partition }) =>
              committed
                .filter((of) => topic === 'tasks' && of.partition === partition)
                .map(({ metadata = '' }) => ({ topic, partition, offset: 5, metadata })),
            ),
          ),
      },
      log: pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) }),
    },
  );
  return [tasks, lines.join()];
}

const ours = (...partitions: number[]): NonNullable<Known['committed']> =>
  partitions.map((partition) => ({ partition, metadata: 'topic-id:x' }));

describe('the number of tasks', () => {
  it.each<[string, Known, number]>([
    ['the largest number of partitions at a first start', { largest: 6, maxTasks: 16, changelog: 0 }, 6],
    ['MAX_TASKS where there are more partitions', { largest: 64, maxTasks: 16, changelog: 0 }, 16],
    ['what it was when nothing has changed', { largest: 64, maxTasks: 16, changelog: 16 }, 16],
    ['larger when the source has grown', { largest: 8, maxTasks: 16, changelog: 4, committed: ours(0, 1, 2, 3) }, 8],
    ['larger up to MAX_TASKS', { largest: 40, maxTasks: 16, changelog: 4, committed: ours(0, 3) }, 16],
    [
      'larger though a tool has set offsets of the new partitions',
      { largest: 8, maxTasks: 16, changelog: 4, committed: [{ partition: 6 }] },
      8,
    ],
    ['what it was when MAX_TASKS is lowered', { largest: 64, maxTasks: 4, changelog: 16 }, 16],
    ['no more than there are partitions', { largest: 3, maxTasks: 16, changelog: 8 }, 3],
  ])('is %s', async (_, known, tasks) => {
    expect(await count(known)).toEqual([tasks, '']);
  });

  it('stays what it was when MAX_TASKS is raised later, which is logged: partitions would move to tasks that have not seen their events', async () => {
    const [tasks, logged] = await count({ largest: 64, maxTasks: 32, changelog: 16, committed: ours(3, 40) });
    expect(tasks).toBe(16);
    expect(logged).toContain('MAX_TASKS was raised');
  });
});

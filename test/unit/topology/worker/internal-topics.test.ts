import { describe, expect, it } from 'vitest';
import { changelogRetention, ensureInternalTopics } from '../../../../topology/worker/internal-topics.js';
import type { TopicAdmin, TopicPlan } from '../../../../topology/kafka/index.js';
import { TopicNames } from '../../../../common/topic-names.js';

const DAY = 86_400_000;

describe("the changelog's retention", () => {
  it('is the window and the longest that a source keeps its records', () => {
    expect(changelogRetention(7 * DAY, [DAY, 14 * DAY, 3 * DAY])).toBe(21 * DAY);
    expect(changelogRetention(7 * DAY, [])).toBe(7 * DAY);
  });

  it('is for ever when a source keeps its records for ever', () => {
    expect(changelogRetention(7 * DAY, [DAY, -1])).toBe(-1);
  });
});

describe('ensureInternalTopics', () => {
  const asked = async (retentions: Readonly<Record<string, string>>): Promise<TopicPlan[]> => {
    const seen: TopicPlan[] = [];
    const admin: Partial<TopicAdmin> = {
      settings: (topics) =>
        Promise.resolve(new Map(Object.entries(retentions).filter(([topic]) => topics.includes(topic)))),
      create: (plans) => Promise.resolve(seen.push(...plans)).then(() => []),
    };
    await ensureInternalTopics(admin as TopicAdmin, {
      names: new TopicNames('p.', 'app'),
      sources: ['TASK_EVENT_TOPIC', 'HR_EVENT_TOPIC'],
      partitions: 6,
      replicationFactor: 3,
      dedupWindowMs: DAY,
    });
    return seen;
  };

  it("plans a changelog that expires by the broker's clock, and a directory that is compacted", async () => {
    const plans = await asked({ 'p.TASK_EVENT_TOPIC': String(2 * DAY) });
    expect(plans).toEqual([
      {
        topic: 'p.app-dedup-changelog',
        partitions: 6,
        replicationFactor: 3,
        configs: {
          'cleanup.policy': 'delete',
          'message.timestamp.type': 'LogAppendTime',
          'retention.ms': String(3 * DAY),
        },
      },
      { topic: 'p.app-user-directory', partitions: 6, replicationFactor: 3, configs: { 'cleanup.policy': 'compact' } },
    ]);
  });

  it('keeps the changelog for as long as the sources that are read keep their records, whichever these are', async () => {
    const [changelog] = await asked({ 'p.HR_EVENT_TOPIC': String(9 * DAY), 'p.CRM_EVENT_TOPIC': String(30 * DAY) });
    expect(changelog?.configs?.['retention.ms']).toBe(String(10 * DAY));
  });
});

import kafkajs, { type Admin } from 'kafkajs';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { isOutage } from '../../../../../topology/kafka/protocol/protocol-errors.js';
import { TopicAdmin } from '../../../../../topology/kafka/cluster/topics.js';

const admin = {
  listTopics: vi.fn<() => Promise<string[]>>(),
  fetchTopicMetadata: vi.fn<(request: { topics: string[] }) => Promise<unknown>>(),
  createTopics: vi.fn<(request: unknown) => Promise<boolean>>(),
};
beforeAll(() => {
  vi.spyOn(kafkajs.Kafka.prototype, 'admin').mockReturnValue(admin as unknown as Admin);
});

const settings = { brokers: ['b:1'], clientId: 'c', connectionTimeoutMs: 1000, requestTimeoutMs: 1000 };
const exist = (counts: Readonly<Record<string, number>>): void => {
  admin.listTopics.mockResolvedValue(Object.keys(counts));
  admin.fetchTopicMetadata.mockImplementation(({ topics }) =>
    Promise.resolve({ topics: topics.map((name) => described(name, counts[name] ?? 1, 0)) }),
  );
};
const described = (name: string, partitions: number, leader: number) => ({
  name,
  partitions: Array.from({ length: partitions }, () => ({ leader })),
});
const later = (type: string) => Object.assign(new Error(type), { type });

describe('TopicAdmin', () => {
  it('makes what is missing and nothing else', async () => {
    exist({ there: 2 });
    const plan = (topic: string) => ({
      topic,
      partitions: 3,
      replicationFactor: -1,
      configs: { 'cleanup.policy': 'compact' },
    });
    expect(await new TopicAdmin(settings).create([plan('there'), plan('new')])).toEqual(['new']);
    expect(admin.createTopics).toHaveBeenCalledWith({
      waitForLeaders: false,
      topics: [
        {
          topic: 'new',
          numPartitions: 3,
          replicationFactor: -1,
          configEntries: [{ name: 'cleanup.policy', value: 'compact' }],
        },
      ],
    });
  });

  it('says of topics that could not be made what the brokers said of the first', async () => {
    exist({});
    const [first, second] = [38, 38].map((code, index) => ({
      type: 'INVALID_REPLICATION_FACTOR',
      code,
      topic: `t${index}`,
    }));
    admin.createTopics.mockRejectedValueOnce(
      Object.assign(new Error('Topic creation errors'), { errors: [first, second] }),
    );
    const made = new TopicAdmin(settings).create([{ topic: 't0', partitions: 1, replicationFactor: 3 }]);
    const error: unknown = await made.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ message: 'CreateTopics of t0: INVALID_REPLICATION_FACTOR (38)' });
    // Brokers may still come up.
    expect(isOutage(error)).toBe(true);
  });

  it('waits until the brokers have heard of a new topic and its partitions have leaders', async () => {
    exist({});
    admin.fetchTopicMetadata
      .mockRejectedValueOnce(later('UNKNOWN_TOPIC_OR_PARTITION'))
      .mockResolvedValueOnce({ topics: [described('new', 1, -1)] })
      .mockResolvedValueOnce({ topics: [described('new', 1, 2)] });
    const before = admin.fetchTopicMetadata.mock.calls.length;
    await new TopicAdmin(settings).create([{ topic: 'new', partitions: 1, replicationFactor: -1 }]);
    expect(admin.fetchTopicMetadata.mock.calls.length - before).toBe(3);
  });

  it('does not wait when the brokers refuse to tell of a new topic', async () => {
    exist({});
    admin.fetchTopicMetadata.mockRejectedValueOnce(later('TOPIC_AUTHORIZATION_FAILED'));
    const created = new TopicAdmin(settings).create([{ topic: 'new', partitions: 1, replicationFactor: -1 }]);
    await expect(created).rejects.toThrow('TOPIC_AUTHORIZATION_FAILED');
  });

  it('leaves out of the counts what does not exist', async () => {
    exist({ there: 2 });
    expect(await new TopicAdmin(settings).partitionCounts(['there', 'gone'])).toEqual(new Map([['there', 2]]));
  });
});

/** The job's topics for one round, and how far a consumer group has come in its source. */
import type { Admin, ITopicConfig } from 'kafkajs';
import { testKafka } from '../../test/integration/harness/topics.js';
import { until } from '../../test/integration/harness/until.js';

/** Partitions of every topic; bench/java/Workload.java counts on it. */
const PARTITIONS = 4;
const SOURCE = 'TASK_EVENT_TOPIC';
const SOURCES = ['NOTIFICATION_REQUEST_TOPIC', SOURCE, 'CRM_EVENT_TOPIC', 'SALES_EVENT_TOPIC', 'USER_EVENT_TOPIC'];
const SINKS = [
  'NOTIFICATION_INAPP_TOPIC',
  'EMAIL_REQUEST_TOPIC',
  'PUSH_REQUEST_TOPIC',
  'NOTIFICATION_DELIVERED_TOPIC',
  'NOTIFICATION_DLQ',
];

export class Topics {
  readonly #admin: Admin;

  private constructor(admin: Admin) {
    this.#admin = admin;
  }

  static async connect(brokers: string): Promise<Topics> {
    const admin = testKafka(brokers).admin();
    await admin.connect();
    return new Topics(admin);
  }

  close(): Promise<void> {
    return this.#admin.disconnect();
  }

  /** All with LogAppendTime: the broker says when a record came, by one clock for everybody. */
  async create(prefix: string): Promise<void> {
    const topics = [...SOURCES, ...SINKS].map((name): ITopicConfig => ({
      topic: prefix + name,
      numPartitions: PARTITIONS,
      replicationFactor: 1,
      configEntries: [
        { name: 'message.timestamp.type', value: 'LogAppendTime' },
        { name: 'file.delete.delay.ms', value: '1000' },
        ...(name === 'NOTIFICATION_DLQ' ? [{ name: 'max.message.bytes', value: String(1_048_588 + 64 * 1024) }] : []),
      ],
    }));
    await this.#admin.createTopics({ topics, waitForLeaders: false, timeout: 30_000 });
    const names = topics.map(({ topic }) => topic);
    await until('every partition has a leader', async () => {
      const { topics: found } = await this.#admin.fetchTopicMetadata({ topics: names });
      return found.every(({ partitions }) => partitions.length > 0 && partitions.every(({ leader }) => leader >= 0));
    });
  }

  /** Everything of a round, with what the contender has made for itself. */
  async delete(prefix: string): Promise<void> {
    const topics = (await this.#admin.listTopics()).filter((topic) => topic.includes(prefix));
    if (topics.length > 0) await this.#admin.deleteTopics({ topics, timeout: 30_000 });
  }

  /** Source records of the job whose processing the group has committed. */
  async committed(prefix: string, groupId: string): Promise<number> {
    const [found] = await this.#admin.fetchOffsets({ groupId, topics: [prefix + SOURCE] });
    return (found?.partitions ?? []).reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0);
  }
}

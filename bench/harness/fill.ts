/** State of many seen events, written as the changelog that a worker, or Kafka Streams, would have written. */
import { SOURCES } from '../../dev/contract/sources.js';
import type { Digest } from '../../state/dedup/digest-bytes.js';
import { encodeChangelogEntry } from '../../state/dedup/changelog-entry.js';
import { packDigests } from '../../state/dedup/digest-bytes.js';
import { bucketOf, windowShape } from '../../state/dedup/stream-time.js';
import { identityOf } from '../../processors/identity.js';
import type { Config } from '../../topology/worker/config.js';
import { ensureInternalTopics } from '../../topology/worker/internal-topics.js';
import { TransactionalProducer, withTopicAdmin } from '../../topology/kafka/index.js';
import { createLogger } from '../../common/log.js';
import { sourcePartition } from '../../common/record.js';

export const TENANT = 7n;
/** Entries of one changelog record: what a commit of a worker under load holds. */
const A_COMMIT = 1250;
const COMMITS_A_TRANSACTION = 10;
const ENTRIES_A_TRANSACTION = 20_000;

/** The id of the n-th event that was seen. */
export function seenId(index: number): string {
  return `seen-${String(index).padStart(9, '0')}`;
}

export async function openProducer(
  config: Config,
  transactionalId: string,
  topic: string,
): Promise<TransactionalProducer> {
  const limits = { transactionTimeoutMs: 60_000, retryBudgetMs: 30_000, maxBatchBytes: 900_000 };
  const producer = new TransactionalProducer(config.kafka, { transactionalId, ...limits }, createLogger('silent'));
  await producer.fence([topic]);
  return producer;
}

/** Event n is of task n modulo the tasks. */
export async function fillChangelog(config: Config, taskCount: number, entries: number): Promise<void> {
  const { names, dedupWindowMs } = config;
  const sources = SOURCES.map(({ topic }) => topic);
  const options = { names, sources, partitions: taskCount, replicationFactor: config.replicationFactor, dedupWindowMs };
  await withTopicAdmin(config.kafka, (admin) => ensureInternalTopics(admin, options));
  const streamTime = Date.now();
  const bucket = bucketOf(streamTime, windowShape(dedupWindowMs));
  const topic = 'TASK_EVENT_TOPIC';
  for (let task = 0; task < taskCount; task += 1) {
    const source = sourcePartition(topic, task).name;
    const positions = new Map([[source, { nextOffset: 0, streamTime, notifyFrom: 0 }]]);
    const producer = await openProducer(config, names.transactionalId(task), names.changelog);
    for (let at = task, commits = 1; at < entries; commits += 1) {
      const digests: Digest[] = [];
      for (; digests.length < A_COMMIT && at < entries; at += taskCount)
        digests.push(identityOf({ topic, tenantId: TENANT, eventId: seenId(at) }).digest);
      const values = encodeChangelogEntry({ positions, buckets: [{ source, bucket, packed: packDigests(digests) }] });
      await producer.send(values.map((value) => ({ topic: names.changelog, partition: task, key: null, value })));
      if (commits % COMMITS_A_TRANSACTION === 0 || at >= entries) await producer.commit();
    }
    await producer.close();
  }
}

/** The changelog of the peer's store: key eventId, one byte. */
export async function fillStreamsChangelog(
  config: Config,
  topic: string,
  tasks: number,
  entries: number,
): Promise<void> {
  const plan = { topic, partitions: tasks, replicationFactor: -1, configs: { 'cleanup.policy': 'compact' } };
  await withTopicAdmin(config.kafka, (admin) => admin.create([plan]));
  const producer = await openProducer(config, `${topic}-bench`, topic);
  const value = Buffer.from([1]);
  for (let at = 0; at < entries;) {
    const many = Math.min(ENTRIES_A_TRANSACTION, entries - at);
    const from = at;
    await producer.send(
      Array.from({ length: many }, (_, i) => ({
        topic,
        partition: (from + i) % tasks,
        key: Buffer.from(seenId(from + i)),
        value,
      })),
    );
    await producer.commit();
    at += many;
  }
  await producer.close();
}

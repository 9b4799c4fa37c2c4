/** What a replay needs of the brokers: where it may write and what is taken there, and the topic that notes what was done. */
import { FatalError } from '../../../common/errors.js';
import { createLogger } from '../../../common/log.js';
import type { PhysicalTopic } from '../../../common/topic-names.js';
import { TransactionalProducer, withTopicAdmin, type Connections, type TopicAdmin } from '../../kafka/index.js';
import { DEFAULT_MAX_BYTES } from '../../task/dead-letter-limit.js';
import type { Config } from '../../worker/config.js';
import { MAX_BATCH_BYTES } from '../../worker/task-producer.js';
import { withDeadLetters } from './open.js';
import type { ReplayParts } from './replay.js';
import { readHistory, ReplayHistory } from './replay-log.js';
import type { Destination } from './replayed.js';

const DAY_MS = 86_400_000;
/** The brokers' default. */
const DEFAULT_RETENTION_MS = 7 * DAY_MS;

export type OpenParts = Omit<ReplayParts, 'letters'>;

/**
 * Gives the work what it needs to replay to these sources (logical names), those that do not exist left out.
 * `isForReal`: the topic of the replays is made where there is none.
 */
export async function withReplay<T>(
  config: Config,
  sources: readonly string[],
  isForReal: boolean,
  work: (parts: OpenParts, connections: Connections) => Promise<T>,
): Promise<T> {
  const { names, appId, kafka } = config;
  const topics = sources.map((source) => names.physical(source));
  const found = await withTopicAdmin(kafka, async (admin) => {
    const counts = await admin.partitionCounts([...topics, names.replays]);
    const isThere = counts.delete(names.replays);
    if (isThere && isForReal) await refuseForgetting(admin, names.replays);
    const hasNotes = isThere || (isForReal && (await createNotes(admin, names.replays, config)));
    return { hasNotes, destinations: await destinationsOf(admin, counts) };
  }).catch((error: unknown) => {
    throw error instanceof FatalError ? error : new FatalError('the brokers cannot be asked for topics', error);
  });
  const tracked = [...found.destinations.keys(), ...(found.hasNotes ? [names.replays] : [])];
  const rules = { appId, deadLetters: names.physical('NOTIFICATION_DLQ'), destinations: found.destinations };
  return withDeadLetters(config, (connections) => work({ connections, names, rules }, connections), tracked);
}

/** What was replayed by now, as far as runs have noted it; nobody is fenced. */
export async function lookAtHistory({ connections, names }: OpenParts, signal: AbortSignal): Promise<ReplayHistory> {
  const isThere = connections.leaders.partitionCount(names.replays) > 0;
  return isThere ? readHistory(connections, names.replays, names.group, signal) : new ReplayHistory();
}

/** Closes it however the work ends. */
export async function withReplayProducer<T>(
  { names, kafka, transactionTimeoutMs, requestTimeoutMs }: Config,
  work: (producer: TransactionalProducer) => Promise<T>,
): Promise<T> {
  const producer = new TransactionalProducer(
    { ...kafka, clientId: `${kafka.clientId}-dlq-replay` },
    {
      transactionalId: names.replayTransactionalId,
      transactionTimeoutMs,
      retryBudgetMs: requestTimeoutMs,
      maxBatchBytes: MAX_BATCH_BYTES,
    },
    createLogger('silent'),
  );
  try {
    return await work(producer);
  } finally {
    await producer.close();
  }
}

/** Kept for ever: a few bytes a letter. */
async function createNotes(admin: TopicAdmin, topic: PhysicalTopic, { replicationFactor }: Config): Promise<true> {
  const configs = { 'cleanup.policy': 'delete', 'retention.ms': '-1' };
  try {
    await admin.create([{ topic, partitions: 1, replicationFactor, configs }]);
    return true;
  } catch (error) {
    throw new FatalError(
      `the topic ${topic}, which notes what was replayed, does not exist and cannot be created. Have it made: ` +
        `kafka-topics.sh --create --topic ${topic} --partitions 1 --config cleanup.policy=delete --config retention.ms=-1`,
      error,
    );
  }
}

/** Somebody else made the topic, such as brokers that create what is asked for: it must not lose what was noted. */
export async function refuseForgetting(admin: Pick<TopicAdmin, 'settings'>, topic: PhysicalTopic): Promise<void> {
  const keptMs = (await settingOf(admin, [topic], 'retention.ms', Infinity))(topic);
  if (keptMs === Infinity) return;
  throw new FatalError(
    `the topic ${topic}, which notes what was replayed, keeps it for ${keptMs} ms (retention.ms): what it forgets would be replayed again. ` +
      `Have it keep all: kafka-configs.sh --alter --entity-type topics --entity-name ${topic} --add-config retention.ms=-1`,
  );
}

async function destinationsOf(
  admin: TopicAdmin,
  counts: ReadonlyMap<string, number>,
): Promise<Map<string, Destination>> {
  const topics = [...counts.keys()];
  const settings = await Promise.all([
    settingOf(admin, topics, 'max.message.bytes', DEFAULT_MAX_BYTES),
    settingOf(admin, topics, 'retention.ms', DEFAULT_RETENTION_MS),
    settingOf(admin, topics, 'message.timestamp.before.max.ms', Infinity),
  ]);
  return new Map(
    [...counts].map(([topic, partitions]) => {
      const [maxBytes, retentionMs, beforeMs] = settings.map((values) => values(topic)) as [number, number, number];
      return [topic, { partitions, maxBytes, oldestMs: oldestOf(Math.min(retentionMs, beforeMs)) }];
    }),
  );
}

/** Workers have a day to read it, or half the time for which the topic keeps records. */
function oldestOf(keptMs: number): number {
  return keptMs - Math.min(DAY_MS, keptMs / 2);
}

/** A setting by topic; -1 is no bound. Where we may not ask, or older brokers do not know it: the default. */
async function settingOf(
  admin: Pick<TopicAdmin, 'settings'>,
  topics: readonly string[],
  name: string,
  otherwise: number,
): Promise<(topic: string) => number> {
  const found = await admin.settings(topics, name).catch(() => new Map<string, string>());
  return (topic) => {
    const value = Number(found.get(topic) || NaN);
    return Number.isNaN(value) ? otherwise : value < 0 ? Infinity : value;
  };
}

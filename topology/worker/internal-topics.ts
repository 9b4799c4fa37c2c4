/** The topics of our own: made by the workers themselves, at a first start. */
import type { TopicNames } from '../../common/topic-names.js';
import type { TopicAdmin, TopicPlan } from '../kafka/index.js';

export interface InternalTopicsOptions {
  readonly names: TopicNames;
  /** Logical names of the topics that are read. */
  readonly sources: readonly string[];
  /** Partitions of each topic. The changelog's are the tasks that there may ever be. */
  readonly partitions: number;
  /** -1 takes the brokers' default. */
  readonly replicationFactor: number;
  readonly dedupWindowMs: number;
}

/** Makes what is missing. Neither ever grows: a task's state, and a user's entries, would lie in two partitions. */
export async function ensureInternalTopics(admin: TopicAdmin, options: InternalTopicsOptions): Promise<void> {
  const { names, partitions, replicationFactor, dedupWindowMs } = options;
  const sources = options.sources.map((topic) => names.physical(topic));
  const retentions = await admin.settings(sources, 'retention.ms');
  const plans: TopicPlan[] = [
    {
      topic: names.changelog,
      partitions,
      replicationFactor,
      configs: {
        'cleanup.policy': 'delete',
        'message.timestamp.type': 'LogAppendTime',
        'retention.ms': String(changelogRetention(dedupWindowMs, [...retentions.values()].map(Number))),
      },
    },
    {
      topic: names.physical('USER_DIRECTORY'),
      partitions,
      replicationFactor,
      configs: { 'cleanup.policy': 'compact' },
    },
  ];
  await admin.create(plans);
}

/**
 * An entry is needed for the window, counted from when the record is processed, which may be as late as the source's
 * own retention allows. For ever (-1) when a source keeps its records for ever.
 */
export function changelogRetention(dedupWindowMs: number, sourceRetentionsMs: readonly number[]): number {
  if (sourceRetentionsMs.some((ms) => ms < 0)) return -1;
  return dedupWindowMs + Math.max(0, ...sourceRetentionsMs);
}

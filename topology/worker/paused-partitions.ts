/** Source partitions of this worker that are paused as their dead-letter budget is spent, and how they are let go on. */
import type { GaugeRound } from '../../common/gauge-round.js';
import type { Metrics } from '../../common/metrics.js';
import type { SourcePartition } from '../../common/record.js';
import { partitionName, type TopologyNames } from '../../common/topic-names.js';
import type { PausedAt } from '../task/dead-letter-pauses.js';
import type { Task } from '../task/task.js';

type PausingTask = Pick<Task, 'sources' | 'pauses'>;

/** One, by its name on the brokers. */
export interface PausedPartition extends PausedAt {
  readonly partition: string;
}

/** `unknown`: no partition of this worker's. */
export type Resumed =
  { readonly kind: 'resumed'; readonly partitions: readonly string[] } | { readonly kind: 'unknown' };

export function pausedPartitions(tasks: readonly PausingTask[], names: TopologyNames): PausedPartition[] {
  return tasks.flatMap(({ sources, pauses }) =>
    sources.flatMap((source) => {
      const paused = pauses?.paused.get(source.name);
      if (!paused) return [];
      const { offset, reason, since } = paused;
      return [{ partition: partitionName(names, source), offset, reason, since }];
    }),
  );
}

/** `partition`: one, by its name on the brokers or in the contract; undefined for all. */
export function resumePartitions(
  tasks: readonly PausingTask[],
  names: TopologyNames,
  partition: string | undefined,
): Resumed {
  const isMeant = (source: SourcePartition): boolean =>
    partition === undefined || partition === source.name || partition === partitionName(names, source);
  const meant = tasks.flatMap(({ sources, pauses }) => sources.filter(isMeant).map((source) => ({ source, pauses })));
  if (meant.length === 0 && partition !== undefined) return { kind: 'unknown' };
  const paused = meant.filter(({ source, pauses }) => pauses?.paused.has(source.name));
  for (const { source, pauses } of paused) pauses?.resume(source.name);
  return { kind: 'resumed', partitions: paused.map(({ source }) => partitionName(names, source)) };
}

/** Each partition that has a budget shows whether it is paused. */
export function measurePaused(
  tasks: readonly PausingTask[],
  { dead_letter_budget_paused: gauge }: Pick<Metrics, 'dead_letter_budget_paused'>,
  round: GaugeRound,
): void {
  round.begin(gauge);
  for (const { sources, pauses } of tasks)
    for (const { name, topic, partition } of pauses ? sources : [])
      round.max(gauge, { topic, partition }, pauses!.paused.has(name) ? 1 : 0);
}

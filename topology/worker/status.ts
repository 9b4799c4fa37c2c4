/** What a worker tells an operator of itself over its control socket. */
import type { PausedPartition } from './paused-partitions.js';
import type { LevelStatus } from './log-level.js';

export interface TasksStatus {
  readonly tasks: readonly { readonly task: number; readonly state: string; readonly partitions: readonly string[] }[];
  /** Tasks of which a copy is kept here. */
  readonly standbys: readonly number[];
  readonly paused: readonly PausedPartition[];
}

export const NO_TASKS: TasksStatus = { tasks: [], standbys: [], paused: [] };

export interface WorkerStatus extends TasksStatus {
  readonly version: string;
  readonly pid: number;
  readonly roles: readonly string[];
  /** Why each part is not ready, as on /readyz; empty when all are. */
  readonly reasons: Readonly<Record<string, string>>;
  readonly log: LevelStatus;
}

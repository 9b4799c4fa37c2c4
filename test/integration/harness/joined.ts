/** What the workers' logs say of who has which task. */
import type { WorkerProcess } from './worker.js';

interface Joined {
  readonly tasks: readonly number[];
  readonly standbys: readonly number[];
  readonly generation: number;
}

/** The tasks that the group gave to the worker last, in order; empty before that. */
export function tasksOf(worker: WorkerProcess): number[] {
  return [...(lastJoined(worker)?.tasks ?? [])].sort((a, b) => a - b);
}

/** The standbys that the group gave to the worker last, in order. */
export function standbysOf(worker: WorkerProcess): number[] {
  return [...(lastJoined(worker)?.standbys ?? [])].sort((a, b) => a - b);
}

/** The generation that the worker joined last; -1 before that. */
function generationOf(worker: WorkerProcess): number {
  return lastJoined(worker)?.generation ?? -1;
}

/** True when they are of one generation, and each task up to the count is on exactly one of them. */
export function shareTasks(workers: readonly WorkerProcess[], count: number): boolean {
  const all = workers.flatMap((worker) => tasksOf(worker)).sort((a, b) => a - b);
  const oneGeneration = new Set(workers.map((worker) => generationOf(worker))).size === 1;
  return oneGeneration && all.length === count && all.every((task, index) => task === index);
}

export interface Restored {
  readonly task: number;
  readonly from: number;
  readonly to: number;
  readonly records: number;
}

/** Each restore that the worker told of. */
export function restoredStores(worker: WorkerProcess): Restored[] {
  return worker.logged('store restored') as unknown as Restored[];
}

function lastJoined(worker: WorkerProcess): Joined | undefined {
  return worker.logged('joined the group').at(-1) as Joined | undefined;
}

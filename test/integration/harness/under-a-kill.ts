/** A workload processed while one worker is killed in the middle of it and another joins. */
import { PATIENT, type TestEnvironment } from './environment.js';
import { lag, produceAll, untilProcessed } from './outcome.js';
import { until } from './until.js';
import { startWorker, type WorkerProcess } from './worker.js';
import type { Workload } from './workload.js';

export interface UnderAKill {
  /** Source records that were still to be done when the one was killed. */
  readonly left: number;
  readonly survivors: readonly WorkerProcess[];
}

/** Resolves when every source record is committed. `over`: settings of each worker. */
export async function processUnderAKill(
  test: TestEnvironment,
  workload: Workload,
  over: Readonly<Record<string, string>> = {},
): Promise<UnderAKill> {
  await produceAll(test.prefix, workload.users);
  const half = workload.events.length / 2;
  await produceAll(test.prefix, workload.events.slice(0, half));

  // The one that is killed may have begun with account events, which stand still until its session is over.
  const env = (state: string) => test.env(state, { ...PATIENT, ...over });
  const doomed = startWorker({ env: env('a') });
  const steady = startWorker({ env: env('b') });
  await Promise.all([doomed.ports(), steady.ports()]);
  await produceAll(test.prefix, workload.events.slice(half));
  const total = workload.events.length + workload.users.length;
  await until('half of the work is done', async () => (await lag(test.prefix)) < total / 2, 60_000);
  doomed.kill('SIGKILL');
  const joining = startWorker({ env: env('c') });
  const left = await lag(test.prefix);

  await joining.ready();
  await untilProcessed(test.prefix);
  return { left, survivors: [steady, joining] };
}

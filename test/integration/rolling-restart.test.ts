/** Workers are restarted one after another, or killed, while records flow. */
import { expect, it } from 'vitest';

import { prepareEnvironment } from './harness/environment.js';
import { restoredStores, shareTasks, tasksOf } from './harness/joined.js';
import { differences, lag, produceAll, untilProcessed } from './harness/outcome.js';
import { byLabels, scrape } from './harness/scrape.js';
import { until } from './harness/until.js';
import { startWorker, type WorkerProcess } from './harness/worker.js';
import { makeWorkload } from './harness/workload.js';

const TASKS = 8;

it('loses and repeats nothing in a rolling restart of four workers under load', { timeout: 180_000 }, async () => {
  const test = await prepareEnvironment('rolling', TASKS);
  const workload = makeWorkload({ seed: 71, events: 40_000, ids: test.ids });
  const env = (state: string) => test.env(state, { COMMIT_RECORDS: '100', STANDBY_REPLICAS: '1' });
  await produceAll(test.prefix, workload.users);
  const states = ['a', 'b', 'c', 'd'];
  const workers: WorkerProcess[] = states.map((state) => startWorker({ env: env(state) }));
  await Promise.all(workers.map((worker) => worker.ready()));
  await until('four workers share the tasks', () => shareTasks(workers, TASKS));
  // An event's address is looked up where the event is processed: the directories are filled first.
  await until('all know every user', async () => {
    const samples = await Promise.all(workers.map(scrape));
    return samples.every((of) => byLabels(of, 'directory_entries')[''] === workload.users.length);
  });

  const slice = 400;
  let isOver = false;
  let produced = 0;
  const producing = (async (): Promise<void> => {
    for (; produced < workload.events.length; produced += slice) {
      await produceAll(test.prefix, workload.events.slice(produced, produced + slice));
      // Spread over the whole restart; what is left when it is over comes at once.
      if (!isOver) await new Promise((resolve) => setTimeout(resolve, 150));
    }
  })();
  for (const [index, state] of states.entries()) {
    expect(await workers[index]!.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(produced).toBeLessThan(workload.events.length);
    workers[index] = startWorker({ env: env(state) });
    await workers[index]!.ready();
    await until('four workers share the tasks', () => shareTasks(workers, TASKS));
  }
  isOver = true;
  await producing;
  await untilProcessed(test.prefix);
  expect(await differences(test.prefix, workload)).toEqual([]);
  for (const worker of workers) expect((await worker.stop()).code).toBe(0);
});

it('gives a worker that was killed and is started again the tasks it had, as it left them', { timeout: 90_000 }, async () => {
  const test = await prepareEnvironment('resumed', TASKS);
  const workload = makeWorkload({ seed: 72, events: 10_000, ids: test.ids });
  const half = workload.events.length / 2;
  await produceAll(test.prefix, workload.users);
  const [doomed, ...others] = ['a', 'b', 'c'].map((state) => startWorker({ env: test.env(state) }));
  await Promise.all([doomed!, ...others].map((worker) => worker.ready()));
  await until('three workers share the tasks', () => shareTasks([doomed!, ...others], TASKS));
  await untilProcessed(test.prefix);
  await produceAll(test.prefix, workload.events.slice(0, half));
  await untilProcessed(test.prefix);
  const [had, theirs] = [tasksOf(doomed!), others.map(tasksOf)];
  doomed!.kill('SIGKILL');
  await doomed!.exited;
  await produceAll(test.prefix, workload.events.slice(half));

  const again = startWorker({ env: test.env('a') });
  await again.ready();
  await until('three workers share the tasks', () => shareTasks([again, ...others], TASKS));
  expect(tasksOf(again)).toEqual(had);
  expect(others.map(tasksOf)).toEqual(theirs);
  for (const { from, records } of restoredStores(again)) {
    expect(from).toBeGreaterThan(0);
    expect(records).toBeLessThanOrEqual(1);
  }
  expect(await lag(test.prefix)).toBeGreaterThanOrEqual(0);
  await untilProcessed(test.prefix);
  expect(await differences(test.prefix, workload)).toEqual([]);
});

/** Workers come and go while records flow. */
import { expect, it } from 'vitest';

import { prepareEnvironment } from './harness/environment.js';
import { restoredStores, shareTasks, tasksOf } from './harness/joined.js';
import { LastingLoad } from './harness/lasting-load.js';
import { differences, lag, produceAll, untilProcessed } from './harness/outcome.js';
import { byLabels, scrape } from './harness/scrape.js';
import { until } from './harness/until.js';
import { startWorker } from './harness/worker.js';
import { makeWorkload } from './harness/workload.js';

const TASKS = 6;

it('loses and repeats nothing while a third worker joins and one leaves under load', { timeout: 120_000 }, async () => {
  const test = await prepareEnvironment('scale', TASKS);
  const workload = makeWorkload({ seed: 21, events: 20_000, ids: test.ids });
  // Small commits keep the work going for as long as the workers move.
  const env = (state: string) => test.env(state, { COMMIT_RECORDS: '100' });
  await produceAll(test.prefix, workload.users);
  const a = startWorker({ env: env('a') });
  const b = startWorker({ env: env('b') });
  await Promise.all([a.ready(), b.ready()]);
  await until('two workers share the tasks', () => shareTasks([a, b], TASKS));
  expect([tasksOf(a).length, tasksOf(b).length]).toEqual([3, 3]);
  // An event's address is looked up where the event is processed: the directories are filled first.
  await until('both know every user', async () => {
    const samples = await Promise.all([scrape(a), scrape(b)]);
    return samples.every((sample) => byLabels(sample, 'directory_entries')[''] === workload.users.length);
  });

  const load = LastingLoad.begin(test.prefix, workload.events);
  const c = startWorker({ env: env('c') });
  await until('three workers share the tasks', () => shareTasks([a, b, c], TASKS));
  expect([tasksOf(a).length, tasksOf(b).length, tasksOf(c).length]).toEqual([2, 2, 2]);
  await until('there is work to do', async () => (await lag(test.prefix)) > 0);
  expect(load.left).toBeGreaterThan(0);

  expect(await b.stop('SIGTERM')).toEqual({ code: 0, signal: null });
  await until('the two that stay share the tasks', () => shareTasks([a, c], TASKS));
  expect(load.left).toBeGreaterThan(0);
  await load.finish();
  await untilProcessed(test.prefix);
  expect(await differences(test.prefix, workload)).toEqual([]);
  expect((await a.stop()).code).toBe(0);
  expect((await c.stop()).code).toBe(0);
});

it('gives a task back to the worker that has its store when that one returns', { timeout: 60_000 }, async () => {
  const test = await prepareEnvironment('sticky', 4);
  const workload = makeWorkload({ seed: 22, events: 1_000, ids: test.ids });
  const a = startWorker({ env: test.env('a') });
  const b = startWorker({ env: test.env('b') });
  await Promise.all([a.ready(), b.ready()]);
  await until('two workers share the tasks', () => shareTasks([a, b], 4));
  await produceAll(test.prefix, [...workload.users, ...workload.events]);
  await untilProcessed(test.prefix);
  const had = tasksOf(b);
  await b.stop('SIGTERM');
  await until('one has them all', () => shareTasks([a], 4));

  const back = startWorker({ env: test.env('b') });
  await until('they share again', () => shareTasks([a, back], 4));
  expect(tasksOf(back)).toEqual(had);
  await back.ready();
  for (const { from, records } of restoredStores(back)) {
    expect(from).toBeGreaterThan(0);
    expect(records).toBeLessThanOrEqual(1);
  }
});

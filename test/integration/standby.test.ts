/** Second copies of the stores: kept warm, and used when their owner is gone. */
import { expect, it } from 'vitest';

import { prepareEnvironment } from './harness/environment.js';
import { restoredStores, shareTasks, standbysOf, tasksOf } from './harness/joined.js';
import { differences, produceAll, untilProcessed } from './harness/outcome.js';
import { byLabels, scrape } from './harness/scrape.js';
import { until } from './harness/until.js';
import { startWorker, type WorkerProcess } from './harness/worker.js';
import { makeWorkload } from './harness/workload.js';

const TASKS = 4;
/** Commits that may fall between a standby's last write and the kill, each a record and a marker. */
const TAIL = 10;

/** Every standby of the worker holds all that is committed. */
async function isWarm(worker: WorkerProcess, standbys: number): Promise<boolean> {
  const lags = Object.values(byLabels(await scrape(worker), 'standby_lag'));
  return lags.length === standbys && lags.every((lag) => lag === 0);
}

it('takes a killed worker over from the warm copies, replaying only the tail', { timeout: 120_000 }, async () => {
  const test = await prepareEnvironment('standby', TASKS);
  const workload = makeWorkload({ seed: 61, events: 8_000, ids: test.ids, repeats: 0.3 });
  const half = workload.events.length / 2;
  const env = (state: string) => test.env(state, { STANDBY_REPLICAS: '1', COMMIT_RECORDS: '50' });
  await produceAll(test.prefix, workload.users);
  const doomed = startWorker({ env: env('a') });
  const heir = startWorker({ env: env('b') });
  await Promise.all([doomed.ready(), heir.ready()]);
  await until('two workers share the tasks', () => shareTasks([doomed, heir], TASKS));
  await untilProcessed(test.prefix);
  expect(standbysOf(doomed)).toEqual(tasksOf(heir));
  expect(standbysOf(heir)).toEqual(tasksOf(doomed));

  await produceAll(test.prefix, workload.events.slice(0, half));
  await untilProcessed(test.prefix);
  await until('the copies are warm', async () => (await isWarm(doomed, 2)) && (await isWarm(heir, 2)));
  const inherited = tasksOf(doomed);
  const before = restoredStores(heir).length;
  doomed.kill('SIGKILL');
  await produceAll(test.prefix, workload.events.slice(half));
  await until('the heir has every task', () => shareTasks([heir], TASKS));
  await untilProcessed(test.prefix);

  const restored = restoredStores(heir).slice(before);
  expect(restored.map(({ task }) => task).sort()).toEqual(inherited);
  for (const { from, records } of restored) {
    expect(from).toBeGreaterThan(TAIL);
    expect(records).toBeLessThanOrEqual(TAIL);
  }
  expect(standbysOf(heir)).toEqual([]);
  expect(await differences(test.prefix, workload)).toEqual([]);
  expect((await heir.stop()).code).toBe(0);
});

it('warms the store of a worker that joins, and gives it its tasks then', { timeout: 120_000 }, async () => {
  const test = await prepareEnvironment('warming', TASKS);
  const workload = makeWorkload({ seed: 62, events: 5_000, ids: test.ids, repeats: 0.3 });
  const half = workload.events.length / 2;
  const env = (state: string) => test.env(state, { ACCEPTABLE_LAG: '20', COMMIT_RECORDS: '20' });
  await produceAll(test.prefix, workload.users);
  const settled = startWorker({ env: env('a') });
  await settled.ready();
  await untilProcessed(test.prefix);
  await produceAll(test.prefix, workload.events.slice(0, half));
  await untilProcessed(test.prefix);

  const joining = startWorker({ env: env('b') });
  await until('the two share the tasks', () => shareTasks([settled, joining], TASKS) && tasksOf(joining).length === 2);
  const [first] = joining.logged('joined the group');
  expect(first).toMatchObject({ tasks: [], standbys: tasksOf(joining), warming: tasksOf(joining) });
  await joining.ready();
  for (const { from } of restoredStores(joining)) expect(from).toBeGreaterThan(20);
  await produceAll(test.prefix, workload.events.slice(half));
  await untilProcessed(test.prefix);
  expect(await differences(test.prefix, workload)).toEqual([]);
  expect((await joining.stop()).code).toBe(0);
  expect((await settled.stop()).code).toBe(0);
});

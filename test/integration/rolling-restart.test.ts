/** Workers are restarted one after another, or killed, while records flow. */
import { expect, it } from 'vitest';

import { prepareEnvironment } from './harness/environment.js';
import { restoredStores, shareTasks, tasksOf } from './harness/joined.js';
import { LastingLoad } from './harness/lasting-load.js';
import { differences, produceAll, untilProcessed } from './harness/outcome.js';
import { byLabels, readinessOf, scrape } from './harness/scrape.js';
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
    return samples.every((sample) => byLabels(sample, 'directory_entries')[''] === workload.users.length);
  });

  const load = LastingLoad.begin(test.prefix, workload.events);
  for (const [index, state] of states.entries()) {
    expect(await workers[index]!.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(load.left).toBeGreaterThan(0);
    workers[index] = startWorker({ env: env(state) });
    await workers[index].ready();
    await until('four workers share the tasks', () => shareTasks(workers, TASKS));
  }
  await load.finish();
  await untilProcessed(test.prefix);
  expect(await differences(test.prefix, workload)).toEqual([]);
  for (const worker of workers) expect((await worker.stop()).code).toBe(0);
});

it(
  'gives a worker that was killed and is started again the tasks it had, as it left them',
  { timeout: 90_000 },
  async () => {
    const test = await prepareEnvironment('resumed', TASKS);
    const workload = makeWorkload({ seed: 72, events: 10_000, ids: test.ids });
    const half = workload.events.length / 2;
    // It is back before the group has missed it, however long a start takes: nobody waits for the session to be over.
    const env = (state: string) => test.env(state, { SESSION_TIMEOUT_MS: '30000' });
    await produceAll(test.prefix, workload.users);
    const doomed = startWorker({ env: env('a') });
    const others = ['b', 'c'].map((state) => startWorker({ env: env(state) }));
    await Promise.all([doomed, ...others].map((worker) => worker.ready()));
    await until('three workers share the tasks', () => shareTasks([doomed, ...others], TASKS));
    await untilProcessed(test.prefix);
    await produceAll(test.prefix, workload.events.slice(0, half));
    await untilProcessed(test.prefix);
    const [had, theirs] = [tasksOf(doomed), others.map(tasksOf)];
    doomed.kill('SIGKILL');
    await doomed.exited;
    await produceAll(test.prefix, workload.events.slice(half));

    const again = startWorker({ env: env('a') });
    await again.ready();
    await until('three workers share the tasks', () => shareTasks([again, ...others], TASKS));
    expect(tasksOf(again)).toEqual(had);
    expect(others.map(tasksOf)).toEqual(theirs);
    for (const { from, records } of restoredStores(again)) {
      expect(from).toBeGreaterThan(0);
      expect(records).toBeLessThanOrEqual(1);
    }
    await untilProcessed(test.prefix);
    expect(await differences(test.prefix, workload)).toEqual([]);
  },
);

it(
  'lets workers go on while the group waits for one that died and was not missed yet',
  { timeout: 90_000 },
  async () => {
    const test = await prepareEnvironment('gathering', TASKS);
    const workload = makeWorkload({ seed: 73, events: 10_000, ids: test.ids });
    const half = workload.events.length / 2;
    const env = (state: string) => test.env(state, { SESSION_TIMEOUT_MS: '15000', COMMIT_RECORDS: '100' });
    await produceAll(test.prefix, workload.users);
    const steady = startWorker({ env: env('a') });
    const doomed = startWorker({ env: env('b') });
    await Promise.all([steady.ready(), doomed.ready()]);
    await until('two workers share the tasks', () => shareTasks([steady, doomed], TASKS));
    await untilProcessed(test.prefix);
    const processed = async (): Promise<number> =>
      Object.values(byLabels(await scrape(steady), 'records_in_total')).reduce((a, b) => a + b, 0);

    doomed.kill('SIGKILL');
    const joining = startWorker({ env: env('c') });
    await until('the steady one joins again', async () => {
      return (await readinessOf(steady)).reasons['tasks']?.includes('suspended') === true;
    });
    const joins = steady.logged('joined the group').length;
    const before = await processed();
    await produceAll(test.prefix, workload.events.slice(0, half));
    await until('the steady one goes on', async () => (await processed()) >= before + half / 3, 8_000);
    expect(steady.logged('joined the group')).toHaveLength(joins);

    await until('the group has gathered', () => shareTasks([steady, joining], TASKS));
    await produceAll(test.prefix, workload.events.slice(half));
    await untilProcessed(test.prefix);
    expect(await differences(test.prefix, workload)).toEqual([]);
  },
);

/** The main promise: each first-seen event has each of its outputs exactly once, whatever happens to the workers. */
import { describe, expect, it } from 'vitest';
import { prepareEnvironment } from './harness/environment.js';
import { differences, lag, produceAll, untilProcessed } from './harness/outcome.js';
import { until } from './harness/until.js';
import { makeWorkload } from './harness/workload.js';
import { startWorker } from './harness/worker.js';

const EVENTS = 100_000;

describe('exactly once', () => {
  it(
    `makes each output of ${EVENTS} mixed events exactly once while one worker is killed and another joins`,
    { timeout: 240_000 },
    async () => {
      const test = await prepareEnvironment('eos', 4);
      const workload = makeWorkload({ seed: 7, events: EVENTS, ids: test.ids });
      await produceAll(test.prefix, workload.users);
      const half = workload.events.length / 2;
      await produceAll(test.prefix, workload.events.slice(0, half));

      // The one that is killed may have begun with account events, which stand still until its session is over.
      const env = (state: string) => test.env(state, { DIRECTORY_WAIT_MS: '15000' });
      const doomed = startWorker({ env: env('a') });
      const steady = startWorker({ env: env('b') });
      await Promise.all([doomed.ports(), steady.ports()]);
      const rest = produceAll(test.prefix, workload.events.slice(half));
      const total = workload.events.length + workload.users.length;
      await until('some of the work is done', async () => (await lag(test.prefix)) < total * 0.8, 60_000);
      doomed.kill('SIGKILL');
      const joining = startWorker({ env: env('c') });
      await rest;
      expect(await lag(test.prefix)).toBeGreaterThan(0);

      await joining.ready();
      await untilProcessed(test.prefix);
      expect(await differences(test.prefix, workload)).toEqual([]);
      expect((await steady.stop()).code).toBe(0);
      expect((await joining.stop()).code).toBe(0);
    },
  );
});

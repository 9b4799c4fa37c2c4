/**
 * An upgrade from another version and the way back, worker by worker, each on the STATE_DIR that the one before it left,
 * while records flow. Runs when OTHER_VERSION names a checkout of that version that is built.
 */
import { describe, expect, it } from 'vitest';
import { prepareEnvironment } from './harness/environment.js';
import { shareTasks } from './harness/joined.js';
import { LastingLoad } from './harness/lasting-load.js';
import { otherVersion } from './harness/other-version.js';
import { differences, produceAll, untilProcessed } from './harness/outcome.js';
import { until } from './harness/until.js';
import { startWorker, type WorkerProcess } from './harness/worker.js';
import { makeWorkload } from './harness/workload.js';

const TASKS = 6;
const STATES = ['a', 'b', 'c'];
const EVENTS = 30_000;
const THIS_VERSION = undefined;
const ENDED_BY_ITSELF = { code: 0, signal: null };
const KILLED = { code: null, signal: 'SIGKILL' };

describe.skipIf(otherVersion() === undefined)('an upgrade and its roll-back under load, on the same folders', () => {
  it.each([
    { seed: 171, ends: 'each worker is ended by SIGTERM', signals: ['SIGTERM', 'SIGTERM', 'SIGTERM'] },
    { seed: 172, ends: 'the second worker is killed each time', signals: ['SIGTERM', 'SIGKILL', 'SIGTERM'] },
  ] as const)('lose and repeat nothing: $ends', { timeout: 300_000 }, async ({ seed, signals }) => {
    const test = await prepareEnvironment(`versions-${seed}`, TASKS);
    const workload = makeWorkload({ seed, events: EVENTS, ids: test.ids });
    const start = (state: string, entry: string | undefined): WorkerProcess => {
      // A session that outlives a restart: who was killed is still in the group when the other version comes.
      const over = { COMMIT_RECORDS: '100', STANDBY_REPLICAS: '1', SESSION_TIMEOUT_MS: '20000' };
      const env = test.env(state, over);
      return startWorker(entry === undefined ? { env } : { env, entry });
    };
    const workers = STATES.map((state) => start(state, otherVersion()));
    const all = [...workers];
    await produceAll(test.prefix, workload.users);
    await Promise.all(workers.map((worker) => worker.ready()));
    await until('three workers share the tasks', () => shareTasks(workers, TASKS));
    await untilProcessed(test.prefix);

    const replaceEach = async (entry: string | undefined): Promise<void> => {
      for (const [index, state] of STATES.entries()) {
        const signal = signals[index]!;
        expect(await workers[index]!.stop(signal)).toEqual(signal === 'SIGTERM' ? ENDED_BY_ITSELF : KILLED);
        workers[index] = start(state, entry);
        all.push(workers[index]);
        await workers[index].ready();
        await until('three workers share the tasks', () => shareTasks(workers, TASKS));
      }
    };
    const half = EVENTS / 2;
    for (const [entry, events] of [
      [THIS_VERSION, workload.events.slice(0, half)],
      [otherVersion(), workload.events.slice(half)],
    ] as const) {
      const load = LastingLoad.begin(test.prefix, events);
      await replaceEach(entry);
      expect(load.left).toBeGreaterThan(0);
      await load.finish();
      await untilProcessed(test.prefix);
    }

    expect(await differences(test.prefix, workload)).toEqual([]);
    for (const worker of workers) expect(await worker.stop()).toEqual(ENDED_BY_ITSELF);
    // No error, no store in quarantine, and no line that a library wrote.
    expect(all.flatMap(({ lines }) => lines.filter((line) => !/"level":"(info|warn)"/.test(line)))).toEqual([]);
  });
});

/** A state directory on a disk that fills while records flow. */
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { mountSmallDisk, whyNoSmallDisk, type SmallDisk } from '../small-disk.js';
import { prepareEnvironment } from './harness/environment.js';
import { restoredStores } from './harness/joined.js';
import { differences, lag, produceAll, untilProcessed } from './harness/outcome.js';
import { readinessOf } from './harness/scrape.js';
import { until } from './harness/until.js';
import { startWorker, type WorkerProcess } from './harness/worker.js';
import { makeWorkload } from './harness/workload.js';

const why = whyNoSmallDisk();
if (why !== undefined) process.stderr.write(`skipped, a full disk: ${why}\n`);

const disks: SmallDisk[] = [];
afterAll(() => disks.forEach((disk) => disk.unmount()));

const PARTITIONS = 2;

async function saysFull(worker: WorkerProcess): Promise<boolean> {
  const { reasons } = await readinessOf(worker);
  return reasons['state']?.includes('takes no more') ?? false;
}

/** Every task waits for free space. */
async function standsStill(worker: WorkerProcess): Promise<boolean> {
  const { reasons } = await readinessOf(worker);
  return reasons['tasks'] === 'tasks 0-1 are restoring';
}

describe.skipIf(why !== undefined)('a disk that fills while records flow', () => {
  it(
    'stands the tasks still, loses nothing, and they go on when there is space, without a restart',
    { timeout: 180_000 },
    async () => {
      const test = await prepareEnvironment('full', PARTITIONS);
      const workload = makeWorkload({ seed: 31, events: 40_000, ids: test.ids, repeats: 0.2 });
      const disk = mountSmallDisk(32);
      disks.push(disk);
      const half = workload.events.length / 2;
      await produceAll(test.prefix, [...workload.users, ...workload.events.slice(0, half)]);
      const worker = startWorker({
        env: test.env('worker', { STATE_DIR: join(disk.path, 'state'), COMMIT_RECORDS: '500' }),
      });
      await worker.ready();
      await until('some of the work is done', async () => (await lag(test.prefix)) < half * 0.8);

      disk.fill();
      await until('the worker says that the disk is full', () => saysFull(worker), 30_000);
      await produceAll(test.prefix, workload.events.slice(half));
      await until('both tasks stand still', () => standsStill(worker), 30_000);
      const left = await lag(test.prefix);
      await new Promise((resolve) => setTimeout(resolve, 2_000)); // it looks for space meanwhile, and finds none
      expect(await lag(test.prefix)).toBe(left);
      expect(left).toBeGreaterThanOrEqual(half);
      expect(worker.ended).toBeUndefined();
      expect(await saysFull(worker)).toBe(true);
      const before = restoredStores(worker).length;

      disk.makeRoom();
      await untilProcessed(test.prefix, 90_000);
      await worker.ready();
      expect(worker.logged('there is space in STATE_DIR again').length).toBeGreaterThan(0);
      expect(restoredStores(worker).length).toBeGreaterThan(before);
      expect(await differences(test.prefix, workload)).toEqual([]);
      expect(await worker.stop()).toEqual({ code: 0, signal: null });

      // What the store holds is what the changelog says: another start finds it whole.
      const again = startWorker({ env: test.env('worker', { STATE_DIR: join(disk.path, 'state') }) });
      await again.ready();
      expect(restoredStores(again).every(({ from, records }) => from > 0 && records === 0)).toBe(true);
      expect((await again.stop()).code).toBe(0);
    },
  );

  it('is waited out by a worker that starts, and by one that is stopped meanwhile', { timeout: 90_000 }, async () => {
    const test = await prepareEnvironment('full-start', PARTITIONS);
    const disk = mountSmallDisk(16);
    disks.push(disk);
    disk.fill();
    const env = test.env('worker', { STATE_DIR: disk.path });
    const stopped = startWorker({ env });
    await until('the worker says that the disk is full', () => saysFull(stopped), 30_000);
    expect((await stopped.stop()).code).toBe(0);
    const worker = startWorker({ env });
    await until('the worker says that the disk is full', () => saysFull(worker), 30_000);
    disk.makeRoom();
    await worker.ready();
    expect((await worker.stop()).code).toBe(0);
  });
});

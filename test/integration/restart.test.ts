/** A worker that ends, in order or not, and starts again goes on where it stood. */
import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

import { endOffsets, logEnds } from '../../dev/oracle/offsets.js';
import { transactionStates } from '../../dev/oracle/transactions.js';
import { prepareEnvironment } from './harness/environment.js';
import { restoredStores } from './harness/joined.js';
import { differences, lag, produceAll, untilProcessed } from './harness/outcome.js';
import { OUTPUT_TOPICS } from './harness/topics.js';
import { testStack } from './harness/test-stack.js';
import { until } from './harness/until.js';
import { startWorker, type WorkerProcess } from './harness/worker.js';
import { makeWorkload } from './harness/workload.js';

const PARTITIONS = 2;

/** The end of a partition lies behind the last transaction's marker, which no store holds. */
const MARKER = 1;

function sumOf(worker: WorkerProcess): { tasks: number; from: number; records: number; behind: number } {
  const restored = restoredStores(worker);
  return {
    tasks: restored.length,
    from: Math.min(...restored.map(({ from }) => from)),
    records: restored.reduce((sum, { records }) => sum + records, 0),
    behind: Math.max(...restored.map(({ from, to }) => to - from)),
  };
}

describe('a worker that is started again', () => {
  it(
    'goes on where it stood after SIGTERM, after SIGKILL, and without its STATE_DIR',
    { timeout: 90_000 },
    async () => {
      const test = await prepareEnvironment('restart', PARTITIONS);
      // Repeats reach back over the whole workload, so every start has some of what was processed before it.
      const workload = makeWorkload({ seed: 11, events: 4_000, ids: test.ids, repeats: 0.3 });
      const quarter = workload.events.length / 4;
      const part = (index: number) => workload.events.slice(index * quarter, (index + 1) * quarter);
      await produceAll(test.prefix, workload.users);

      await produceAll(test.prefix, part(0));
      const first = startWorker({ env: test.env() });
      await untilProcessed(test.prefix);
      expect(await first.stop('SIGTERM')).toEqual({ code: 0, signal: null });

      await produceAll(test.prefix, part(1));
      const second = startWorker({ env: test.env() });
      await second.ready();
      const afterTerm = sumOf(second);
      expect(afterTerm.tasks).toBe(PARTITIONS);
      expect(afterTerm.from).toBeGreaterThan(0);
      expect(afterTerm).toMatchObject({ records: 0, behind: MARKER });
      await untilProcessed(test.prefix);
      second.kill('SIGKILL');
      await second.exited;

      await produceAll(test.prefix, part(2));
      const third = startWorker({ env: test.env() });
      await third.ready();
      const afterKill = sumOf(third);
      expect(afterKill.from).toBeGreaterThan(0);
      expect(afterKill.records).toBeLessThanOrEqual(PARTITIONS);
      await untilProcessed(test.prefix);
      expect((await third.stop('SIGTERM')).code).toBe(0);

      rmSync(test.stateDir('worker'), { recursive: true });
      await produceAll(test.prefix, part(3));
      const fourth = startWorker({ env: test.env() });
      await fourth.ready();
      const withoutState = sumOf(fourth);
      expect(withoutState.from).toBe(0);
      expect(withoutState.records).toBeGreaterThan(PARTITIONS);
      await untilProcessed(test.prefix);
      expect(await differences(test.prefix, workload)).toEqual([]);
      expect((await fourth.stop()).code).toBe(0);
    },
  );
});

function placeOf({ topic, partition }: { readonly topic: string; readonly partition: number }): string {
  return `${topic}-${partition}`;
}

describe('SIGTERM under load', () => {
  it('ends the worker with 0 within 10 s and leaves no transaction open', { timeout: 90_000 }, async () => {
    const test = await prepareEnvironment('sigterm', 4);
    const workload = makeWorkload({ seed: 12, events: 20_000, ids: test.ids });
    await produceAll(test.prefix, [...workload.users, ...workload.events]);
    const total = workload.users.length + workload.events.length;
    const worker = startWorker({ env: test.env('a', { COMMIT_RECORDS: '200' }) });
    await until('some of the work is done', async () => (await lag(test.prefix)) < total * 0.9);

    const began = performance.now();
    const exit = await worker.stop('SIGTERM');
    const took = performance.now() - began;
    const left = await lag(test.prefix);
    expect(exit).toEqual({ code: 0, signal: null });
    expect(took).toBeLessThan(10_000);
    expect(left).toBeGreaterThan(0);

    const brokers = testStack().kafkaBrokers;
    const states = await transactionStates({ brokers, prefix: test.prefix });
    expect([...states.keys()].sort()).toEqual([0, 1, 2, 3].map((task) => `${test.prefix}app-${task}`));
    for (const [id, state] of states) expect(state, id).toMatch(/^(Complete\w+|Empty)$/);
    const topics = [...OUTPUT_TOPICS, 'app-dedup-changelog', 'app-user-directory'].map((topic) => test.prefix + topic);
    const ends = new Map((await logEnds({ brokers, prefix: test.prefix })).map((end) => [placeOf(end), end.offset]));
    const stable = await endOffsets({ brokers, topics });
    expect(stable.filter(({ offset }) => offset > 0n).length).toBeGreaterThan(4);
    for (const end of stable) expect(end.offset, placeOf(end)).toBe(ends.get(placeOf(end)));

    const next = startWorker({ env: test.env('b') });
    await untilProcessed(test.prefix);
    expect(await differences(test.prefix, workload)).toEqual([]);
    expect((await next.stop()).code).toBe(0);
  });
});

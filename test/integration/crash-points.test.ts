/** A worker dies in each gap of the commit protocol: what stands on disk and in Kafka then, and that the next start heals it. */
import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readCommitted } from '../../dev/oracle/read-committed.js';
import { transactionStates } from '../../dev/oracle/transactions.js';
import { StateEnvironment } from '../../state/lmdb/environment.js';
import { storedTasks } from '../../state/dedup/task-store.js';
import { CRASH_PRELOAD, GAPS, type Gap } from '../chaos/crash-gaps.js';
import { prepareEnvironment, type TestEnvironment } from './harness/environment.js';
import { differences, produceAll, untilProcessed } from './harness/outcome.js';
import { testStack } from './harness/test-stack.js';
import { makeWorkload, type Workload } from './harness/workload.js';
import { startWorker, type WorkerProcess } from './harness/worker.js';

const EVENTS = 3000;
/** Many commits; and schema ids that nobody knows hold nothing up for long. */
const SMALL_COMMITS = { COMMIT_RECORDS: '300', RETRY_BACKOFF_MS: '20' };

describe('a worker that dies', () => {
  it.each(GAPS.map((gap) => [gap.name, gap.leaves, gap] as const))(
    'in the gap "%s" leaves: %s; and the next start makes every output exactly once',
    { timeout: 120_000 },
    async (_name, _leaves, gap) => {
      const test = await prepareEnvironment(`crash-${gap.name}`, 1);
      const workload = makeWorkload({ seed: 11, events: EVENTS, ids: test.ids });
      await produceAll(test.prefix, workload.users);
      const { doomed, other } = await SCENARIOS[gap.when](test, workload, gap);
      expect((await doomed.exited).signal).toBe('SIGKILL');
      // Before the group misses the dead one and gives its task away.
      await other?.stop();
      expect(doomed.lines).toContain(`crash at ${gap.name}`);

      const producer = `${test.prefix}app-0`;
      const state = (await transactionStates({ brokers: testStack().kafkaBrokers, prefix: producer })).get(producer);
      const behind = await changelogRecordsBehind(test);
      switch (gap.leaves) {
        case 'open transaction':
          expect(state).toBe('Ongoing');
          expect(behind).toBe(0);
          break;
        case 'store behind':
          expect(state).toBe('CompleteCommit');
          expect(behind).toBe(1);
          break;
        case 'whole':
          expect(['CompleteCommit', 'Empty', 'CompleteAbort']).toContain(state);
          expect(behind).toBe(0);
          break;
        case 'store being restored':
          expect(behind).toBeGreaterThan(0);
          break;
      }

      const healed = startWorker({ env: test.env('doomed', SMALL_COMMITS) });
      await untilProcessed(test.prefix);
      expect(await differences(test.prefix, workload)).toEqual([]);
      // Nothing may have been left to do: a signal that comes before it has begun would end it as any process.
      await healed.ready();
      expect(await healed.stop()).toEqual({ code: 0, signal: null });
      expect(await changelogRecordsBehind(test)).toBe(0);
    },
  );
});

type Scenario = (
  test: TestEnvironment,
  workload: Workload,
  gap: Gap,
) => Promise<{ doomed: WorkerProcess; other?: WorkerProcess }>;

/** How a worker is brought to the gap. */
const SCENARIOS: Readonly<Record<Gap['when'], Scenario>> = {
  commit: async (test, workload, gap) => {
    await produceAll(test.prefix, workload.events);
    return { doomed: startDoomed(test, gap, 4) };
  },
  takeover: async (test, workload, gap) => {
    await produceAll(test.prefix, workload.events.slice(0, EVENTS / 2));
    const first = startWorker({ env: test.env('doomed', SMALL_COMMITS) });
    await untilProcessed(test.prefix);
    await first.stop();
    await produceAll(test.prefix, workload.events.slice(EVENTS / 2));
    // What the test restores must be missing.
    if (gap.name === 'restore') rmSync(test.stateDir('doomed'), { recursive: true });
    return { doomed: startDoomed(test, gap, 1) };
  },
  revoke: async (test, workload, gap) => {
    await produceAll(test.prefix, workload.events);
    const doomed = startDoomed(test, gap, 1);
    // Nothing is in flight when the group moves.
    await untilProcessed(test.prefix);
    return { doomed, other: startWorker({ env: test.env('other', SMALL_COMMITS) }) };
  },
};

function startDoomed(test: TestEnvironment, gap: Gap, times: number): WorkerProcess {
  const env = test.env('doomed', { ...SMALL_COMMITS, CRASH_AT: `${gap.name}:${times}` });
  return startWorker({ env, nodeArgs: ['--import', CRASH_PRELOAD] });
}

/** Committed changelog records that the dead worker's store does not hold. */
async function changelogRecordsBehind(test: TestEnvironment): Promise<number> {
  const environment = new StateEnvironment(test.stateDir('doomed'));
  try {
    const next = storedTasks(environment).get(0)?.changelogOffset ?? 0;
    const records = await readCommitted({
      brokers: testStack().kafkaBrokers,
      topics: [`${test.prefix}app-dedup-changelog`],
    });
    return records.filter(({ offset }) => Number(offset) >= next).length;
  } finally {
    await environment.close();
  }
}

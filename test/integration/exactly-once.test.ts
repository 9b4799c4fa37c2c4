/** The main promise: each first-seen event has each of its outputs exactly once, whatever happens to the workers. */
import { describe, expect, it } from 'vitest';
import { prepareEnvironment } from './harness/environment.js';
import { differences } from './harness/outcome.js';
import { processUnderAKill } from './harness/under-a-kill.js';
import { makeWorkload } from './harness/workload.js';

const EVENTS = 100_000;

describe('exactly once', () => {
  it(
    `makes each output of ${EVENTS} mixed events exactly once while one worker is killed and another joins`,
    { timeout: 240_000 },
    async () => {
      const test = await prepareEnvironment('eos', 4);
      const workload = makeWorkload({ seed: 7, events: EVENTS, ids: test.ids });
      const { left, survivors } = await processUnderAKill(test, workload);
      expect(left).toBeGreaterThan(0);
      expect(await differences(test.prefix, workload)).toEqual([]);
      for (const worker of survivors) expect((await worker.stop()).code).toBe(0);
    },
  );
});

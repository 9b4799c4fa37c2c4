import { afterEach, describe, expect, it, vi } from 'vitest';
import { sourcePartition } from '../../../../common/record.js';
import { CommitLoop, type CommitListener } from '../../../../topology/task/commit-loop.js';
import { CommitSize } from '../../../../topology/task/commit-size.js';
import { Refusals } from '../../../../topology/task/refusals.js';
import { MEMBER, rig, TASKS } from './task-harness.js';

const SOURCE = sourcePartition(TASKS, 0);
const POSITIONS = new Map([[SOURCE.name, { nextOffset: 0, streamTime: -1, notifyFrom: 0 }]]);

/** With a producer that is fenced, beside no task. */
async function loopOf(commitIntervalMs: number) {
  const { broker, parts } = rig();
  const { names, deadLetters } = parts.broker;
  const [state, producer] = [parts.stores.create(0), broker.producer()];
  await producer.fence([]);
  const { deadLetterTopic, limits } = parts.job;
  const target = {
    ...{ task: 0, names, producer, deadLetters, deadLetterTopic, state },
    sources: [SOURCE],
    partitionsAtFirst: new Map([[SOURCE.name, 1]]),
  };
  const history = { size: new CommitSize(limits.commitBytes), refusals: new Refusals(target), pauses: undefined };
  const listener = {
    isRunning: true,
    member: MEMBER,
    begins: vi.fn(),
    ready: vi.fn(),
    goBack: vi.fn(),
    failed: vi.fn(),
  };
  const withInterval = { ...parts, job: { ...parts.job, limits: { ...limits, commitIntervalMs } } };
  const begin = { positions: POSITIONS, history };
  const { signal } = new AbortController();
  return { loop: new CommitLoop(target, begin, withInterval, listener satisfies CommitListener, signal), listener };
}

afterEach(() => vi.restoreAllMocks());

describe('the loop of commits', () => {
  it('wakes once for each wait, however often it was asked', async () => {
    const { loop, listener } = await loopOf(100);
    let now = performance.now();
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    for (const times of [1, 2]) {
      now += 1000;
      loop.staged.moveTo(SOURCE.name, 2 * times - 1);
      loop.beginIfDue(true);
      await loop.settle(() => false);
      expect(listener.begins).toHaveBeenCalledTimes(times);

      listener.ready.mockClear();
      const asked = Date.now();
      loop.staged.moveTo(SOURCE.name, 2 * times);
      for (let asks = 0; asks < 2; asks += 1) {
        now += 1;
        loop.beginIfDue(true);
      }
      expect(listener.ready).not.toHaveBeenCalled();
      await vi.waitFor(() => expect(listener.ready).toHaveBeenCalled());
      expect(Date.now() - asked).toBeGreaterThanOrEqual(18);
      await new Promise((resolve) => setTimeout(resolve, 40));
      expect(listener.ready).toHaveBeenCalledTimes(1);
    }
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BootstrapProgress, type PartitionProgress } from '../../../../topology/task/bootstrap-progress.js';

const WAIT_MS = 2000;

const at = (partition: number, end: number, position: number | undefined, streamTime = -1): PartitionProgress => ({
  ...{ partition, end, position, streamTime },
});
/** A moment of the monotonic clock; the other one is a million seconds on. */
const moment = (ms: number) => ({ at: ms, clockMs: 1e9 + ms });
const stamp = (ms: number): number => 1e9 + ms;

describe('a record of another source', () => {
  it('waits until somebody has looked', () => {
    const progress = new BootstrapProgress(WAIT_MS);
    expect(progress.covers(0, -1)).toBe(false);
    progress.expect(2, 0);
    expect(progress.covers(0, stamp(0))).toBe(false);
    expect(progress.isSettled(0, stamp(0))).toBe(false);
  });

  it('goes on when every account event that was there a second before it came is processed', () => {
    const progress = new BootstrapProgress(WAIT_MS);
    progress.observe([at(0, 5, 5), at(1, 0, undefined)], moment(100), 110);
    expect(progress.covers(1100, stamp(1100))).toBe(true);
    expect(progress.covers(1101, stamp(1101))).toBe(false);
  });

  it('does not wait for account events that came after it, in a partition that is always a little behind', () => {
    const progress = new BootstrapProgress(WAIT_MS);
    progress.observe([at(0, 5, 5, stamp(0))], moment(100), 100);
    progress.observe([at(0, 7, 5, stamp(0))], moment(300), 300);
    progress.observe([at(0, 9, 7, stamp(250))], moment(600), 600);
    // Complete as of 300, when 7 was the end.
    expect(progress.covers(1300, stamp(1300))).toBe(true);
    expect(progress.covers(1301, stamp(1301))).toBe(false);
    expect(progress.isSettled(300, stamp(300))).toBe(true);
    expect(progress.isSettled(301, stamp(301))).toBe(false);
  });

  it('goes on in a backlog as soon as account events have been read to the same time, less a second', () => {
    const progress = new BootstrapProgress(WAIT_MS);
    progress.observe([at(0, 1000, 10, 50_000), at(1, 1000, 20, 70_000)], moment(100), 100);
    expect(progress.covers(5000, 51_000)).toBe(true);
    expect(progress.covers(5000, 51_001)).toBe(false);
  });

  it('waits for a partition of which nothing was committed, unless it is empty', () => {
    const progress = new BootstrapProgress(WAIT_MS);
    progress.observe([at(0, 1, undefined)], moment(100), 100);
    expect(progress.covers(100, stamp(100))).toBe(false);
  });

  it('waits for all of a topic that was recreated, whose old offset is behind its end', () => {
    const progress = new BootstrapProgress(WAIT_MS);
    progress.observe([at(0, 3, 500)], moment(100), 100);
    expect(progress.covers(100, stamp(100))).toBe(false);
  });

  it('waits for a partition that was added', () => {
    const progress = new BootstrapProgress(WAIT_MS);
    progress.observe([at(0, 5, 5)], moment(100), 100);
    progress.expect(2, 200);
    expect(progress.covers(300, stamp(300))).toBe(false);
  });

  it('of a minute ago does not wait for a user who is unknown after all was read', () => {
    const progress = new BootstrapProgress(WAIT_MS);
    progress.observe([at(0, 5, 5)], moment(100_000), 100_000);
    expect(progress.isSettled(100_001, stamp(40_000))).toBe(true);
    expect(progress.isSettled(100_001, stamp(40_001))).toBe(false);
  });
});

describe('account events that stand still', () => {
  const stalled = (): BootstrapProgress => {
    const progress = new BootstrapProgress(WAIT_MS);
    progress.observe([at(0, 9, 5), at(1, 3, 3)], moment(100), 100);
    expect(progress.giveUp(2099, false)).toEqual([]);
    expect(progress.giveUp(2100, false)).toEqual([0]);
    return progress;
  };

  it('are given up after DIRECTORY_WAIT_MS, once, and the others are still waited for', () => {
    const progress = stalled();
    expect(progress.covers(1100, stamp(1100))).toBe(true);
    expect(progress.covers(1101, stamp(1101))).toBe(false);
    progress.observe([at(0, 12, 5), at(1, 3, 3)], moment(3000), 3000);
    expect(progress.giveUp(9000, false)).toEqual([]);
    expect(progress.covers(4000, stamp(4000))).toBe(true);
  });

  it('are waited for again once they move', () => {
    const progress = stalled();
    expect(progress.observe([at(0, 9, 6), at(1, 3, 3)], moment(3000), 3000)).toEqual([0]);
    expect(progress.givenUp).toEqual([]);
    expect(progress.covers(3000, stamp(3000))).toBe(false);
    expect(progress.giveUp(4999, false)).toEqual([]);
    expect(progress.giveUp(5000, false)).toEqual([0]);
  });

  it('have the whole time again when they have caught up in between, however long ago that was', () => {
    const progress = new BootstrapProgress(WAIT_MS);
    progress.observe([at(0, 5, 5)], moment(100), 100);
    progress.observe([at(0, 6, 5)], moment(60_000), 60_000);
    progress.observe([at(0, 6, 5)], moment(61_000), 61_000);
    expect(progress.giveUp(61_999, false)).toEqual([]);
    expect(progress.giveUp(62_000, false)).toEqual([0]);
  });

  it('are not given up while tasks are being taken over', () => {
    const progress = new BootstrapProgress(WAIT_MS);
    progress.observe([at(0, 9, 5)], moment(100), 100);
    expect(progress.giveUp(5000, true)).toEqual([]);
    expect(progress.giveUp(6999, false)).toEqual([]);
    expect(progress.giveUp(7000, false)).toEqual([0]);
  });

  it('with which nobody has begun are waited for longer: a first start takes its time on another worker', () => {
    const progress = new BootstrapProgress(WAIT_MS);
    progress.observe([at(0, 9, undefined)], moment(100), 100);
    expect(progress.giveUp(20_000, false)).toEqual([]);
    progress.observe([at(0, 9, 0)], moment(20_000), 20_000);
    expect(progress.giveUp(21_999, false)).toEqual([]);
    expect(progress.giveUp(22_000, false)).toEqual([0]);
  });

  it('that were all read are given up as well when nobody can be asked about them any more, until somebody answers', () => {
    const progress = new BootstrapProgress(WAIT_MS);
    progress.observe([at(0, 5, 5)], moment(100), 100);
    expect(progress.giveUp(61_999, false, 60_000)).toEqual([]);
    expect(progress.giveUp(62_000, true, 60_000)).toEqual([]);
    expect(progress.giveUp(62_000, false, 60_000)).toEqual([0]);
    expect(progress.covers(62_000, stamp(62_000))).toBe(true);
    expect(progress.confirm(moment(63_000))).toEqual([0]);
    expect(progress.givenUp).toEqual([]);
    expect(progress.covers(64_001, stamp(64_001))).toBe(false);
  });

  it('are given up when nobody can be asked about them', () => {
    const progress = new BootstrapProgress(WAIT_MS);
    progress.expect(1, 100);
    expect(progress.giveUp(30_099, false)).toEqual([]);
    expect(progress.giveUp(30_100, false)).toEqual([0]);
    expect(progress.covers(35_000, stamp(35_000))).toBe(true);
  });
});

/** An account topic of two partitions that is written, read and looked at in any order. */
interface Step {
  readonly do: 'write' | 'read' | 'look';
  readonly partition: number;
  readonly by: number;
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    do: fc.constantFrom('write' as const, 'read' as const, 'look' as const),
    partition: fc.nat(1),
    by: fc.integer({ min: 1, max: 5 }),
  }),
  { maxLength: 60 },
);

it('never lets a record pass an account event that was written a second before it came, with an older timestamp', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 0, max: 4000 }), (taken, lateBy) => {
      const progress = new BootstrapProgress(Infinity);
      const logs: number[][] = [[], []];
      const read = [0, 0];
      let now = 0;
      for (const step of taken) {
        now += 400;
        const log = logs[step.partition]!;
        if (step.do === 'write') for (let i = 0; i < step.by; i += 1) log.push(now);
        if (step.do === 'read') read[step.partition] = Math.min(log.length, read[step.partition]! + step.by);
        if (step.do === 'look') {
          const found = logs.map((log, partition) =>
            at(partition, log.length, read[partition], read[partition] === 0 ? -1 : stamp(log[read[partition]! - 1]!)),
          );
          progress.observe(found, moment(now), now);
        }
        const timestamp = now - lateBy;
        if (!progress.covers(now, stamp(timestamp))) continue;
        const passed = logs.flatMap((log, partition) =>
          log.slice(read[partition]).filter((written) => written <= now - 1000 && written < timestamp - 1000),
        );
        expect(passed).toEqual([]);
      }
    }),
    { numRuns: 500 },
  );
});

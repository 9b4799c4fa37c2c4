/** Records stamped a month ahead, a year back or not at all: what the dedup window still knows, on a real store. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { windowShape } from '../../../../state/dedup/stream-time.js';
import { NotificationState } from '../../../../topology/stores/notification-state.js';
import { InMemoryDirectory } from '../../../../topology/testing/in-memory-state.js';
import { temporaryState } from '../../state/temporary-state.js';
import { digestOf } from '../../../digests.js';
import { fetchedRecord, forwarded, stagedCommit } from './records.js';

const TOPIC = 'TASK_EVENT_TOPIC';
const SOURCE = 'TASK_EVENT_TOPIC-0';
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const WINDOW = 7 * DAY;
const NOON = Date.UTC(2026, 0, 15, 12);

/** One source partition of a task: processes as the pipeline does, commits when it is told to. */
class Partition {
  readonly #shape = windowShape(WINDOW);
  readonly #state = new NotificationState(temporaryState().environment, 0, this.#shape, new InMemoryDirectory());
  readonly #dedup = this.#state.view(() => [this.#staged])['dedup-window'];
  #staged = stagedCommit(new Map([[SOURCE, { nextOffset: 0, streamTime: -1, notifyFrom: 0 }]]), this.#shape);
  #offset = 0;
  #commits = 0;
  now = NOON;

  static async create(): Promise<Partition> {
    const partition = new Partition();
    await partition.#state.load();
    return partition;
  }

  /** False for a repeat. */
  isNew(event: string, timestamp = this.now): boolean {
    const record = {
      topic: TOPIC,
      partition: 0,
      source: SOURCE,
      ...fetchedRecord(this.#offset++, event, timestamp),
    } as const;
    const staged = this.#staged;
    staged.setStreamTime(SOURCE, this.#state.advance(staged.streamTime(SOURCE), timestamp, this.now));
    const isRepeat = this.#dedup.has(record, digestOf(event));
    staged.add(record, isRepeat ? { kind: 'dropped', reason: 'duplicate' } : forwarded(event));
    return !isRepeat;
  }

  async commit(): Promise<void> {
    const { changes, positions } = this.#staged;
    await this.#state.apply(changes, positions, this.#commits, this.#commits + 1);
    this.#commits += 1;
    this.#staged = stagedCommit(positions, this.#shape);
  }
}

const STAMPS: [string, number][] = [
  ['a month ahead', NOON + 30 * DAY],
  ['a year back', NOON - 365 * DAY],
  ['in the year 1970', 5],
  ['not at all', -1],
];

describe('a record that is stamped', () => {
  it.each(STAMPS)('%s is known when its copy follows, staged or stored', async (_, timestamp) => {
    const setup = await Partition.create();
    expect(setup.isNew('normal')).toBe(true);
    expect([setup.isNew('odd', timestamp), setup.isNew('odd', timestamp)]).toEqual([true, false]);
    await setup.commit();
    expect(setup.isNew('odd', timestamp)).toBe(false);
    await setup.commit();
    expect(setup.isNew('odd')).toBe(false);
  });

  it.each(STAMPS)(
    '%s makes nothing be forgotten that was seen less than the window, but an hour, ago',
    async (_, stamp) => {
      const setup = await Partition.create();
      setup.isNew('early');
      await setup.commit();
      setup.now += WINDOW - HOUR - 1000;
      setup.isNew('odd', stamp + (setup.now - NOON));
      await setup.commit();
      expect(setup.isNew('early')).toBe(false);
    },
  );
});

describe('the dedup window', () => {
  const steps = fc.array(
    fc.record({
      passes: fc.oneof(fc.nat({ max: 2 * HOUR }), fc.nat({ max: 3 * DAY })),
      event: fc.integer({ min: 0, max: 8 }).map((n) => `e${n}`),
      skew: fc.constantFrom(0, 0, -5000, 30 * DAY, 2 * HOUR, -365 * DAY, -Infinity),
      commits: fc.boolean(),
    }),
    { maxLength: 40 },
  );

  it('holds for every order of clocks: a copy within it is known, one well after it is not', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const setup = await Partition.create();
        const seen = new Map<string, number>();
        let beats = 0;
        for (const { passes, event, skew, commits } of list) {
          setup.now += passes;
          setup.isNew(`heartbeat ${(beats += 1)}`); // a record of a producer whose clock is right
          const isNew = setup.isNew(event, skew === -Infinity ? -1 : setup.now + skew);
          const age = setup.now - (seen.get(event) ?? -Infinity);
          if (age <= WINDOW - HOUR) expect(isNew, `${event} after ${age} ms`).toBe(false);
          if (age > WINDOW + HOUR + windowShape(WINDOW).bucketMs + 1000) expect(isNew).toBe(true);
          if (isNew) seen.set(event, setup.now);
          if (commits) await setup.commit();
        }
      }),
      { numRuns: 60 },
    );
  }, 30_000);
});

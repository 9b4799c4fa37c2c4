import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ReadBudget } from '../../../../gateway/in-app-log.js';
import { follow, opened, stopAll, turn } from './followed-partition.js';
import { FakePartition, Reader } from './in-app-fakes.js';

afterEach(stopAll);

async function hop(times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) await Promise.resolve();
}

const USERS = ['1|7', '1|8'];

type Step =
  | { readonly do: 'append'; readonly user: string }
  | { readonly do: 'marker' | 'turn' }
  | { readonly do: 'publish' | 'read'; readonly count: number; readonly hops: number }
  | {
      readonly do: 'come';
      readonly user: string;
      readonly back: number;
      readonly atOnce: number;
      readonly hops: number;
    }
  | { readonly do: 'drain' | 'close'; readonly which: number };

/** Microtasks that pass first: an answer or a handshake may come between any two steps of the reading and the sending. */
const hops = fc.nat({ max: 12 });
const user = fc.constantFrom(...USERS);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('append' as const), user }),
  fc.record({ do: fc.constantFrom('marker' as const, 'turn' as const) }),
  fc.record({ do: fc.constantFrom('publish' as const, 'read' as const), count: fc.integer({ min: 1, max: 5 }), hops }),
  fc.record({
    do: fc.constant('come' as const),
    user,
    back: fc.nat({ max: 20 }),
    atOnce: fc.constantFrom(1, 2, Infinity),
    hops,
  }),
  fc.record({ do: fc.constantFrom('drain' as const, 'drain' as const, 'close' as const), which: fc.nat({ max: 20 }) }),
);

describe('a partition of the in-app topic', () => {
  it('ends with what went wrong, also where a pass has ended by then', async () => {
    const fake = new FakePartition();
    fake.append('1|7');
    const { partition } = opened(fake, fake.end);
    const ended = partition.run();
    const reader = new Reader('1|7', 0);
    reader.live = () => {
      throw new TypeError('the socket is gone');
    };
    partition.resume(reader);
    const answering = setInterval(() => fake.again.answer(1), 1);
    await expect(ended).rejects.toThrow('the socket is gone');
    clearInterval(answering);
  });

  it('shows a socket that comes back each record of its user from its cursor on, once and in order, however reads, sends and arrivals interleave', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), fc.constantFrom(3, 50_000), async (steps, passLength) => {
        const fake = new FakePartition();
        for (const user of [...USERS, ...USERS]) fake.append(user);
        const { partition, readers } = follow(fake, fake.end, passLength);
        for (const one of steps) {
          switch (one.do) {
            case 'append':
              fake.append(one.user);
              break;
            case 'marker':
              fake.marker();
              break;
            case 'turn':
              await turn();
              break;
            case 'publish':
              void hop(one.hops).then(() => fake.live.answer(one.count));
              break;
            case 'read':
              void hop(one.hops).then(() => fake.again.answer(one.count));
              break;
            case 'come': {
              // Its cursor is from a gateway that may be further than this one.
              const reader = new Reader(one.user, Math.max(0, fake.end - one.back), one.atOnce);
              readers.push(reader);
              void hop(one.hops).then(() => partition.resume(reader));
              break;
            }
            case 'drain':
            case 'close': {
              const resuming = readers.filter(({ isResuming }) => isResuming);
              const reader = resuming[one.which % resuming.length];
              if (one.do === 'drain') reader?.drain(partition);
              if (one.do === 'close') reader?.close(partition);
              break;
            }
          }
        }
        for (let round = 0; round < 400 && readers.some(({ isResuming }) => isResuming); round += 1) {
          fake.live.answer(10);
          fake.again.answer(10);
          await turn();
          await turn();
          for (const reader of readers) reader.drain(partition);
        }
        fake.append('1|7');
        for (let round = 0; round < 40 && partition.position < fake.end; round += 1) {
          fake.live.answer(100);
          await turn();
        }
        for (const reader of readers) {
          const expected = fake.records.filter(
            ({ key, offset }) => key!.toString() === reader.key && offset >= reader.start,
          );
          const offsets = expected.map(({ offset }) => offset);
          const { isClosed } = reader;
          if (!isClosed) expect(reader.signals).toEqual(['recovering', 'live']);
          expect(reader.offsets).toEqual(isClosed ? offsets.slice(0, reader.offsets.length) : offsets);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('reads once for all that come together', async () => {
    const fake = new FakePartition();
    for (let time = 0; time < 50; time += 1) for (const user of USERS) fake.append(user);
    const { partition, readers } = follow(fake, fake.end);
    for (let count = 0; count < 300; count += 1) {
      const reader = new Reader(USERS[count % 2]!, count % 100);
      readers.push(reader);
      partition.resume(reader);
    }
    // The first one begins before the others have come; these are read to together.
    for (let round = 0; round < 300 && readers.some(({ isResuming }) => isResuming); round += 1) {
      fake.again.answer(20);
      await turn();
    }
    expect(readers.every(({ signals }) => signals.at(-1) === 'live')).toBe(true);
    expect(fake.again.begun).toBeLessThanOrEqual(2);
  });

  it('tells those whose records were deleted that they have lost them, and reads to the others', async () => {
    const fake = new FakePartition();
    for (let time = 0; time < 20; time += 1) fake.append('1|7');
    fake.earliest = 10;
    const { partition } = follow(fake, fake.end);
    const [old, young] = [new Reader('1|7', 4), new Reader('1|7', 12)];
    partition.resume(old);
    partition.resume(young);
    for (let round = 0; round < 20 && (old.isResuming || young.isResuming); round += 1) {
      fake.again.answer(100);
      await turn();
    }
    expect(old.signals).toEqual(['lost']);
    expect(young.signals).toEqual(['recovering', 'live']);
    expect(young.offsets).toEqual([12, 13, 14, 15, 16, 17, 18, 19]);
  });

  it('does not read further back than a million offsets', () => {
    const fake = new FakePartition();
    fake.end = 2_000_000;
    const { partition } = follow(fake, fake.end);
    const reader = new Reader('1|7', 999_999);
    partition.resume(reader);
    expect(reader.signals).toEqual(['lost']);
    expect(fake.again.begun).toBe(0);
  });

  it('tells those who need a damaged record that they have lost it, once, and goes on with the others', async () => {
    const fake = new FakePartition();
    for (let time = 0; time < 20; time += 1) fake.append('1|7');
    fake.damaged = 8;
    const { partition } = follow(fake, fake.end);
    const settle = async (...readers: Reader[]): Promise<void> => {
      for (let round = 0; round < 20 && readers.some(({ isResuming }) => isResuming); round += 1) {
        fake.again.answer(100);
        await turn();
      }
    };
    const [old, young] = [new Reader('1|7', 4), new Reader('1|7', 12)];
    partition.resume(old);
    partition.resume(young);
    await settle(old, young);
    expect(old.signals).toEqual(['lost']);
    expect(young.offsets).toEqual([12, 13, 14, 15, 16, 17, 18, 19]);
    const passes = fake.again.begun;
    const again = new Reader('1|7', 4);
    partition.resume(again);
    expect(again.signals).toEqual(['lost']);
    expect(fake.again.begun).toBe(passes);
  });

  it('reads no further than it was asked to for a socket that is gone', async () => {
    const fake = new FakePartition();
    for (let time = 0; time < 20; time += 1) fake.append('1|7');
    const { partition } = follow(fake, fake.end);
    const [gone, there] = [new Reader('1|7', 0), new Reader('1|8', 18)];
    partition.resume(gone);
    gone.close(partition);
    fake.again.answer(1);
    await turn();
    partition.resume(there);
    for (let round = 0; round < 5; round += 1) {
      fake.again.answer(1);
      await turn();
    }
    expect(there.signals).toEqual(['recovering', 'live']);
    expect(gone.signals).toEqual([]);
  });

  it('reads to one who missed much while others that missed more come again and again', async () => {
    const fake = new FakePartition();
    for (let time = 0; time < 1000; time += 1) fake.append('1|7');
    const { partition } = follow(fake, fake.end, 10);
    const far = new Reader('1|7', 500);
    partition.resume(far);
    for (let round = 0; round < 400 && far.isResuming; round += 1) {
      const further = new Reader('1|8', 1);
      partition.resume(further);
      fake.again.answer(10);
      await turn();
      await turn();
      further.close(partition);
    }
    expect(far.offsets).toHaveLength(500);
  });

  it('lets one who missed little pass before those who missed much', async () => {
    const fake = new FakePartition();
    for (let time = 0; time < 1000; time += 1) fake.append('1|7');
    const { partition } = follow(fake, fake.end, 10);
    const far = Array.from({ length: 5 }, (_, index) => new Reader('1|7', index * 100));
    for (const reader of far) partition.resume(reader);
    const near = new Reader('1|7', 995);
    partition.resume(near);
    let answers = 0;
    for (; near.isResuming && answers < 100; answers += 1) {
      fake.again.answer(10);
      await turn();
      await turn();
    }
    expect(answers).toBeLessThan(10);
    expect(far.filter(({ isResuming }) => isResuming)).toHaveLength(5);
    for (let round = 0; round < 400 && far.some(({ isResuming }) => isResuming); round += 1) {
      fake.again.answer(10);
      await turn();
      await turn();
    }
    expect(far.map(({ offsets }) => offsets.length)).toEqual([1000, 900, 800, 700, 600]);
  });

  describe('that is asked for the same stretch again and again', () => {
    beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
    afterEach(() => void vi.useRealTimers());

    const settle = async (fake: FakePartition): Promise<void> => {
      for (let round = 0; round < 60; round += 1) {
        fake.again.answer(100);
        await turn();
      }
    };

    it('reads it once in 2 s, to all that have come meanwhile, and at once what is short', async () => {
      const fake = new FakePartition();
      for (let time = 0; time < 100; time += 1) fake.append('1|7');
      const { partition } = follow(fake, fake.end, 50_000, { littleMissed: 10 });
      const first = new Reader('1|7', 20);
      partition.resume(first);
      await settle(fake);
      expect([first.signals.at(-1), fake.again.begun]).toEqual(['live', 1]);

      const again = Array.from({ length: 160 }, (_, index) => new Reader('1|7', 20 + (index % 2)));
      for (const reader of again) {
        partition.resume(reader);
        await settle(fake);
      }
      vi.advanceTimersByTime(1990);
      await settle(fake);
      expect(fake.again.begun).toBe(1);
      const short = new Reader('1|7', 95);
      partition.resume(short);
      await settle(fake);
      expect([short.signals.at(-1), fake.again.begun]).toEqual(['live', 2]);
      vi.advanceTimersByTime(10);
      await settle(fake);
      expect(again.every(({ signals, offsets }) => signals.at(-1) === 'live' && offsets.length >= 79)).toBe(true);
      expect(fake.again.begun).toBe(3);
    });

    it('does not make one wait that reads slowly and goes on', async () => {
      const fake = new FakePartition();
      for (let time = 0; time < 100; time += 1) fake.append('1|7');
      const { partition } = follow(fake, fake.end, 50_000, { littleMissed: 10 });
      const slow = new Reader('1|7', 0, 10);
      partition.resume(slow);
      for (let round = 0; round < 100 && slow.isResuming; round += 1) {
        fake.again.answer(100);
        await turn();
        slow.drain(partition);
      }
      expect([slow.signals.at(-1), slow.offsets.length]).toEqual(['live', 100]);
    });
  });

  it('charges a user for what is read to it, once however many of its sockets it is read to, and reads no more without', async () => {
    const fake = new FakePartition();
    for (let time = 0; time < 100; time += 1) for (const user of USERS) fake.append(user);
    const charged = new Map<string, number>();
    const most = 250;
    const readBudget: ReadBudget = {
      hasLeft: (user) => (charged.get(user) ?? 0) < most,
      charge: (user, offsets) => charged.set(user, (charged.get(user) ?? 0) + offsets),
    };
    const { partition } = follow(fake, fake.end, 50_000, { readBudget });
    const settle = async (): Promise<void> => {
      for (let round = 0; round < 100; round += 1) {
        fake.again.answer(50);
        await turn();
      }
    };
    const sockets = Array.from({ length: 10 }, () => new Reader('1|7', 0));
    for (const reader of [...sockets, new Reader('1|8', 150)]) partition.resume(reader);
    await settle();
    expect(sockets.every(({ offsets }) => offsets.length === 100)).toBe(true);
    expect(Object.fromEntries(charged)).toEqual({ '1|7': 200, '1|8': 50 });

    // It left when 50 were fetched for it.
    const gone = new Reader('1|7', 0);
    partition.resume(gone);
    fake.again.answer(50);
    await turn();
    gone.close(partition);
    expect(charged.get('1|7')).toBe(250);
    const [refused, other] = [new Reader('1|7', 0), new Reader('1|8', 100)];
    partition.resume(refused);
    partition.resume(other);
    await settle();
    expect([refused.signals, other.signals]).toEqual([['refused'], ['recovering', 'live']]);
  });

  describe('that is behind a cursor', () => {
    beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
    afterEach(() => void vi.useRealTimers());

    it('waits for it, and goes on with the socket when it has come there', async () => {
      const fake = new FakePartition();
      const { partition } = follow(fake, fake.end);
      const reader = new Reader('1|7', 2);
      partition.resume(reader);
      for (let time = 0; time < 3; time += 1) fake.append('1|7');
      expect(reader.signals).toEqual([]);
      fake.live.answer(10);
      for (let round = 0; round < 5; round += 1) {
        await turn();
        fake.again.answer(10);
      }
      expect(reader.signals).toEqual(['recovering', 'live']);
      expect(reader.offsets).toEqual([2]);
    });

    it('sends it to another gateway when it does not come there, and says so when the topic ends before', async () => {
      const fake = new FakePartition();
      const { partition } = follow(fake, fake.end);
      fake.append('1|7');
      const [there, beyond, gone] = [new Reader('1|7', 1), new Reader('1|7', 2), new Reader('1|7', 2)];
      for (const reader of [there, beyond, gone]) partition.resume(reader);
      gone.close(partition);
      vi.advanceTimersByTime(3000);
      const late = new Reader('1|7', 5);
      partition.resume(late);
      await turn();
      expect([there.signals, beyond.signals, gone.signals]).toEqual([['behind'], ['lost'], []]);
      // One that came while the broker was asked has its own time.
      const isJudgedAtOnce = late.signals.length > 0;
      vi.advanceTimersByTime(3000);
      await turn();
      expect(late.signals).toEqual(['lost']);
      expect(isJudgedAtOnce).toBe(false);
    });
  });
});

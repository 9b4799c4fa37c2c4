/** What a restore or a standby has read of the changelog, as the store takes it: whole runs of digests. */
import type { Digest } from '../../../../state/dedup/digest-bytes.js';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { decodeChangelogEntry, encodeChangelogEntry } from '../../../../state/dedup/changelog-entry.js';
import { packDigests } from '../../../../state/dedup/digest-bytes.js';
import { bucketOf, firstLiveBucket, windowShape } from '../../../../state/dedup/stream-time.js';
import { TaskStore, type CommittedEntry } from '../../../../state/dedup/task-store.js';
import { Table } from '../../../../state/lmdb/table.js';
import { digestOf, hexesOf } from '../../../digests.js';
import { temporaryState } from '../temporary-state.js';

const SHAPE = windowShape(100_000);
const [TASKS, CRM] = ['TASK_EVENT_TOPIC-0', 'CRM_EVENT_TOPIC-0'] as const;

const digests = new Map<number, Digest>();
function digest(n: number): Digest {
  let known = digests.get(n);
  if (known === undefined) {
    known = digestOf(n);
    digests.set(n, known);
  }
  return known;
}

interface Commit {
  readonly streamTime: number;
  readonly source?: string;
  /** The first event, and how many. */
  readonly events: readonly [from: number, count: number];
}

function eventsOf({ events: [from, count] }: Commit): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

/** The records of these commits, read back; a commit of many takes several. */
function changelogOf(commits: readonly Commit[]): CommittedEntry[] {
  const values = commits.flatMap(({ streamTime, source = TASKS, events: [from, count] }, at) =>
    encodeChangelogEntry({
      positions: new Map([[source, { nextOffset: at + 1, streamTime, notifyFrom: 0 }]]),
      buckets:
        count === 0
          ? []
          : [
              {
                source,
                bucket: bucketOf(streamTime, SHAPE),
                packed: packDigests(Array.from({ length: count }, (_, i) => digest(from + i))),
              },
            ],
    }),
  );
  return values.map((value, offset) => ({ offset, entry: decodeChangelogEntry(value, `changelog@${offset}`) }));
}

const replayed = (store: TaskStore, entries: readonly CommittedEntry[]): Promise<void> =>
  store.replay(entries, entries.at(-1)!.offset + 1);

/** Everything that the store has on the disk, sorted. */
function held(store: TaskStore): string[] {
  const all = [...store.buckets()].flatMap(({ source, bucket, packed }) =>
    hexesOf(packed).map((one) => `${source} ${bucket} ${one}`),
  );
  return all.sort();
}

/** What processors are told of these events. */
function answers(store: TaskStore, events: readonly number[], source: string = TASKS): (number | undefined)[] {
  const live = firstLiveBucket(store.checkpoint?.positions.get(source)?.streamTime ?? -1, SHAPE);
  return events.map((event) => {
    const bucket = store.bucketOf(digest(event));
    return bucket !== undefined && bucket >= live ? bucket : undefined;
  });
}

describe('a replay', () => {
  it('is known at once, and to the next process', async () => {
    const state = temporaryState();
    const store = new TaskStore(state.environment, 0, SHAPE);
    const entries = changelogOf([
      { streamTime: 10_000, events: [0, 40_000] },
      { streamTime: 11_000, source: CRM, events: [40_000, 7] },
      { streamTime: 12_000, events: [50_000, 5000] },
    ]);
    await replayed(store, entries);
    expect(store.size).toBe(45_007);
    for (const open of [() => store, async () => new TaskStore(await state.reopen(), 0, SHAPE)]) {
      const now = await open();
      await now.load();
      expect(now.size).toBe(45_007);
      expect(now.checkpoint?.changelogOffset).toBe(entries.length);
      for (const [event, streamTime] of [
        [0, 10_000],
        [39_999, 10_000],
        [40_000, 11_000],
        [40_006, 11_000],
        [54_999, 12_000],
      ] as const)
        expect(now.bucketOf(digest(event))).toBe(bucketOf(streamTime, SHAPE));
      for (const event of [40_007, 55_000]) expect(now.bucketOf(digest(event))).toBeUndefined();
      expect(held(now)).toHaveLength(45_007);
    }
  });

  it('adds nothing the second time, from wherever it is begun, in this process and in the next', async () => {
    const state = temporaryState();
    let store = new TaskStore(state.environment, 0, SHAPE);
    const entries = changelogOf(
      Array.from({ length: 12 }, (_, at) => ({ streamTime: 10_000 + at * 5000, events: [at * 2000, 2000] as const })),
    );
    await replayed(store, entries);
    const before = held(store);
    for (const from of [11, 0]) {
      await replayed(store, entries.slice(from));
      expect(held(store)).toEqual(before);
      store = new TaskStore(await state.reopen(), 0, SHAPE);
      await replayed(store, entries.slice(from));
      expect(held(store)).toEqual(before);
    }
    expect(store.size).toBe(24_000);
  });

  it.each([1, 2])('goes on where a crash left it in the middle, after %d of its writes', async (writes) => {
    const state = temporaryState();
    const entries = changelogOf(
      Array.from({ length: 5 }, (_, at) => ({ streamTime: 10_000, events: [at * 32_000, 32_000] as const })),
    );
    const broken = new TaskStore(state.environment, 0, SHAPE);
    const write = Reflect.get(Table.prototype, 'write');
    let done = 0;
    const spy = vi.spyOn(Table.prototype, 'write').mockImplementation(function (this: Table, batch) {
      done += 1;
      return done > writes ? Promise.reject(new Error('the process ends')) : write.call(this, batch);
    });
    await expect(replayed(broken, entries)).rejects.toThrow('the process ends');
    spy.mockRestore();
    expect(broken.checkpoint).toBeUndefined();
    const next = new TaskStore(await state.reopen(), 0, SHAPE);
    await next.load();
    expect(next.size).toBeGreaterThan(0);
    expect(next.size).toBeLessThan(160_000);
    await replayed(next, entries);
    expect(next.size).toBe(160_000);
    expect(new Set(held(next)).size).toBe(160_000);
  });

  it('takes what a write that failed has left, when the same process tries again, and no digest twice', async () => {
    const store = new TaskStore(temporaryState().environment, 0, SHAPE);
    const entries = changelogOf(
      Array.from({ length: 6 }, (_, at) => ({ streamTime: 10_000, events: [at * 32_000, 32_000] as const })),
    );
    store.expect(12_000_000); // as in a long restore: digests wait long for their like
    const write = Reflect.get(Table.prototype, 'write');
    let done = 0;
    const spy = vi.spyOn(Table.prototype, 'write').mockImplementation(function (this: Table, batch) {
      done += 1;
      return done === 3 ? Promise.reject(new Error('the disk is full')) : write.call(this, batch);
    });
    await expect(replayed(store, entries)).rejects.toThrow('the disk is full');
    await replayed(store, entries);
    spy.mockRestore();
    expect(store.size).toBe(192_000);
    expect(new Set(held(store)).size).toBe(192_000);
  });

  it('takes what a live commit of several writes has left in the middle, and no digest twice', async () => {
    const state = temporaryState();
    const entries = changelogOf([{ streamTime: 10_000, events: [0, 70_000] }]);
    expect(entries.length).toBeGreaterThan(2);
    const broken = new TaskStore(state.environment, 0, SHAPE);
    const write = Reflect.get(Table.prototype, 'write');
    let done = 0;
    const spy = vi.spyOn(Table.prototype, 'write').mockImplementation(function (this: Table, batch) {
      done += 1;
      return done > 2 ? Promise.reject(new Error('the process ends')) : write.call(this, batch);
    });
    const all = Array.from({ length: 70_000 }, (_, event) => digest(event));
    const entry = {
      positions: entries[0]!.entry.positions,
      buckets: [{ source: TASKS, bucket: bucketOf(10_000, SHAPE), packed: packDigests(all) }],
    };
    await expect(broken.apply([{ offset: 0, entry }], entries.length, true)).rejects.toThrow('the process ends');
    spy.mockRestore();
    const next = new TaskStore(await state.reopen(), 0, SHAPE);
    await replayed(next, entries);
    expect(next.size).toBe(70_000);
    expect(new Set(held(next)).size).toBe(70_000);
  });

  it('leaves the store as it was when it cannot be written, and is taken the next time', async () => {
    const { environment } = temporaryState();
    const store = new TaskStore(environment, 0, SHAPE);
    const [first, second] = changelogOf([
      { streamTime: 10_000, events: [0, 5000] },
      { streamTime: 10_000, events: [5000, 5000] },
    ]);
    await replayed(store, [first!]);
    const spy = vi.spyOn(Table.prototype, 'write').mockRejectedValueOnce(new Error('no space left'));
    await expect(replayed(store, [second!])).rejects.toThrow('no space left');
    spy.mockRestore();
    expect(store.size).toBe(5000);
    expect([0, 4999, 5000].map((event) => store.bucketOf(digest(event)) !== undefined)).toEqual([true, true, false]);
    await replayed(store, [second!]);
    expect(store.size).toBe(10_000);
    expect(held(store)).toHaveLength(10_000);
  });

  it('lets the event loop go on', async () => {
    const store = new TaskStore(temporaryState().environment, 0, SHAPE);
    const entries = changelogOf([{ streamTime: 10_000, events: [0, 200_000] }]);
    let turns = 0;
    const ended = new AbortController();
    const turning = (async () => {
      for (; !ended.signal.aborted; turns += 1) await new Promise(setImmediate);
    })();
    await replayed(store, entries);
    ended.abort();
    await turning;
    expect(turns).toBeGreaterThan(20);
  });

  it('answers, and holds, what live commits of the same would, whatever they are and in whatever pieces', async () => {
    type Count = 0 | 1 | 119 | 121 | 700 | 1300;
    const ofTasks = (...counts: Count[]): { ahead: number; source: typeof TASKS; count: Count }[] =>
      counts.map((count) => ({ ahead: 0, source: TASKS, count }));
    const commits = fc.array(
      fc.record({
        ahead: fc.integer({ min: 0, max: 60_000 }),
        source: fc.constantFrom(TASKS, CRM),
        count: fc.constantFrom(0, 1, 119, 121, 700, 1300),
      }),
      { minLength: 1, maxLength: 9 },
    );
    await fc.assert(
      fc.asyncProperty(commits, fc.integer({ min: 1, max: 5 }), fc.nat(), async (steps, piece, seed) => {
        const { environment } = temporaryState();
        const [live, whole, pieces] = [0, 1, 2].map((task) => new TaskStore(environment, task, SHAPE));
        let [streamTime, next] = [1000, 0];
        const list: Commit[] = steps.map(({ ahead, source, count }) => {
          streamTime += ahead;
          const from = next;
          next += count;
          return { streamTime, source, events: [from, count] };
        });
        const entries = changelogOf(list);
        for (const [at, { events, streamTime: time, source }] of list.entries()) {
          const { positions } = entries[at]!.entry;
          const added = Array.from({ length: events[1] }, (_, i) => digest(events[0] + i));
          const buckets =
            added.length === 0 ? [] : [{ source: source!, bucket: bucketOf(time, SHAPE), packed: packDigests(added) }];
          await live!.apply([{ offset: at, entry: { positions, buckets } }], at + 1, true);
        }
        await replayed(whole!, entries);
        for (let from = 0; from < entries.length; from += piece)
          await replayed(pieces!, entries.slice(from, from + piece));
        for (const again of [seed % entries.length, 0]) await replayed(pieces!, entries.slice(again));
        // Asked of its own events: by another source's time some of them may live that have expired by its own.
        for (const source of [TASKS, CRM]) {
          const events = list.filter((commit) => commit.source === source).flatMap(eventsOf);
          const said = answers(live!, events, source);
          expect(answers(whole!, events, source)).toEqual(said);
          expect(answers(pieces!, events, source)).toEqual(said);
        }
        for (const store of [whole!, pieces!]) {
          expect(store.checkpoint).toEqual(live!.checkpoint);
          // What has expired may be gone here and not yet there; nothing is there twice.
          expect(new Set(held(store)).size).toBe(store.size);
        }
      }),
      // Segments use the memory of the last but one write of large runs again, whatever came in between.
      {
        numRuns: 20,
        examples: [
          [ofTasks(1300, 1, 1300), 1, 0],
          [ofTasks(1300, 1300, 1300, 1300), 1, 0],
        ],
      },
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { ChangelogEntry } from '../../../../state/dedup/changelog-entry.js';
import { hexOf, packDigests } from '../../../../state/dedup/digest-bytes.js';
import { digestOf as digest, hexesOf } from '../../../digests.js';
import { DigestIndex } from '../../../../state/dedup/digest-index.js';
import { writeAtomically, type StateEnvironment } from '../../../../state/lmdb/environment.js';
import { bucketOf, firstLiveBucket, windowShape } from '../../../../state/dedup/stream-time.js';
import { storedTasks, TaskStore, type CommittedEntry } from '../../../../state/dedup/task-store.js';
import { temporaryState } from '../temporary-state.js';

const SHAPE = windowShape(100_000);
const SOURCE = 'TASK_EVENT_TOPIC-0';

/** What a commit adds that ends at this stream time, having seen these events. */
function entryAt(streamTime: number, events: readonly number[], nextOffset = 0): ChangelogEntry {
  return {
    positions: new Map([[SOURCE, { nextOffset, streamTime, notifyFrom: 0 }]]),
    buckets:
      events.length === 0
        ? []
        : [
            {
              source: SOURCE,
              bucket: bucketOf(streamTime, SHAPE),
              packed: packDigests(events.map((event) => digest(event))),
            },
          ],
  };
}

/** As a new owner opens it. */
async function opened(environment: StateEnvironment, task: number): Promise<TaskStore> {
  const store = new TaskStore(environment, task, SHAPE);
  await store.load();
  return store;
}

/** Whether the event counts as seen, as processors are told. */
function isSeen(store: TaskStore, event: number): boolean {
  const bucket = store.bucketOf(digest(event));
  const streamTime = store.checkpoint?.positions.get(SOURCE)?.streamTime ?? -1;
  return bucket !== undefined && bucket >= firstLiveBucket(streamTime, SHAPE);
}

describe('TaskStore', () => {
  it('holds nothing at first', async () => {
    const store = await opened(temporaryState().environment, 0);
    expect(store.checkpoint).toBeUndefined();
    expect(store.bucketOf(digest(1))).toBeUndefined();
  });

  it('holds what was applied, also for the next process', async () => {
    const state = temporaryState();
    const store = new TaskStore(state.environment, 3, SHAPE);
    await store.apply([{ offset: 10, entry: entryAt(5000, [1, 2], 77) }], 11);
    for (const open of [() => store, async () => opened(await state.reopen(), 3)]) {
      const now = await open();
      expect([1, 2, 3].map((event) => isSeen(now, event))).toEqual([true, true, false]);
      expect(now.checkpoint).toEqual({
        changelogOffset: 11,
        positions: new Map([[SOURCE, { nextOffset: 77, streamTime: 5000, notifyFrom: 0 }]]),
      });
    }
  });

  it('is read again, from the start, when reading it has failed', async () => {
    const { environment } = temporaryState();
    const before = await opened(environment, 0);
    await before.apply([{ offset: 0, entry: entryAt(5000, [1, 2]) }], 1);
    await before.apply([{ offset: 1, entry: entryAt(90_000, [3]) }], 2);
    const table = environment.table('task-0');
    const segment = Buffer.from([2, 0, 0, 0, 1]);
    const sound = Buffer.from(table.get(segment)!);
    await writeAtomically(table, (batch) => batch.put(segment, Buffer.from('no segment')));
    const store = new TaskStore(environment, 0, SHAPE);
    await expect(store.load()).rejects.toThrow('segment 1 of its digests');
    await writeAtomically(table, (batch) => batch.put(segment, sound));
    await store.load();
    expect([1, 2, 3, 4].map((event) => isSeen(store, event))).toEqual([true, true, true, false]);
    expect(store.size).toBe(3);
  });

  it('holds both of two writes that overlap: a commit that is slow, and the replay of the takeover after it', async () => {
    const state = temporaryState();
    const store = await opened(state.environment, 0);
    await Promise.all([
      store.apply([{ offset: 0, entry: entryAt(5000, [1, 2]) }], 1, true),
      store.replay([{ offset: 1, entry: entryAt(5000, [3]) }], 2),
    ]);
    const next = await opened(await state.reopen(), 0);
    expect([1, 2, 3].map((event) => isSeen(next, event))).toEqual([true, true, true]);
    expect(next.checkpoint?.changelogOffset).toBe(2);
  });

  it('holds what the last owner on this worker was still writing when it was opened again', async () => {
    const { environment } = temporaryState();
    const last = await opened(environment, 0);
    const store = new TaskStore(environment, 0, SHAPE);
    const written = last.apply([{ offset: 0, entry: entryAt(5000, [1]) }], 1, true);
    await store.load();
    expect(store.checkpoint?.changelogOffset).toBe(1);
    await Promise.all([written, store.apply([{ offset: 1, entry: entryAt(5000, [2]) }], 2)]);
    const next = await opened(environment, 0);
    expect([1, 2].map((event) => isSeen(next, event))).toEqual([true, true]);
  });

  it('keeps the position of a source that the commit did not touch', async () => {
    const store = new TaskStore(temporaryState().environment, 0, SHAPE);
    await store.apply(
      [
        {
          offset: 0,
          entry: {
            positions: new Map([['CRM_EVENT_TOPIC-0', { nextOffset: 5, streamTime: 1, notifyFrom: 0 }]]),
            buckets: [],
          },
        },
      ],
      1,
    );
    await store.apply([{ offset: 1, entry: entryAt(9000, [1], 8) }], 2);
    expect([...store.checkpoint!.positions.keys()]).toEqual(['CRM_EVENT_TOPIC-0', SOURCE]);
  });

  it('keeps tasks apart', async () => {
    const { environment } = temporaryState();
    await new TaskStore(environment, 1, SHAPE).apply([{ offset: 0, entry: entryAt(1000, [1]) }], 1);
    expect(isSeen(await opened(environment, 2), 1)).toBe(false);
  });

  it('forgets an event when its bucket is over', async () => {
    const store = new TaskStore(temporaryState().environment, 0, SHAPE);
    await store.apply([{ offset: 0, entry: entryAt(10_000, [1]) }], 1);
    await store.apply([{ offset: 1, entry: entryAt(10_000 + SHAPE.windowMs, [2]) }], 2);
    expect([1, 2].map((event) => isSeen(store, event))).toEqual([true, true]);
    await store.apply([{ offset: 2, entry: entryAt(20_000 + SHAPE.windowMs, []) }], 3);
    expect(store.bucketOf(digest(1))).toBeUndefined();
    expect(isSeen(store, 2)).toBe(true);
  });

  it('remembers an event that is seen again after it expired, later', async () => {
    const store = new TaskStore(temporaryState().environment, 0, SHAPE);
    await store.apply([{ offset: 0, entry: entryAt(10_000, [1]) }], 1);
    await store.apply([{ offset: 1, entry: entryAt(500_000, [2]) }], 2);
    await store.apply([{ offset: 2, entry: entryAt(501_000, [1]) }], 3);
    await store.apply([{ offset: 3, entry: entryAt(502_000, []) }], 4);
    expect(isSeen(store, 1)).toBe(true);
  });

  it.each([
    ['that is looked for', false],
    ['that the caller has looked for', true],
  ])('keeps an event %s in its newer bucket, however many come with it', async (_, areNew) => {
    const store = new TaskStore(temporaryState().environment, 0, SHAPE);
    const many = Array.from({ length: 25_000 }, (__, event) => event);
    await store.apply([{ offset: 0, entry: entryAt(10_000, many) }], 1, areNew);
    expect(store.size).toBe(many.length);
    await store.apply([{ offset: 1, entry: entryAt(10_000 + 2 * SHAPE.windowMs, [1]) }], 2, areNew);
    expect(isSeen(store, 1)).toBe(true);
    expect(isSeen(store, 2)).toBe(false);
  });

  it('remembers an event that is seen again in the very commit in which it expires', async () => {
    const store = new TaskStore(temporaryState().environment, 0, SHAPE);
    await store.apply([{ offset: 0, entry: entryAt(10_000, [1]) }], 1);
    await store.apply([{ offset: 1, entry: entryAt(500_000, [1]) }], 2);
    expect(isSeen(store, 1)).toBe(true);
  });

  it('expires each partition of a topic by its own stream time: one that is far behind forgets nothing', async () => {
    const store = new TaskStore(temporaryState().environment, 0, SHAPE);
    const behind = 'TASK_EVENT_TOPIC-70';
    const entry = (source: string, streamTime: number, events: readonly number[]): ChangelogEntry => ({
      positions: new Map([[source, { nextOffset: 1, streamTime, notifyFrom: 0 }]]),
      buckets: [
        { source, bucket: bucketOf(streamTime, SHAPE), packed: packDigests(events.map((event) => digest(event))) },
      ],
    });
    await store.apply([{ offset: 0, entry: entry(SOURCE, 1000, [1]) }], 1);
    await store.apply([{ offset: 1, entry: entry(behind, 1000, [2]) }], 2);
    await store.apply([{ offset: 2, entry: entry(SOURCE, 1000 + 2 * SHAPE.windowMs, [3]) }], 3);
    expect([...store.buckets()].map(({ source, packed }) => [source, hexesOf(packed)])).toEqual([
      [behind, [hexOf(digest(2))]],
      [SOURCE, [hexOf(digest(3))]],
    ]);
  });

  it('expires a bounded number at a time, and all of them in the end', async () => {
    const store = new TaskStore(temporaryState().environment, 0, SHAPE);
    const events = Array.from({ length: 6 }, (_, list) => Array.from({ length: 2000 }, (__, i) => list * 2000 + i));
    for (const [offset, list] of events.entries())
      await store.apply([{ offset, entry: entryAt(10_000, list) }], offset + 1);
    await store.apply([{ offset: 6, entry: entryAt(900_000, []) }], 7);
    const left = (): number => events.flat().filter((event) => store.bucketOf(digest(event)) !== undefined).length;
    // Whole segments of 120.
    expect(left()).toBe(12_000 - 21 * 120);
    for (let more = 0; more < 4; more += 1) await store.apply([{ offset: 7, entry: entryAt(900_000, []) }], 8);
    expect(left()).toBe(0);
  });

  it('sweeps what has expired out of its index beside the writes that follow, and uses its places again', async () => {
    const open = vi.spyOn(DigestIndex.prototype, 'open');
    const store = new TaskStore(temporaryState().environment, 0, SHAPE);
    const write = (offset: number, streamTime: number, count: number): Promise<void> => {
      const events = Array.from({ length: count }, (_, i) => offset * 1000 + i);
      return store.apply([{ offset, entry: entryAt(streamTime, events) }], offset + 1);
    };
    await write(0, 10_000, 1000);
    const places = new Set(open.mock.results.map(({ value }) => value as number));
    expect(places.size).toBe(9);
    for (let offset = 1; offset < 60; offset += 1) await write(offset, 900_000, 120);
    const used = open.mock.results.slice(places.size).map(({ value }) => value as number);
    expect([...places].every((place) => used.includes(place))).toBe(true);
  });

  it('says that it was not loaded, rather than that an event was not seen', async () => {
    const { environment } = temporaryState();
    await (await opened(environment, 0)).apply([{ offset: 0, entry: entryAt(1000, [1]) }], 1);
    const store = new TaskStore(environment, 0, SHAPE);
    expect(() => store.bucketOf(digest(1))).toThrow('the store of task 0 is asked before it was loaded');
    await store.load();
    expect(isSeen(store, 1)).toBe(true);
  });

  it('holds the same after one large write as after many small ones', async () => {
    const { environment } = temporaryState();
    const entries = Array.from({ length: 6 }, (_, list) => ({
      offset: list,
      entry: entryAt(
        10_000 + list * 1000,
        Array.from({ length: 1500 }, (__, i) => list * 1500 + i),
      ),
    }));
    const [at, large] = [new TaskStore(environment, 0, SHAPE), new TaskStore(environment, 1, SHAPE)];
    for (const entry of entries) await at.apply([entry], entry.offset + 1);
    await large.apply(entries, 6);
    const listed = (store: TaskStore): string[] =>
      [...store.buckets()].flatMap(({ source, bucket, packed }) =>
        hexesOf(packed).map((one) => `${source} ${bucket} ${one}`),
      );
    expect(listed(large)).toEqual(listed(at));
    expect(listed(at)).toHaveLength(9000);
    for (let event = 0; event <= 9000; event += 1)
      expect(large.bucketOf(digest(event))).toBe(at.bucketOf(digest(event)));
  });

  it('moves the checkpoint with the last write only, when one call takes several', async () => {
    const { environment } = temporaryState();
    const store = new TaskStore(environment, 0, SHAPE);
    const many = Array.from({ length: 60_000 }, (_, i) => i);
    await store.load();
    const applied = store.apply([{ offset: 4, entry: entryAt(10_000, many) }], 5);
    const seenBefore = vi.fn();
    while (store.checkpoint === undefined) {
      const isThere = (): boolean => many.some((event) => store.bucketOf(digest(event)) !== undefined);
      if (storedTasks(environment).get(0) === undefined && isThere()) seenBefore();
      await new Promise(setImmediate);
    }
    await applied;
    expect(seenBefore).toHaveBeenCalled();
    expect(store.checkpoint.changelogOffset).toBe(5);
    expect([0, 59_999].map((event) => isSeen(store, event))).toEqual([true, true]);
  });

  it('keeps the later bucket of an event that is named twice in one large write', async () => {
    const store = new TaskStore(temporaryState().environment, 0, SHAPE);
    const many = Array.from({ length: 5000 }, (_, i) => i);
    await store.apply(
      [
        { offset: 0, entry: entryAt(10_000, many) },
        { offset: 1, entry: entryAt(400_000, [7]) },
      ],
      2,
    );
    expect(store.bucketOf(digest(7))).toBe(bucketOf(400_000, SHAPE));
  });

  it('expires in a large write as much as that adds, so that the store does not grow while it catches up', async () => {
    const store = new TaskStore(temporaryState().environment, 0, SHAPE);
    const list = (from: number): number[] => Array.from({ length: 6000 }, (_, i) => from + i);
    await store.apply([{ offset: 0, entry: entryAt(10_000, list(0)) }], 1);
    await store.apply([{ offset: 1, entry: entryAt(11_000, list(6000)) }], 2);
    await store.apply([{ offset: 2, entry: entryAt(900_000, list(20_000)) }], 3);
    expect(new Set([...store.buckets()].map(({ bucket }) => bucket))).toEqual(new Set([bucketOf(900_000, SHAPE)]));
  });

  it('answers the same when the end of the changelog is replayed, from wherever', async () => {
    const steps = fc.array(
      fc.record({
        ahead: fc.integer({ min: 0, max: 60_000 }),
        events: fc.uniqueArray(fc.nat({ max: 8 }), { maxLength: 4 }),
      }),
      { minLength: 1, maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(), fc.integer({ min: 1, max: 4 }), async (list, seed, piece) => {
        const { environment } = temporaryState();
        const store = await opened(environment, 0);
        const answers = (store: TaskStore): boolean[] => Array.from({ length: 9 }, (_, event) => isSeen(store, event));
        const entries: CommittedEntry[] = [];
        let streamTime = 1000;
        for (const [offset, { ahead, events }] of list.entries()) {
          streamTime += ahead;
          // As dedup sees to it: an event that counts as seen is not written again.
          const live = firstLiveBucket(streamTime, SHAPE);
          const fresh = events.filter((event) => (store.bucketOf(digest(event)) ?? -1) < live);
          const entry = entryAt(streamTime, fresh, offset);
          entries.push({ offset, entry });
          await store.apply([{ offset, entry }], offset + 1);
        }
        const before = answers(store);
        const checkpoint = store.checkpoint;
        for (let from = seed % entries.length; from < entries.length; from += piece) {
          const some = entries.slice(from, from + piece);
          await store.apply(some, some.at(-1)!.offset + 1);
        }
        expect(answers(store)).toEqual(before);
        expect(store.checkpoint).toEqual(checkpoint);
        const other = new TaskStore(environment, 1, SHAPE);
        await other.apply(entries, entries.length);
        expect(answers(other)).toEqual(before);
      }),
      { numRuns: 40 },
    );
  });

  it("is empty after a wipe, and only that task's store is", async () => {
    const { environment } = temporaryState();
    const [store, other] = [new TaskStore(environment, 0, SHAPE), new TaskStore(environment, 1, SHAPE)];
    for (const each of [store, other]) await each.apply([{ offset: 0, entry: entryAt(1000, [1]) }], 1);
    await store.wipe();
    expect(store.checkpoint).toBeUndefined();
    expect(isSeen(store, 1)).toBe(false);
    expect(isSeen(other, 1)).toBe(true);
    expect([...storedTasks(environment).keys()]).toEqual([1]);
  });

  it('carries the id of the changelog that it follows from the next write on, and over a restart', async () => {
    const { environment } = temporaryState();
    const store = new TaskStore(environment, 0, SHAPE);
    store.follow('first');
    await store.apply([{ offset: 0, entry: entryAt(1000, [1]) }], 1);
    store.follow('second');
    expect(store.checkpoint?.changelogId).toBe('first');
    expect(new TaskStore(environment, 0, SHAPE).checkpoint?.changelogId).toBe('first');
    await store.apply([], 1);
    expect(new TaskStore(environment, 0, SHAPE).checkpoint?.changelogId).toBe('second');
  });

  it('keeps an entry of an earlier changelog whose record had the same offset, and expires it with its bucket', async () => {
    const store = new TaskStore(temporaryState().environment, 0, SHAPE);
    await store.apply([{ offset: 0, entry: entryAt(1000, [1]) }], 1);
    await store.reseeded('another', 0);
    await store.apply([{ offset: 0, entry: entryAt(1000, [2]) }], 1);
    await store.apply([{ offset: 0, entry: entryAt(1000, [2]) }], 1); // again, as after a crash
    expect([...store.buckets()].flatMap(({ packed }) => hexesOf(packed))).toHaveLength(2);
  });

  it('is not opened when its format is newer, and is left as it is', async () => {
    const { environment } = temporaryState();
    const newer = Buffer.from(JSON.stringify({ format: 5, changelogOffset: 9, positions: {} }));
    await writeAtomically(environment.table('task-5'), (batch) => batch.put(Buffer.from([0]), newer));
    expect(() => new TaskStore(environment, 5, SHAPE)).toThrow(
      'the store of task 5 has format 5, this version reads 4: run the version that wrote it, or a newer one',
    );
    expect(environment.table('task-5').get(Buffer.from([0]))).toEqual(newer);
  });

  it('names the tasks that have a store here, with where each stands', async () => {
    const state = temporaryState();
    for (const [task, offset] of [
      [0, 5],
      [12, 99],
    ] as const)
      await new TaskStore(state.environment, task, SHAPE).apply([{ offset, entry: entryAt(1, []) }], offset + 1);
    state.environment.table('user-directory');
    expect(
      [...storedTasks(await state.reopen())].map(([task, { changelogOffset }]) => [task, changelogOffset]),
    ).toEqual([
      [0, 6],
      [12, 100],
    ]);
  });
});

/** Source partitions in a store: those of the contract by numbers that every store has, further ones by its own. */
import { describe, expect, it } from 'vitest';
import { FatalError, StoreDamagedError } from '../../../../common/errors.js';
import type { ChangelogEntry } from '../../../../state/dedup/changelog-entry.js';
import { packDigests } from '../../../../state/dedup/digest-bytes.js';
import { bucketOf, windowShape } from '../../../../state/dedup/stream-time.js';
import { TaskStore } from '../../../../state/dedup/task-store.js';
import { writeAtomically, type StateEnvironment } from '../../../../state/lmdb/environment.js';
import { seal } from '../../../../state/lmdb/sealed.js';
import { digestOf as digest } from '../../../digests.js';
import { temporaryState } from '../temporary-state.js';

const SHAPE = windowShape(100_000);
const TIME = 5000;
const BUCKET = bucketOf(TIME, SHAPE);
const HR = 'HR_EVENT_TOPIC-3';

const entryOf = (source: string, events: readonly number[]): ChangelogEntry => ({
  positions: new Map([[source, { nextOffset: 7, streamTime: TIME, notifyFrom: 0 }]]),
  buckets: [{ source, bucket: BUCKET, packed: packDigests(events.map((event) => digest(event))) }],
});

async function opened(environment: StateEnvironment): Promise<TaskStore> {
  const store = new TaskStore(environment, 0, SHAPE);
  await store.load();
  return store;
}

/** Applies them one after another. */
async function applied(store: TaskStore, ...entries: ChangelogEntry[]): Promise<TaskStore> {
  for (const [offset, entry] of entries.entries()) {
    const next = (store.checkpoint?.changelogOffset ?? 0) + offset;
    await store.apply([{ offset: next, entry }], next + 1);
  }
  return store;
}

const bucketsOf = (store: TaskStore, events: readonly number[]) => events.map((event) => store.bucketOf(digest(event)));
const sourcesOf = (store: TaskStore): string[] => [...store.buckets()].map(({ source }) => source);

/** The source numbers of the segments, as they stand on the disk. */
const numbersOf = (environment: StateEnvironment): number[] =>
  [...environment.table('task-0').getRange()]
    .filter(({ key }) => key[0] === 2)
    .map(({ value }) => value.readUInt32BE(0));

describe('a source beyond the contract', () => {
  it('is known to the next process by name, with what was seen of it', async () => {
    const state = temporaryState();
    await applied(await opened(state.environment), entryOf(HR, [1, 2]), entryOf('TASK_EVENT_TOPIC-3', [3]));
    const store = await opened(await state.reopen());
    expect(bucketsOf(store, [1, 2, 3, 4])).toEqual([BUCKET, BUCKET, BUCKET, undefined]);
    expect(sourcesOf(store)).toEqual([HR, 'TASK_EVENT_TOPIC-3']);
    expect([...store.checkpoint!.positions.keys()]).toEqual([HR, 'TASK_EVENT_TOPIC-3']);
  });

  it('keeps its number when others come, or are named first the next time', async () => {
    const state = temporaryState();
    await applied(await opened(state.environment), entryOf(HR, [1]), entryOf('FLEET_EVENT_TOPIC-0', [2]));
    const store = await opened(await state.reopen());
    await applied(store, entryOf('FLEET_EVENT_TOPIC-0', [3]), entryOf('ASSET_EVENT_TOPIC-1', [4]), entryOf(HR, [5]));
    const last = await opened(await state.reopen());
    const names = [HR, 'FLEET_EVENT_TOPIC-0', 'ASSET_EVENT_TOPIC-1'];
    expect(new Set(sourcesOf(last))).toEqual(new Set(names));
    expect(new Set(numbersOf(state.environment))).toEqual(new Set([(5 << 24) | 3, (6 << 24) | 0, (7 << 24) | 1]));
    expect(bucketsOf(last, [1, 2, 3, 4, 5])).toEqual([BUCKET, BUCKET, BUCKET, BUCKET, BUCKET]);
  });

  it('is restored from the changelog, whether it is read now or not, and stands in what the store says', async () => {
    const state = temporaryState();
    const store = await opened(state.environment);
    await store.replay([{ offset: 0, entry: entryOf('GONE_EVENT_TOPIC-9', [1]) }], 1);
    await store.settle();
    const next = await opened(await state.reopen());
    expect(sourcesOf(next)).toEqual(['GONE_EVENT_TOPIC-9']);
    expect(next.checkpoint?.positions.get('GONE_EVENT_TOPIC-9')?.nextOffset).toBe(7);
  });

  it('is numbered from the start in a store that was wiped', async () => {
    const state = temporaryState();
    const store = await applied(await opened(state.environment), entryOf(HR, [1]));
    await store.wipe();
    await applied(store, entryOf('FLEET_EVENT_TOPIC-0', [2]));
    expect(sourcesOf(await opened(await state.reopen()))).toEqual(['FLEET_EVENT_TOPIC-0']);
    expect(numbersOf(state.environment)).toEqual([5 << 24]);
  });

  it('may have a name that ends in a number, as a partition does', async () => {
    const store = await applied(await opened(temporaryState().environment), entryOf('HR-2-3', [1]));
    expect(sourcesOf(store)).toEqual(['HR-2-3']);
  });

  it('is one of 251 at most', async () => {
    const store = await opened(temporaryState().environment);
    const entries = Array.from({ length: 251 }, (_, index) => entryOf(`T${index}-0`, [index]));
    await store.replay(
      entries.map((entry, offset) => ({ offset, entry })),
      251,
    );
    const more = store.apply([{ offset: 251, entry: entryOf('T251-0', [251]) }], 252);
    await expect(more).rejects.toThrow('the source topic T251 is one too many: a store tells 256 apart');
    expect(new Set(sourcesOf(store)).size).toBe(251);
  });
});

describe('a store of before', () => {
  it('has the numbers of the contract, which nothing need be said of', async () => {
    const state = temporaryState();
    const topics = ['NOTIFICATION_REQUEST_TOPIC', 'TASK_EVENT_TOPIC', 'CRM_EVENT_TOPIC', 'SALES_EVENT_TOPIC'];
    const names = [...topics, 'USER_EVENT_TOPIC'].map((topic) => `${topic}-3`);
    await applied(await opened(state.environment), ...names.map((name, event) => entryOf(name, [event])));
    expect(numbersOf(state.environment)).toEqual([0, 1, 2, 3, 4].map((index) => (index << 24) | 3));
    expect([...state.environment.table('task-0').getRange()].filter(({ key }) => key[0] === 1)).toEqual([]);
    expect(sourcesOf(await opened(await state.reopen()))).toEqual(names);
  });
});

describe('what the disk says of the sources', () => {
  it('is damage where a name has a wrong checksum, or is missing', async () => {
    const state = temporaryState();
    await applied(await opened(state.environment), entryOf(HR, [1]));
    const put = (value: Buffer | undefined): Promise<void> =>
      writeAtomically(state.environment.table('task-0'), (batch) =>
        value ? batch.put(Buffer.from([1, 5]), value) : batch.remove(Buffer.from([1, 5])),
      );
    await put(Buffer.concat([seal(Buffer.from('HR_EVENT_TOPIC')), Buffer.of(0)]));
    expect(() => new TaskStore(state.environment, 0, SHAPE)).toThrow(StoreDamagedError);
    await put(undefined);
    const store = await opened(state.environment);
    expect(() => sourcesOf(store)).toThrow('name a source topic that it has no name for');
  });

  it('is refused of a changelog that names what is no partition', async () => {
    const store = await opened(temporaryState().environment);
    const written = store.apply([{ offset: 0, entry: entryOf('HR_EVENT_TOPIC', [1]) }], 1);
    await expect(written).rejects.toThrow(FatalError);
  });
});

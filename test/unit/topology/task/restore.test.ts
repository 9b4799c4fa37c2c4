import { pino } from 'pino';
import { Registry } from 'prom-client';
import { expect, it, vi } from 'vitest';
import { windowShape } from '../../../../state/dedup/stream-time.js';
import type { Fetcher } from '../../../../topology/kafka/index.js';
import { createMetrics } from '../../../../common/metrics.js';
import { NotificationState } from '../../../../topology/stores/notification-state.js';
import { restore, type RestoreParts } from '../../../../topology/task/restore.js';
import { InMemoryDirectory } from '../../../../topology/testing/in-memory-state.js';
import { TopicNames } from '../../../../common/topic-names.js';
import { temporaryState } from '../../state/temporary-state.js';

type Ask = () => Promise<{ offset: number }[]>;

interface Changelog {
  readonly earliest?: Ask;
  /** The last stable offset. */
  readonly latest?: Ask;
  readonly highWatermark?: Ask;
  /** Where the store stands. */
  readonly stored?: number;
}

const is =
  (offset: number): Ask =>
  () =>
    Promise.resolve([{ offset }]);

async function restoring({ earliest = is(0), latest = is(0), highWatermark = is(0), stored }: Changelog) {
  const [add, remove] = [vi.fn<Fetcher['add']>(), vi.fn<Fetcher['remove']>()];
  const stop = new AbortController();
  const warnings: Record<string, unknown>[] = [];
  const offsets = {
    at: (spec: unknown) => (spec === 'earliest' ? earliest() : latest()),
    highWatermarks: highWatermark,
    topicIds: () => Promise.resolve(new Map()),
  };
  const write = (line: string) => warnings.push(JSON.parse(line) as Record<string, unknown>);
  const parts = {
    broker: { names: new TopicNames('', 'app'), offsets, fetcher: { add, remove } },
    worker: { metrics: createMetrics(new Registry()), log: pino({ level: 'warn' }, { write }) },
  } as unknown as RestoreParts;
  const store = new NotificationState(temporaryState().environment, 0, windowShape(1000), new InMemoryDirectory());
  if (stored !== undefined) await store.replay([], stored);
  const restored = restore(store, 0, parts, stop.signal);
  restored.catch(() => undefined); // each test looks at it in its own time
  return { add, remove, stop, store, restored, warnings };
}

it('leaves the changelog to the next task of its number when it was closed while it asked for the end', async () => {
  let answer: (offsets: { offset: number }[]) => void = () => undefined;
  const setup = await restoring({ highWatermark: () => new Promise((resolve) => (answer = resolve)) });
  await new Promise(setImmediate);
  setup.stop.abort();
  answer([{ offset: 5 }]);
  await expect(setup.restored).rejects.toThrow('aborted');
  expect(setup.add).not.toHaveBeenCalled();
  expect(setup.remove).not.toHaveBeenCalled();
});

it('ends its own fetching only', async () => {
  const setup = await restoring({ highWatermark: is(5) });
  await vi.waitFor(() => expect(setup.add).toHaveBeenCalled());
  setup.stop.abort();
  await expect(setup.restored).rejects.toThrow('aborted');
  expect(setup.remove).toHaveBeenCalledExactlyOnceWith('app-dedup-changelog', 0, setup.add.mock.calls[0]![3]);
});

it('keeps a store that is ahead of what is stable, and waits for the marker that is still on its way', async () => {
  const setup = await restoring({ latest: is(2), highWatermark: is(4), stored: 3 });
  await vi.waitFor(() => expect(setup.add).toHaveBeenCalled());
  expect(setup.add.mock.calls[0]![2]).toBe(3);
  setup.add.mock.calls[0]![3].deliver({ records: [], nextOffset: 4, bytes: 0 }, 4, 4);
  await setup.restored;
  expect(setup.store.checkpoint?.changelogOffset).toBe(4);
});

it('keeps a store that the start of the changelog has passed, replays from there, and says what is missing', async () => {
  const setup = await restoring({ earliest: is(20), highWatermark: is(25), stored: 7 });
  await vi.waitFor(() => expect(setup.add).toHaveBeenCalled());
  expect(setup.add.mock.calls[0]![2]).toBe(20);
  setup.add.mock.calls[0]![3].deliver({ records: [], nextOffset: 25, bytes: 0 }, 25, 25);
  await setup.restored;
  expect(setup.store.checkpoint?.changelogOffset).toBe(25);
  expect(setup.warnings).toEqual([expect.objectContaining({ task: 0, stored: 7, start: 20, missing: 13 })]);
});

it('says nothing of a store that stands within its changelog', async () => {
  const setup = await restoring({ earliest: is(7), highWatermark: is(7), stored: 7 });
  await setup.restored;
  expect(setup.warnings).toEqual([]);
});

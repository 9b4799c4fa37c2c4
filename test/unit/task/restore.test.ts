import { pino } from 'pino';
import { Registry } from 'prom-client';
import { expect, it, vi } from 'vitest';
import { windowShape } from '../../../state/stream-time.js';
import { TaskStore } from '../../../state/task-store.js';
import type { Fetcher, Offsets } from '../../../topology/kafka/index.js';
import { createMetrics } from '../../../topology/metrics.js';
import { restore } from '../../../topology/task/take-over.js';
import { TopicNames } from '../../../topology/topic-names.js';
import { temporaryState } from '../state/temporary-state.js';

function restoring(at: () => Promise<{ offset: number }[]>) {
  const [add, remove] = [vi.fn<Fetcher['add']>(), vi.fn<Fetcher['remove']>()];
  const stop = new AbortController();
  const services = {
    names: new TopicNames('', 'app'),
    offsets: { at } as unknown as Offsets,
    fetcher: { add, remove } as unknown as Fetcher,
    metrics: createMetrics(new Registry()),
    log: pino({ level: 'silent' }),
    startFrom: undefined,
  };
  const store = new TaskStore(temporaryState().environment, 0, windowShape(1000));
  return { add, remove, stop, restored: restore(store, 0, services, stop.signal) };
}

it('leaves the changelog to the next task of its number when it was closed while it asked for the end', async () => {
  let answer: (offsets: { offset: number }[]) => void = () => undefined;
  const of = restoring(() => new Promise((resolve) => (answer = resolve)));
  answer([{ offset: 0 }]);
  await new Promise(setImmediate);
  of.stop.abort();
  answer([{ offset: 5 }]);
  await expect(of.restored).rejects.toThrow('aborted');
  expect(of.add).not.toHaveBeenCalled();
  expect(of.remove).not.toHaveBeenCalled();
});

it('ends its own fetching only', async () => {
  const ends = [0, 5];
  const of = restoring(() => Promise.resolve([{ offset: ends.shift()! }]));
  await vi.waitFor(() => expect(of.add).toHaveBeenCalled());
  of.stop.abort();
  await expect(of.restored).rejects.toThrow('aborted');
  expect(of.remove).toHaveBeenCalledExactlyOnceWith('app-dedup-changelog', 0, of.add.mock.calls[0]![3]);
});

import type { Digest } from '../../../../state/dedup/digest-bytes.js';
import { describe, expect, it } from 'vitest';
import { hexOf } from '../../../../state/dedup/digest-bytes.js';
import type { DirectoryEntry } from '../../../../state/directory/directory-entry.js';
import { bucketOf, windowShape } from '../../../../state/dedup/stream-time.js';
import type { TaskStore } from '../../../../state/dedup/task-store.js';
import { InMemoryDirectory } from '../../../../topology/testing/in-memory-state.js';
import type { StagedCommit } from '../../../../topology/task/staged-commit.js';
import type { Layer } from '../../../../topology/graph/task-state.js';
import { LayeredDedup, LayeredDirectory } from '../../../../topology/stores/layered-views.js';
import type { NotificationChanges } from '../../../../topology/stores/notification-state.js';
import { digestOf } from '../../../digests.js';
import { forwarded, remembered, sourceRecord, stagedCommit } from '../task/records.js';

const SHAPE = windowShape(32_000);
const TOPIC = 'TASK_EVENT_TOPIC';

type Staged = StagedCommit & Layer<NotificationChanges>;

const layer = (streamTime: number, events: readonly string[] = []): Staged => {
  const staged = stagedCommit(new Map([['TASK_EVENT_TOPIC-0', { nextOffset: 0, streamTime, notifyFrom: 0 }]]), SHAPE);
  events.forEach((event, offset) => staged.add(sourceRecord(TOPIC, offset, event), forwarded(event)));
  return staged;
};

const storeWith = (events: Readonly<Record<string, number>>): TaskStore => {
  const buckets = new Map(
    Object.entries(events).map(([event, streamTime]) => [hexOf(digestOf(event)), bucketOf(streamTime, SHAPE)]),
  );
  return { bucketOf: (digest: Digest) => buckets.get(hexOf(digest)) } as unknown as TaskStore;
};

const has = (dedup: LayeredDedup, event: string): boolean => dedup.has(sourceRecord(TOPIC, 99, event), digestOf(event));

describe('LayeredDedup', () => {
  it('has what is staged, what is in flight and what is stored, and nothing else', () => {
    const layers = [layer(10_000, ['staged']), layer(10_000, ['in flight'])];
    const dedup = new LayeredDedup(storeWith({ stored: 9000 }), SHAPE, () => layers);
    expect(['staged', 'in flight', 'stored', 'new'].map((event) => has(dedup, event))).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  it('takes a stored entry for unseen when its bucket has expired, though the store still holds it', () => {
    const dedup = new LayeredDedup(storeWith({ old: 5000, young: 30_000 }), SHAPE, () => [layer(45_000)]);
    expect([has(dedup, 'old'), has(dedup, 'young')]).toEqual([false, true]);
  });

  it('believes the newest layer: seen again after it expired', () => {
    const dedup = new LayeredDedup(storeWith({ again: 1000 }), SHAPE, () => [layer(90_000), layer(90_000, ['again'])]);
    expect(has(dedup, 'again')).toBe(true);
  });
});

const user = (timestamp: bigint, email: string, eventId = 'e'): DirectoryEntry => ({
  tenantId: 1n,
  userId: 2n,
  timestamp,
  eventId,
  deleted: false,
  email,
  fullName: null,
  locale: null,
  timeZone: null,
  deviceTokens: [],
  mutedChannels: [],
});

const staging = (entry: DirectoryEntry): Staged => {
  const staged = layer(0);
  staged.add(sourceRecord(TOPIC, 0, 'e'), {
    kind: 'forwarded',
    value: remembered('e', { directory: entry }),
  });
  return staged;
};

describe('LayeredDirectory', () => {
  const emailOf = (directory: LayeredDirectory): string | null | undefined => directory.get(1n, 2n)?.email;

  it('knows what the global store knows, when the task wrote nothing', () => {
    const global = new InMemoryDirectory();
    global.set(user(5n, 'global'));
    expect(emailOf(new LayeredDirectory(global, () => [layer(0)]))).toBe('global');
    expect(new LayeredDirectory(global, () => [layer(0)]).get(1n, 3n)).toBeUndefined();
  });

  it('sees at once what this task staged, and still after it was committed, until the global store has it', () => {
    const global = new InMemoryDirectory();
    global.set(user(5n, 'old'));
    let layers = [staging(user(6n, 'new'))];
    const directory = new LayeredDirectory(global, () => layers);
    expect(emailOf(directory)).toBe('new');
    directory.committed(layers[0]!);
    layers = [layer(0)];
    expect(emailOf(directory)).toBe('new');
    global.set(user(7n, 'newest'));
    directory.committed(layer(0));
    expect(emailOf(directory)).toBe('newest');
  });

  it('does not put an older state of its own over a newer one', () => {
    const global = new InMemoryDirectory();
    global.set(user(9n, 'newer'));
    expect(emailOf(new LayeredDirectory(global, () => [staging(user(6n, 'older'))]))).toBe('newer');
  });

  it('puts its own over one of the same time that the global store still has, until it has the own', () => {
    const global = new InMemoryDirectory();
    global.set(user(6n, 'first', 'z'));
    let layers = [staging(user(6n, 'second', 'a'))];
    const directory = new LayeredDirectory(global, () => layers);
    directory.committed(layers[0]!);
    layers = [layer(0)];
    expect(emailOf(directory)).toBe('second');
    global.set(user(6n, 'second as stored', 'a'));
    expect(emailOf(directory)).toBe('second as stored');
  });

  it('puts its own over one from after the clock, which it replaces', () => {
    const global = new InMemoryDirectory();
    global.set(user(1_700_000_000_000_000n, 'pinned'));
    const layers = [staging(user(6n, 'healed'))];
    expect(emailOf(new LayeredDirectory(global, () => layers))).toBe('healed');
  });

  it('lets those go that have arrived, though another never does', () => {
    const global = new InMemoryDirectory();
    const directory = new LayeredDirectory(global, () => [layer(0)]);
    // Another task writes the same user at the same time: this one is overwritten before it is seen.
    directory.committed(staging(user(6n, 'overwritten', 'e1')));
    global.set(user(6n, 'of another task', 'e2'));
    const arrived = { ...user(6n, 'mine'), userId: 3n };
    directory.committed(staging(arrived));
    global.set({ ...arrived, email: 'arrived' });
    for (let commits = 0; commits < 2; commits += 1) directory.committed(layer(0));
    global.set({ ...arrived, timestamp: 5n, email: 'seen: nothing of its own stands over it' });
    expect(directory.get(1n, 3n)?.email).toContain('seen');
  });

  it('takes the newest of its own layers', () => {
    const directory = new LayeredDirectory(new InMemoryDirectory(), () => [
      staging(user(8n, 'staged')),
      staging(user(7n, 'in flight')),
    ]);
    expect(emailOf(directory)).toBe('staged');
  });

  it('forgets its own when it is cleared', () => {
    const directory = new LayeredDirectory(new InMemoryDirectory(), () => [layer(0)]);
    directory.committed(staging(user(6n, 'mine')));
    directory.clear();
    expect(directory.get(1n, 2n)).toBeUndefined();
  });
});

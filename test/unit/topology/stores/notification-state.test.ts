/** What the seam (topology/graph/task-state.ts) promises, of the notifications' stores, on a real environment. */
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { describe, expect, it, vi } from 'vitest';
import { createMetrics, METRIC_PREFIX } from '../../../../common/metrics.js';
import { sourcePartition } from '../../../../common/record.js';
import { windowShape } from '../../../../state/dedup/stream-time.js';
import type { DirectoryEntry } from '../../../../state/directory/directory-entry.js';
import type { StateEnvironment } from '../../../../state/lmdb/environment.js';
import type { Layer, Positions } from '../../../../topology/graph/task-state.js';
import type { StagedCommit } from '../../../../topology/task/staged-commit.js';
import {
  expectedEntries,
  NotificationChanges,
  NotificationState,
  type Remembered,
} from '../../../../topology/stores/notification-state.js';
import { UnknownTemplates } from '../../../../topology/stores/unknown-templates.js';
import { InMemoryDirectory } from '../../../../topology/testing/in-memory-state.js';
import { digestOf, digestsOf } from '../../../digests.js';
import { temporaryState } from '../../state/temporary-state.js';
import { remembered, sourceRecord, stagedCommit } from '../task/records.js';

const SHAPE = windowShape(100_000);
const TOPIC = 'TASK_EVENT_TOPIC';
const SOURCE = sourcePartition(TOPIC, 0).name;
const STREAM_TIME = 50_000;

const positionsAt = (nextOffset: number, streamTime = STREAM_TIME): Positions =>
  new Map([[SOURCE, { topicId: 'id', nextOffset, streamTime, notifyFrom: 0 }]]);

type Staged = StagedCommit & Layer<NotificationChanges>;

/** A commit of these events, which ends at this offset. */
function commitOf(
  events: readonly (string | Remembered)[],
  nextOffset = events.length,
  streamTime = STREAM_TIME,
): Staged {
  const staged = stagedCommit(positionsAt(nextOffset, streamTime), SHAPE);
  for (const event of events) {
    const value = typeof event === 'string' ? remembered(event) : event;
    staged.changes.add(sourceRecord(TOPIC, 0, 'e'), value, streamTime);
  }
  return staged;
}

const onDirectory = (environment: StateEnvironment, directory = new InMemoryDirectory()): NotificationState =>
  new NotificationState(environment, 0, SHAPE, directory);

async function loaded(environment = temporaryState().environment): Promise<NotificationState> {
  const state = onDirectory(environment);
  await state.load();
  return state;
}

/** Which of the events its stores have seen, with these layers on top; by default with none that holds anything. */
function seen(
  state: NotificationState,
  events: readonly string[],
  layers: readonly Staged[] = [commitOf([])],
): string[] {
  const { 'dedup-window': dedup } = state.view(() => layers);
  return events.filter((event) => dedup.has(sourceRecord(TOPIC, 99, event), digestOf(event)));
}

const user = (email: string, timestamp = 5n): DirectoryEntry => ({
  ...{ tenantId: 1n, userId: 2n, timestamp, eventId: 'e', deleted: false, email },
  ...{ fullName: null, locale: null, timeZone: null, deviceTokens: [], mutedChannels: [] },
});

describe('the state of a task', () => {
  it('holds nothing at first, and begins with changes that are empty', async () => {
    const state = await loaded();
    expect(state.checkpoint).toBeUndefined();
    expect(seen(state, ['a'])).toEqual([]);
    const { digests, directory } = state.stage();
    expect([digests.size, directory.size]).toEqual([0, 0]);
  });

  it('reads from its changelog what was written to it, though nothing was remembered', async () => {
    const state = await loaded();
    for (const { changes, positions } of [commitOf(['a', 'b'], 7), commitOf([], 8)]) {
      const [record, ...more] = state.encode(changes, positions);
      expect(more).toEqual([]);
      expect(state.decode(record!, 'changelog-0@3')).toEqual({ positions, buckets: changes.digests.buckets });
    }
  });

  it('writes a large commit as several records, each with the positions, which together say all of it', async () => {
    const state = await loaded();
    const events = digestsOf(40_000);
    const { changes, positions } = commitOf(events.map((digest) => ({ ...remembered(''), digest })));
    const entries = state.encode(changes, positions).map((value) => state.decode(value, 'changelog-0@3'));
    expect(entries.length).toBeGreaterThan(1);
    for (const entry of entries) expect(entry.positions).toEqual(positions);
    const packed = entries.flatMap(({ buckets }) => buckets.map((bucket) => bucket.packed));
    expect(Buffer.concat(packed).equals(changes.digests.buckets[0]!.packed)).toBe(true);
  });

  it('refuses what is not ours, and says where it was found', async () => {
    const state = await loaded();
    for (const value of [null, Buffer.from('theirs')]) {
      expect(() => state.decode(value, 'changelog-0@3')).toThrow('changelog-0@3 is not a changelog record of ours');
    }
  });

  it('answers for a commit that was applied, also in the next process, and stands behind its records', async () => {
    const temporary = temporaryState();
    const state = await loaded(temporary.environment);
    const { changes, positions } = commitOf(['a', 'b'], 7);
    expect(seen(state, ['a', 'b'])).toEqual([]);
    await state.apply(changes, positions, 10, 11);
    for (const open of [() => state, async () => loaded(await temporary.reopen())]) {
      const now = await open();
      expect(now.checkpoint).toEqual({ changelogOffset: 11, positions });
      expect(seen(now, ['a', 'b', 'c'])).toEqual(['a', 'b']);
    }
  });

  it('answers from the layers first, newest before older, then from what is stored', async () => {
    const state = await loaded();
    const { changes, positions } = commitOf(['stored']);
    await state.apply(changes, positions, 0, 1);
    const layers = [commitOf(['staged']), commitOf(['in flight'])];
    const events = ['stored', 'in flight', 'staged', 'new'];
    expect(seen(state, events, layers)).toEqual(['stored', 'in flight', 'staged']);
    expect(seen(state, events)).toEqual(['stored']);
  });

  it('knows an event no more when its source is a window further', async () => {
    const state = await loaded();
    const { changes, positions } = commitOf(['a']);
    await state.apply(changes, positions, 0, 1);
    const later = STREAM_TIME + SHAPE.windowMs + 2 * SHAPE.bucketMs;
    expect(seen(state, ['a'], [commitOf([], 1, later)])).toEqual([]);
  });

  it('moves stream time on with a record, never back and never far past the clock', async () => {
    const state = await loaded();
    expect(state.advance(1000, 2000, 5000)).toBe(2000);
    expect(state.advance(2000, 1000, 5000)).toBe(2000);
    expect(state.advance(2000, 1_000_000, 5000)).toBe(5000 + SHAPE.aheadMs);
  });
});

describe('a replay', () => {
  const changelogOf = (state: NotificationState, commits: readonly Staged[]) =>
    commits.map(({ changes, positions }, offset) => {
      const [value] = state.encode(changes, positions);
      return { offset, entry: state.decode(value!, `changelog-0@${offset}`) };
    });

  it('leaves what the commits themselves left', async () => {
    const commits = [commitOf(['a', 'b'], 2), commitOf(['c'], 3), commitOf([], 9)];
    const [owner, heir] = [await loaded(), await loaded()];
    for (const [offset, { changes, positions }] of commits.entries())
      await owner.apply(changes, positions, offset, offset + 1);
    const records = changelogOf(owner, commits);
    heir.expect(records, 1);
    await heir.replay(records, 3);
    await heir.settle();
    for (const state of [owner, heir]) {
      expect(seen(state, ['a', 'b', 'c', 'd'])).toEqual(['a', 'b', 'c']);
      expect(state.checkpoint).toEqual({ changelogOffset: 3, positions: positionsAt(9) });
    }
  });

  it('changes nothing the second time, whole or from the middle, nor on top of the commits', async () => {
    const commits = [commitOf(['a', 'b'], 2), commitOf(['c'], 3)];
    const temporary = temporaryState();
    const state = await loaded(temporary.environment);
    for (const [offset, { changes, positions }] of commits.entries())
      await state.apply(changes, positions, offset, offset + 1);
    const before = { checkpoint: state.checkpoint, seen: seen(state, ['a', 'b', 'c', 'd']) };
    const records = changelogOf(state, commits);
    for (const again of [records, records.slice(1), records]) {
      await state.replay(again, 2);
      await state.settle();
      expect({ checkpoint: state.checkpoint, seen: seen(state, ['a', 'b', 'c', 'd']) }).toEqual(before);
    }
    const reopened = await loaded(await temporary.reopen());
    expect({ checkpoint: reopened.checkpoint, seen: seen(reopened, ['a', 'b', 'c', 'd']) }).toEqual(before);
  });

  it('makes no more space than is believable for what is to come: large records at the beginning say little', () => {
    expect(expectedEntries(0, 65_000, 40)).toBe(2_600_000);
    expect(expectedEntries(1_000_000, 65_000, 1)).toBe(1_065_000);
    expect(expectedEntries(0, 65_000, 500_000)).toBe(6_000_000);
    expect(expectedEntries(5_000_000, 65_000, 500_000)).toBe(20_000_000);
    expect(expectedEntries(5000, 0, Infinity)).toBe(0);
  });

  it('carries the changelog that the task follows from its first write on', async () => {
    const state = await loaded();
    state.follow('changelog-id');
    expect(state.checkpoint).toBeUndefined();
    await state.replay([], 5);
    expect(state.checkpoint).toEqual({ changelogId: 'changelog-id', changelogOffset: 5, positions: new Map() });
  });

  it('begins with nothing after the stores were wiped', async () => {
    const state = await loaded();
    const { changes, positions } = commitOf(['a']);
    await state.apply(changes, positions, 0, 1);
    await state.wipe();
    expect(state.checkpoint).toBeUndefined();
    expect(seen(state, ['a'])).toEqual([]);
  });
});

describe('the users that a task has written itself', () => {
  const writing = (entry: DirectoryEntry): Staged => commitOf([remembered('e', { directory: entry })]);
  const emailOf = (state: NotificationState, layers: readonly Staged[] = [commitOf([])]) =>
    state.view(() => layers)['user-directory'].get(1n, 2n)?.email;

  it('are known while their commit is staged, in flight, and until the directory has them', () => {
    const directory = new InMemoryDirectory();
    const state = onDirectory(temporaryState().environment, directory);
    const staged = writing(user('own'));
    expect(emailOf(state)).toBeUndefined();
    expect(emailOf(state, [staged])).toBe('own');
    expect(emailOf(state, [commitOf([]), staged])).toBe('own');
    state.applied(staged);
    expect(emailOf(state)).toBe('own');
    directory.set(user('newer', 6n));
    expect(emailOf(state)).toBe('newer');
  });

  it('are forgotten with what was staged: what holds is read from the brokers', () => {
    const state = onDirectory(temporaryState().environment);
    state.applied(writing(user('own')));
    state.forget();
    expect(emailOf(state)).toBeUndefined();
  });
});

describe('the changes of a commit', () => {
  it('keep the last entry of each user, by user key', () => {
    const entries = [user('first'), { ...user('other'), userId: 3n }, user('second', 6n)];
    const { changes } = commitOf(entries.map((directory, n) => remembered(`e${n}`, { directory })));
    expect([...changes.directory].map(([key, { email }]) => [key, email])).toEqual([
      ['1|2', 'second'],
      ['1|3', 'other'],
    ]);
  });

  it('count what was left out of an event or set right in it, once for each time', async () => {
    const { changes } = commitOf([
      remembered('a', {
        event: {
          corrections: [
            { kind: 'action-url', fault: 'scheme' },
            { kind: 'action-url', fault: 'scheme' },
            { kind: 'account-timestamp' },
          ],
        },
      }),
      remembered('b', { event: { corrections: [{ kind: 'action-url', fault: 'too-long' }] } }),
      'c',
    ]);
    expect(await countsOf(changes)).toEqual({
      'action_urls_refused_total{reason="scheme"}': 2,
      'action_urls_refused_total{reason="too-long"}': 1,
      account_timestamps_replaced_total: 1,
    });
  });

  it('count requests of unknown templates, and log each code once', async () => {
    const log = pino({ level: 'silent' });
    const logged = vi.spyOn(log, 'info');
    const changes = new NotificationChanges(SHAPE, new UnknownTemplates(log));
    for (const [offset, code] of ['A', 'B', 'A'].entries())
      changes.add(
        sourceRecord(TOPIC, offset, code),
        remembered(code, { event: { corrections: [{ kind: 'unknown-template', code }] } }),
        STREAM_TIME,
      );
    expect(await countsOf(changes)).toEqual({ unknown_templates_total: 3 });
    expect(logged.mock.calls.map(([fields]) => fields)).toMatchObject([
      { origin: `${TOPIC}-0@0` },
      { origin: `${TOPIC}-0@1` },
    ]);
  });

  it('are none of one when they are cleared, and take others', async () => {
    const corrections = [{ kind: 'account-timestamp' } as const];
    const { changes, positions } = commitOf([remembered('a', { directory: user('own'), event: { corrections } })]);
    changes.clear();
    expect([changes.digests.size, changes.digests.buckets, changes.directory.size]).toEqual([0, [], 0]);
    expect(await countsOf(changes)).toEqual({});
    changes.add(sourceRecord(TOPIC, 1, 'b'), remembered('b'), STREAM_TIME);
    const state = await loaded();
    await state.apply(changes, positions, 0, 1);
    expect(seen(state, ['a', 'b'])).toEqual(['b']);
  });
});

/** Those above 0 that changes count, by their names without the prefix. */
async function countsOf(changes: NotificationChanges): Promise<Record<string, number>> {
  const registry = new Registry();
  changes.count(createMetrics(registry), 0);
  const lines = (await registry.metrics()).split('\n').filter((line) => line.startsWith(METRIC_PREFIX));
  const counts = lines.map((line) => /^(\S+) (\d+)$/.exec(line.slice(METRIC_PREFIX.length))!);
  return Object.fromEntries(
    counts.map(([, name, count]) => [name!, Number(count)] as const).filter(([, count]) => count > 0),
  );
}

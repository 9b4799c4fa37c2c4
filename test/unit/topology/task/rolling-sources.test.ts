/** A task that moves between versions of which one reads a source that the other does not. */
import { describe, expect, it } from 'vitest';
import { decodeChangelogEntry } from '../../../../state/dedup/changelog-entry.js';
import type { Task } from '../../../../topology/task/task.js';
import { CRM, rig, sentAre, TASKS, until, type Rig } from './task-harness.js';

const HR = 'HR_EVENT_TOPIC';
const OLD = [TASKS, CRM];
const NEW = [...OLD, HR];

const withIds = (topics: readonly string[]): Rig => {
  const setup = rig({ topics });
  for (const topic of [...NEW, setup.names.changelog]) setup.fetcher.ids.set(topic, `id of ${topic}`);
  return setup;
};
/** What the last commit says of the sources. */
const namedLast = ({ broker }: Rig): string[] => {
  const { value } = broker.changelog.at(-1)!;
  return [...decodeChangelogEntry(value, 'changelog').positions.keys()].sort();
};
const isRunning = (task: Task): Promise<void> => until(() => expect(task.phase).toBe('running'));
/** Another worker takes over. */
const moves = async (from: Task, to: Task): Promise<void> => {
  await from.closeClean(1000);
  to.start();
  await isRunning(to);
};

describe('a source that a new version reads', () => {
  it('is read from its beginning once the task is there, and not before, whatever START_FROM says', async () => {
    const setup = withIds(OLD);
    setup.append(TASKS, ['t1']);
    setup.append(HR, ['h1', 'h2']);
    setup.task.start();
    await sentAre(setup, ['t1']);
    const newer = setup.elsewhere(NEW);
    await moves(setup.task, newer);
    await sentAre(setup, ['t1', 'h1', 'h2']);
    expect(setup.broker.offsets.get(HR)).toBe(2);
    await newer.closeClean(1000);
  });

  it('stands still while the task is with the old version, and goes on where it stood with the new one', async () => {
    const setup = withIds(NEW);
    setup.append(HR, ['h1']);
    setup.task.start();
    await sentAre(setup, ['h1']);
    const older = setup.elsewhere(OLD);
    await moves(setup.task, older);
    setup.append(HR, ['h2', 'h1']);
    setup.append(TASKS, ['t1']);
    await sentAre(setup, ['h1', 't1']);
    expect(setup.broker.offsets.get(HR)).toBe(1);
    const newer = setup.elsewhere(NEW);
    await moves(older, newer);
    // h1 once: the changelog says that it was seen.
    await sentAre(setup, ['h1', 't1', 'h2']);
    await until(() => expect(setup.broker.offsets.get(HR)).toBe(3));
    expect(setup.fatal).not.toHaveBeenCalled();
    await newer.closeClean(1000);
  });

  it('has its position in every commit of the old version, so that it does not expire with the changelog', async () => {
    const setup = withIds(NEW);
    setup.append(HR, ['h1']);
    setup.task.start();
    await sentAre(setup, ['h1']);
    const older = setup.elsewhere(OLD);
    await moves(setup.task, older);
    setup.append(TASKS, ['t1']);
    await sentAre(setup, ['h1', 't1']);
    expect(namedLast(setup)).toEqual(NEW.map((topic) => `${topic}-0`).sort());
    await older.closeClean(1000);
    // All but the last have expired.
    setup.broker.changelog.splice(0, setup.broker.changelog.length - 1);
    setup.append(HR, ['h2']);
    const newer = setup.elsewhere(NEW);
    newer.start();
    await sentAre(setup, ['h1', 't1', 'h2']);
    expect(setup.fatal).not.toHaveBeenCalled();
    await newer.closeClean(1000);
  });
});

describe('a task of which a version reads nothing', () => {
  it('runs, and leaves what there is to the version that reads it', async () => {
    const setup = withIds([]);
    setup.append(HR, ['h1']);
    setup.task.start();
    await isRunning(setup.task);
    const newer = setup.elsewhere([HR]);
    await moves(setup.task, newer);
    await sentAre(setup, ['h1']);
    expect(setup.fatal).not.toHaveBeenCalled();
    await newer.closeClean(1000);
  });
});

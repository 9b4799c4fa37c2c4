import { afterEach, describe, expect, it, vi } from 'vitest';
import { StoreDamagedError } from '../../../../common/errors.js';
import type { Standby } from '../../../../topology/task/standby.js';
import { rig, sentAre, TASKS, until, type Rig } from './task-harness.js';
import { digestOf } from '../../../digests.js';
import type { NotificationStores } from '../../../../processors/context.js';
import { windowShape } from '../../../../state/dedup/stream-time.js';
import type { Positions } from '../../../../topology/graph/task-state.js';
import { sourceRecord, stagedCommit } from './records.js';

const open: Standby[] = [];
afterEach(async () => {
  for (const standby of open.splice(0)) await standby.close();
});

function follow(setup: Rig): Standby {
  const standby = setup.standby();
  open.push(standby);
  standby.start();
  return standby;
}

/** What was committed since is delivered to the standby; the fake's fetcher hears of sources only. */
async function caughtUp(setup: Rig, standby: Standby): Promise<void> {
  setup.fetcher.wake();
  await until(() => expect(standby.storedOffset).toBe(setup.broker.changelogEnd));
}

/** A task that has committed these, and its standby, which has them too. */
async function followed(texts: readonly string[]): Promise<{ setup: Rig; standby: Standby }> {
  const setup = rig();
  setup.append(TASKS, texts);
  setup.task.start();
  await sentAre(setup, texts);
  const standby = follow(setup);
  await caughtUp(setup, standby);
  return { setup, standby };
}

/** Whether its stores have seen an event that is this text. */
function knows({ state }: Standby, text: string): boolean {
  const layer = stagedCommit(state.checkpoint!.positions as Positions, windowShape(7 * 24 * 3_600_000));
  const stores = state.view(() => [layer]) as NotificationStores;
  return stores['dedup-window'].has(sourceRecord(TASKS, 99, text), digestOf(text));
}

describe('a standby', () => {
  it('holds what its task has committed, and what it commits later', async () => {
    const { setup, standby } = await followed(['a']);
    expect(knows(standby, 'a')).toBe(true);
    expect(knows(standby, 'b')).toBe(false);

    setup.append(TASKS, ['b']);
    await sentAre(setup, ['a', 'b']);
    await caughtUp(setup, standby);
    expect(knows(standby, 'b')).toBe(true);
    expect(standby.state.checkpoint?.positions.get(`${TASKS}-0`)?.nextOffset).toBe(2);
    expect(standby.lag).toBe(0);
    const counted = `restore_records_total{store="standby"} ${setup.broker.changelog.length}`;
    expect(await setup.registry.metrics()).toContain(counted);
  });

  it('leaves its store to the task, which replays only what came since and repeats nothing', async () => {
    const { setup, standby } = await followed(['a', 'b']);
    await standby.close();
    const stood = standby.storedOffset;
    setup.append(TASKS, ['c']);
    await sentAre(setup, ['a', 'b', 'c']);
    await setup.task.closeDirty();

    const add = vi.spyOn(setup.fetcher, 'add');
    const heir = setup.heir(standby);
    setup.append(TASKS, ['a', 'c', 'd']);
    heir.start();
    await sentAre(setup, ['a', 'b', 'c', 'd']);
    expect(add.mock.calls[0]!.slice(0, 3)).toEqual([setup.names.changelog, 0, stood]);
    await heir.closeDirty();
  });

  it('writes nothing after it was closed, and fetches nothing', async () => {
    const { setup, standby } = await followed(['a']);
    await standby.close();
    const stood = standby.storedOffset;
    setup.append(TASKS, ['b']);
    await sentAre(setup, ['a', 'b']);
    setup.fetcher.wake();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(standby.storedOffset).toBe(stood);
    expect(setup.fetcher.fetched.has(setup.names.changelog)).toBe(false);
  });

  it('can be closed before the brokers have answered', async () => {
    const setup = rig();
    const standby = follow(setup);
    expect(standby.lag).toBeUndefined();
    await standby.close();
    expect(setup.fetcher.fetched.size).toBe(0);
  });

  it('stands still at a record that it cannot read, and does not stop the worker for it', async () => {
    const { setup, standby } = await followed(['a']);
    const stood = standby.storedOffset;
    setup.broker.changelog.push({ offset: setup.broker.changelogEnd, value: Buffer.from('NS\x63 of a newer version') });
    setup.broker.changelogEnd += 2;
    setup.fetcher.wake();
    await until(() => expect(setup.fetcher.fetched.has(setup.names.changelog)).toBe(false));
    expect(standby.storedOffset).toBe(stood);
    expect(standby.lag).toBe(2);
    expect(setup.fatal).not.toHaveBeenCalled();
  });

  it('asks the brokers nothing more when it is closed while it waits to try again', async () => {
    const setup = rig();
    const standby = setup.standby();
    const load = vi.spyOn(standby.state, 'load').mockRejectedValue(new Error('away'));
    standby.start();
    await until(() => expect(load).toHaveBeenCalledTimes(1));
    await new Promise(setImmediate);
    await standby.close();
    expect(load).toHaveBeenCalledTimes(1);
  });

  it('ends the worker when its store cannot be written', async () => {
    const setup = rig();
    const standby = follow(setup);
    vi.spyOn(standby.state, 'replay').mockRejectedValue(new Error('no space left'));
    setup.append(TASKS, ['a']);
    setup.task.start();
    await sentAre(setup, ['a']);
    setup.fetcher.wake();
    await until(() => expect(setup.fatal).toHaveBeenCalledWith(expect.objectContaining({ message: 'no space left' })));
  });

  it('ends the worker when its store is damaged, at once', async () => {
    const setup = rig();
    const standby = setup.standby();
    open.push(standby);
    const damage = new StoreDamagedError('a segment has a wrong checksum');
    const load = vi.spyOn(standby.state, 'load').mockRejectedValue(damage);
    standby.start();
    await until(() => expect(setup.fatal).toHaveBeenCalledWith(damage));
    await standby.close();
    expect(load).toHaveBeenCalledTimes(1);
  });
});

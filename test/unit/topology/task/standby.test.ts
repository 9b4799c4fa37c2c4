import { afterEach, describe, expect, it, vi } from 'vitest';
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

function follow(of: Rig): Standby {
  const standby = of.standby();
  open.push(standby);
  standby.start();
  return standby;
}

/** What was committed since is delivered to the standby; the fake's fetcher hears of sources only. */
async function caughtUp(of: Rig, standby: Standby): Promise<void> {
  of.fetcher.wake();
  await until(() => expect(standby.storedOffset).toBe(of.broker.changelogEnd));
}

/** Whether its stores have seen an event that is this text. */
function knows({ state }: Standby, text: string): boolean {
  const layer = stagedCommit(state.checkpoint!.positions as Positions, windowShape(7 * 24 * 3_600_000));
  const stores = state.view(() => [layer]) as NotificationStores;
  return stores['dedup-window'].has(sourceRecord(TASKS, 99, text), digestOf(text));
}

describe('a standby', () => {
  it('holds what its task has committed, and what it commits later', async () => {
    const of = rig();
    of.append(TASKS, ['a']);
    of.task.start();
    await sentAre(of, ['a']);
    const standby = follow(of);
    await caughtUp(of, standby);
    expect(knows(standby, 'a')).toBe(true);
    expect(knows(standby, 'b')).toBe(false);

    of.append(TASKS, ['b']);
    await sentAre(of, ['a', 'b']);
    await caughtUp(of, standby);
    expect(knows(standby, 'b')).toBe(true);
    expect(standby.state.checkpoint?.positions.get(`${TASKS}-0`)?.nextOffset).toBe(2);
    expect(standby.lag).toBe(0);
    const counted = `restore_records_total{store="standby"} ${of.broker.changelog.length}`;
    expect(await of.registry.metrics()).toContain(counted);
  });

  it('leaves its store to the task, which replays only what came since and repeats nothing', async () => {
    const of = rig();
    of.append(TASKS, ['a', 'b']);
    of.task.start();
    await sentAre(of, ['a', 'b']);
    const standby = follow(of);
    await caughtUp(of, standby);
    await standby.close();
    const stood = standby.storedOffset;
    of.append(TASKS, ['c']);
    await sentAre(of, ['a', 'b', 'c']);
    await of.task.closeDirty();

    const add = vi.spyOn(of.fetcher, 'add');
    const heir = of.heir(standby);
    of.append(TASKS, ['a', 'c', 'd']);
    heir.start();
    await sentAre(of, ['a', 'b', 'c', 'd']);
    expect(add.mock.calls[0]!.slice(0, 3)).toEqual([of.names.changelog, 0, stood]);
    await heir.closeDirty();
  });

  it('writes nothing after it was closed, and fetches nothing', async () => {
    const of = rig();
    of.append(TASKS, ['a']);
    of.task.start();
    await sentAre(of, ['a']);
    const standby = follow(of);
    await caughtUp(of, standby);
    await standby.close();
    const stood = standby.storedOffset;
    of.append(TASKS, ['b']);
    await sentAre(of, ['a', 'b']);
    of.fetcher.wake();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(standby.storedOffset).toBe(stood);
    expect(of.fetcher.fetched.has(of.names.changelog)).toBe(false);
  });

  it('can be closed before the brokers have answered', async () => {
    const of = rig();
    const standby = follow(of);
    expect(standby.lag).toBeUndefined();
    await standby.close();
    expect(of.fetcher.fetched.size).toBe(0);
  });

  it('stands still at a record that it can not read, and does not stop the worker for it', async () => {
    const of = rig();
    of.append(TASKS, ['a']);
    of.task.start();
    await sentAre(of, ['a']);
    const standby = follow(of);
    await caughtUp(of, standby);
    const stood = standby.storedOffset;
    of.broker.changelog.push({ offset: of.broker.changelogEnd, value: Buffer.from('NS\x63 of a newer version') });
    of.broker.changelogEnd += 2;
    of.fetcher.wake();
    await until(() => expect(of.fetcher.fetched.has(of.names.changelog)).toBe(false));
    expect(standby.storedOffset).toBe(stood);
    expect(standby.lag).toBe(2);
    expect(of.fatal).not.toHaveBeenCalled();
  });

  it('ends the worker when its store can not be written', async () => {
    const of = rig();
    const standby = follow(of);
    vi.spyOn(standby.state, 'replay').mockRejectedValue(new Error('no space left'));
    of.append(TASKS, ['a']);
    of.task.start();
    await sentAre(of, ['a']);
    of.fetcher.wake();
    await until(() => expect(of.fatal).toHaveBeenCalledWith(expect.objectContaining({ message: 'no space left' })));
  });
});

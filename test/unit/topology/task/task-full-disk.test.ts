/** A disk that takes no more of the store: Kafka has committed, the store has not. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { TaskStore } from '../../../../state/dedup/task-store.js';
import { StoreFullError } from '../../../../common/errors.js';
import { CRM, rig, sentAre, TASKS, until, type Rig } from './task-harness.js';

afterEach(() => vi.restoreAllMocks());

/** The next so many writes of a task's store find no space, after the first so many. */
function full(after: number, count: number): () => number {
  let calls = 0;
  const mayWrite = (): boolean => {
    calls += 1;
    return calls <= after || calls > after + count;
  };
  for (const method of ['apply', 'replay'] as const) {
    const write = Reflect.get(TaskStore.prototype, method) as (...given: unknown[]) => Promise<void>;
    vi.spyOn(TaskStore.prototype, method).mockImplementation(function (this: TaskStore, ...given: unknown[]) {
      return mayWrite() ? write.apply(this, given) : Promise.reject(new StoreFullError('no space left on device'));
    });
  }
  return () => calls;
}

async function committed(setup: Rig): Promise<number> {
  const metric = await setup.registry.getSingleMetric('notification_streams_records_in_total')!.get();
  return metric.values.reduce((sum, { value }) => sum + value, 0);
}

describe('a task whose disk is full', () => {
  it('stands still with what Kafka has committed, and goes on when there is space, notifying nobody twice', async () => {
    const setup = rig();
    setup.task.start();
    await until(() => expect(setup.task.phase).toBe('running'));
    const writes = full(0, 2); // the commit's own, and the first one of the restore
    setup.append(TASKS, ['a', 'b']);
    await sentAre(setup, ['a', 'b']);
    await until(() => expect(setup.task.phase).toBe('restoring'));
    setup.append(TASKS, ['a', 'c']);
    await until(() => expect(setup.task.phase).toBe('running'));
    await sentAre(setup, ['a', 'b', 'c']);
    setup.append(CRM, ['b']);
    await until(() => expect(setup.broker.offsets.get(setup.names.physical(CRM))).toBe(1));
    expect(setup.sent().sort()).toEqual(['a', 'b', 'c']);
    expect(writes()).toBeGreaterThan(3);
    expect(setup.fatal).not.toHaveBeenCalled();
    expect(setup.confirm).toHaveBeenCalled();
    await expect.poll(() => committed(setup)).toBe(5);
  });

  it('waits at its start as well', async () => {
    const setup = rig();
    full(0, 1);
    setup.append(TASKS, ['a']);
    setup.task.start();
    await sentAre(setup, ['a']);
    expect(setup.fatal).not.toHaveBeenCalled();
  });

  it('ends its wait when it is closed', async () => {
    const setup = rig();
    full(0, 1000);
    setup.append(TASKS, ['a']);
    setup.task.start();
    await until(() => expect(setup.space.reason).toContain('no space left on device'));
    await setup.task.closeDirty();
    expect(setup.task.phase).toBe('closed');
    expect(setup.fatal).not.toHaveBeenCalled();
  });
});

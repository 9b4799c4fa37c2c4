import { describe, expect, it, vi } from 'vitest';
import { CommitUnknownError, FencedError, OutageError } from '../../../../common/errors.js';
import type { Step } from './fake-producer.js';
import { forwarded } from './records.js';
import { failing, MEMBER, rig, sentAre, TASKS, until, type Rig } from './task-harness.js';

describe('a commit of unknown outcome', () => {
  // The first commit is that of the first positions.
  it.each<[string, Step]>([
    ['that did not happen', 'commit'],
    ['that did', 'committed'],
  ])(
    "%s is settled by the group's word, a new producer and the brokers' offsets: each event goes out once",
    async (_, step) => {
      const of = rig();
      failing(of, step, 2, new CommitUnknownError('no answer'));
      of.append(TASKS, ['a', 'b']);
      of.task.start();
      await until(() => expect(of.confirm).toHaveBeenCalledWith(1));
      of.append(TASKS, ['c']);
      await sentAre(of, ['a', 'b', 'c']);
      expect(of.broker.epoch).toBe(2);
      expect(of.lost).not.toHaveBeenCalled();
      expect(of.fatal).not.toHaveBeenCalled();
    },
  );

  it('of the first records leaves the positions where they were committed, and says of none that it was set back', async () => {
    const of = rig();
    const warned = vi.spyOn(of.parts.worker.log, 'warn');
    failing(of, 'commit', 2, new CommitUnknownError('no answer'));
    of.append(TASKS, ['a', 'b']);
    of.task.start();
    await sentAre(of, ['a', 'b']);
    expect(warned.mock.calls.map(([, message]) => message as unknown)).toEqual([
      'the outcome of a commit is unknown: it is read from the brokers',
    ]);
  });

  it.each<Step>(['commit', 'committed'])(
    'of the first positions, whatever its cause, is tried again, and said while it is not known (%s)',
    async (step) => {
      const of = rig();
      failing(of, step, 1, new CommitUnknownError('the changelog record has no known offset'));
      of.append(TASKS, ['a']);
      of.task.start();
      await sentAre(of, ['a']);
      expect(of.fatal).not.toHaveBeenCalled();
      expect(of.outages[0]).toMatchObject({ reason: { code: 'unsettled-transaction' } });
      expect(of.outages.at(-1)).toBeUndefined();
    },
  );

  it('is left to the other owner when the group has moved on: nothing is fenced again', async () => {
    const of = rig();
    failing(of, 'sendOffsets', 2, new CommitUnknownError('no answer'));
    of.confirm.mockRejectedValue(new FencedError('generation 1 is over'));
    of.append(TASKS, ['a']);
    of.task.start();
    await until(() => expect(of.lost).toHaveBeenCalledWith(0));
    expect(of.task.phase).toBe('closed');
    expect(of.broker.epoch).toBe(1);
    expect(of.fetcher.fetched.size).toBe(0);
  });

  it("waits for the group's word while nobody answers", async () => {
    const of = rig();
    failing(of, 'commit', 2, new CommitUnknownError('no answer'));
    of.confirm.mockRejectedValueOnce(new OutageError('no coordinator'));
    of.append(TASKS, ['a']);
    of.task.start();
    await sentAre(of, ['a']);
    expect(of.confirm).toHaveBeenCalledTimes(2);
    expect(of.outages.some((error) => error instanceof OutageError)).toBe(true);
  });
});

describe('a task that another producer fenced', () => {
  it('is lost when the group says so', async () => {
    const of = rig();
    of.append(TASKS, ['a']);
    of.task.start();
    await sentAre(of, ['a']);
    of.confirm.mockRejectedValue(new FencedError('generation 1 is over'));
    await of.broker.producer().fence([]);
    of.append(TASKS, ['b']);
    await until(() => expect(of.lost).toHaveBeenCalledWith(0));
    expect(of.sent()).toEqual(['a']);
  });
});

describe('a task whose group moves', () => {
  const started = async (of: Rig): Promise<Rig> => {
    of.append(TASKS, ['a']);
    of.task.start();
    await sentAre(of, ['a']);
    return of;
  };

  it('commits what it has before it stands still, and goes on without fencing when it stays', async () => {
    const of = await started(rig());
    await of.task.suspend(1000);
    expect(of.task.phase).toBe('suspended');
    of.append(TASKS, ['b']);
    of.task.keep({ ...MEMBER, generationId: 2 });
    await sentAre(of, ['a', 'b']);
    expect(of.broker.epoch).toBe(1);
  });

  it('begins no other commit on top of one that failed meanwhile: what was staged is processed again', async () => {
    const of = await started(rig());
    const sends = (): number => of.broker.steps.filter((step) => step === 'send').length;
    let fail: (() => void) | undefined;
    of.broker.before = async (step) => {
      if (step !== 'send') return;
      await new Promise<void>((resolve) => (fail = resolve));
      throw new CommitUnknownError('the connection was reset');
    };
    let isStaged = false;
    of.behaviour.set('c', () => {
      isStaged = true;
      return forwarded('c');
    });
    of.append(TASKS, ['b']);
    await until(() => expect(fail).toBeDefined());
    of.append(TASKS, ['c']);
    await until(() => expect(isStaged).toBe(true));
    const before = sends();
    const suspended = of.task.suspend(1000);
    fail!();
    await suspended;
    expect(sends()).toBe(before);
    of.broker.before = () => undefined;
    of.task.keep({ ...MEMBER, generationId: 2 });
    await sentAre(of, ['a', 'b', 'c']);
    expect(of.broker.epoch).toBe(2);
  });

  it('waits no longer than its deadline for a commit, and reads what became of it when it stays', async () => {
    const of = await started(rig());
    let answer = (): void => undefined;
    of.broker.before = (step) => (step === 'commit' ? new Promise((resolve) => (answer = resolve)) : undefined);
    of.append(TASKS, ['b']);
    await until(() => expect(of.broker.steps.at(-1)).toBe('commit'));
    await of.task.suspend(20);
    of.broker.before = () => undefined;
    of.task.keep({ ...MEMBER, generationId: 2 });
    await until(() => expect(of.confirm).toHaveBeenCalledWith(2));
    await sentAre(of, ['a', 'b']);
    answer();
    await until(() => expect(of.task.phase).toBe('running'));
    expect(of.sent()).toEqual(['a', 'b']);
  });

  it('takes itself over once when that commit fails just after it was resumed', async () => {
    const of = await started(rig());
    let fail: (error: Error) => void = () => undefined;
    of.broker.before = (step) => (step === 'sendOffsets' ? new Promise((__, reject) => (fail = reject)) : undefined);
    of.append(TASKS, ['b']);
    await until(() => expect(of.broker.steps.at(-1)).toBe('sendOffsets'));
    await of.task.suspend(20);
    of.broker.before = () => undefined;
    let confirmed = (): void => undefined;
    of.confirm.mockReturnValue(new Promise<void>((resolve) => (confirmed = resolve)));
    of.task.keep({ ...MEMBER, generationId: 2 });
    fail(new FencedError('generation 1 is over'));
    await new Promise(setImmediate);
    confirmed();
    await sentAre(of, ['a', 'b']);
    expect(of.confirm).toHaveBeenCalledTimes(1);
    expect(await of.registry.metrics()).toContain('outcome="unknown"} 0');
    expect(of.lost).not.toHaveBeenCalled();
  });

  it('goes on while the group gathers, and holds what it has processed until its new generation', async () => {
    const of = await started(rig());
    await of.task.suspend(1000);
    of.task.resume();
    of.append(TASKS, ['b']);
    await sentAre(of, ['a', 'b']);
    await of.task.pause(1000);
    expect(of.task.phase).toBe('suspended');
    of.append(TASKS, ['c']);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(of.sent()).toEqual(['a', 'b']);
    of.task.keep({ ...MEMBER, generationId: 2 });
    await sentAre(of, ['a', 'b', 'c']);
    expect(of.broker.epoch).toBe(1);
  });

  it('reads what became of a commit that the group refused while it gathered, once it has its new generation', async () => {
    const of = await started(rig());
    let refuse: (error: Error) => void = () => undefined;
    of.broker.before = (step) => (step === 'sendOffsets' ? new Promise((__, reject) => (refuse = reject)) : undefined);
    of.append(TASKS, ['b']);
    await until(() => expect(of.broker.steps.at(-1)).toBe('sendOffsets'));
    const paused = of.task.pause(1000);
    of.broker.before = () => undefined;
    refuse(new FencedError('generation 1 is over'));
    await paused;
    expect(of.task.phase).toBe('in doubt');
    expect(of.confirm).not.toHaveBeenCalled();
    of.task.keep({ ...MEMBER, generationId: 2 });
    await sentAre(of, ['a', 'b']);
    expect(of.confirm).toHaveBeenCalledExactlyOnceWith(2);
    expect(of.lost).not.toHaveBeenCalled();
  });

  it('commits everything processed and leaves nothing open when it is closed clean', async () => {
    const of = await started(rig());
    let answer = (): void => undefined;
    of.broker.before = (step) => (step === 'send' ? new Promise((resolve) => (answer = resolve)) : undefined);
    of.append(TASKS, ['b']);
    await until(() => expect(of.broker.steps.at(-1)).toBe('send'));
    of.append(TASKS, ['c']);
    await until(() => expect(of.fetcher.fetched.get(of.names.physical(TASKS))?.position).toBe(3));
    await new Promise(setImmediate);
    of.broker.before = () => undefined;
    const closed = of.task.closeClean(1000);
    answer();
    await closed;
    expect(of.sent()).toEqual(['a', 'b', 'c']);
    expect(of.task.phase).toBe('closed');
    expect(of.broker.steps.at(-1)).toBe('committed');
    expect(of.fetcher.fetched.size).toBe(0);
  });

  it('gives up the transaction in flight when closing clean takes too long', async () => {
    const of = await started(rig());
    of.broker.before = (step) => (step === 'sendOffsets' ? new Promise(() => undefined) : undefined);
    of.append(TASKS, ['b']);
    await until(() => expect(of.broker.steps.at(-1)).toBe('sendOffsets'));
    await of.task.closeClean(20);
    expect(of.broker.steps.at(-1)).toBe('abandon');
  });

  it('fences nobody and fetches nothing when it was closed while it waited for the group', async () => {
    const of = await started(rig());
    let confirmed = (): void => undefined;
    of.confirm.mockReturnValue(new Promise<void>((resolve) => (confirmed = resolve)));
    failing(of, 'commit', 1, new CommitUnknownError('no answer'));
    of.append(TASKS, ['b']);
    await until(() => expect(of.confirm).toHaveBeenCalled());
    await of.task.closeDirty();
    const next = of.again();
    next.start();
    await until(() => expect(next.phase).toBe('running'));
    confirmed();
    await new Promise(setImmediate);
    expect(of.broker.epoch).toBe(2);
    of.append(TASKS, ['c']);
    await sentAre(of, ['a', 'b', 'c']);
  });
});

describe('a commit that its store takes long to write, so that the task is taken over meanwhile', () => {
  /** `b` is committed, and this is staged behind it; the store says later that it has `b`. */
  async function takenOver(of: Rig, behind: readonly string[]): Promise<{ written: () => Promise<void> }> {
    of.append(TASKS, ['a']);
    of.task.start();
    await sentAre(of, ['a']);
    let resolve = (): void => undefined;
    const apply = new Promise<void>((done) => (resolve = done));
    const writing = vi.spyOn(of.task.state, 'apply').mockReturnValueOnce(apply);
    const staged: string[] = [];
    for (const text of behind) of.behaviour.set(text, () => (staged.push(text), forwarded(text)));
    of.append(TASKS, ['b']);
    await until(() => expect(writing).toHaveBeenCalledTimes(1));
    of.append(TASKS, behind);
    await until(() => expect(staged).toEqual(behind));
    await of.task.suspend(20);
    expect(of.task.phase).toBe('in doubt');
    of.task.keep({ ...MEMBER, generationId: 2 });
    await until(() => expect(of.task.phase).toBe('running'));
    await sentAre(of, ['a', 'b', ...behind]);
    const written = async (): Promise<void> => {
      resolve();
      await apply;
      for (let turns = 0; turns < 10; turns += 1) await new Promise(setImmediate);
    };
    return { written };
  }

  it('says nothing of the one that is in doubt now', async () => {
    const of = rig();
    const { written } = await takenOver(of, []);
    let answer = (): void => undefined;
    of.broker.before = (step) => (step === 'commit' ? new Promise<void>((resolve) => (answer = resolve)) : undefined);
    of.append(TASKS, ['c']);
    await until(() => expect(of.broker.steps.at(-1)).toBe('commit'));
    await of.task.suspend(20);
    await written();
    expect(of.task.phase).toBe('in doubt');
    of.broker.before = () => undefined;
    answer();
    await until(() => expect(of.task.phase).toBe('suspended'));
    expect(of.sent()).toEqual(['a', 'b', 'c']);
  });

  it('is not followed by the one that was staged behind it', async () => {
    const of = rig();
    const { written } = await takenOver(of, ['c']);
    await of.task.suspend(1000);
    const { length } = of.broker.steps;
    await written();
    expect(of.broker.steps.slice(length)).toEqual([]);
    expect(of.task.phase).toBe('suspended');
  });
});

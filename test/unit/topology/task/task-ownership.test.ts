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
      const setup = rig();
      failing(setup, step, 2, new CommitUnknownError('no answer'));
      setup.append(TASKS, ['a', 'b']);
      setup.task.start();
      await until(() => expect(setup.confirm).toHaveBeenCalledWith(1));
      setup.append(TASKS, ['c']);
      await sentAre(setup, ['a', 'b', 'c']);
      expect(setup.broker.epoch).toBe(2);
      expect(setup.lost).not.toHaveBeenCalled();
      expect(setup.fatal).not.toHaveBeenCalled();
    },
  );

  it('of the first records leaves the positions where they were committed, and says of none that it was set back', async () => {
    const setup = rig();
    const warned = vi.spyOn(setup.parts.worker.log, 'warn');
    failing(setup, 'commit', 2, new CommitUnknownError('no answer'));
    setup.append(TASKS, ['a', 'b']);
    setup.task.start();
    await sentAre(setup, ['a', 'b']);
    expect(warned.mock.calls.map(([, message]) => message as unknown)).toEqual([
      'the outcome of a commit is unknown: it is read from the brokers',
    ]);
  });

  it.each<Step>(['commit', 'committed'])(
    'of the first positions, whatever its cause, is tried again, and said while it is not known (%s)',
    async (step) => {
      const setup = rig();
      failing(setup, step, 1, new CommitUnknownError('the changelog record has no known offset'));
      setup.append(TASKS, ['a']);
      setup.task.start();
      await sentAre(setup, ['a']);
      expect(setup.fatal).not.toHaveBeenCalled();
      expect(setup.outages[0]).toMatchObject({ reason: { code: 'unsettled-transaction' } });
      expect(setup.outages.at(-1)).toBeUndefined();
    },
  );

  it('is left to the other owner when the group has moved on: nothing is fenced again', async () => {
    const setup = rig();
    failing(setup, 'sendOffsets', 2, new CommitUnknownError('no answer'));
    setup.confirm.mockRejectedValue(new FencedError('generation 1 is over'));
    setup.append(TASKS, ['a']);
    setup.task.start();
    await until(() => expect(setup.lost).toHaveBeenCalledWith(0));
    expect(setup.task.phase).toBe('closed');
    expect(setup.broker.epoch).toBe(1);
    expect(setup.fetcher.fetched.size).toBe(0);
  });

  it("waits for the group's word while nobody answers", async () => {
    const setup = rig();
    failing(setup, 'commit', 2, new CommitUnknownError('no answer'));
    setup.confirm.mockRejectedValueOnce(new OutageError('no coordinator'));
    setup.append(TASKS, ['a']);
    setup.task.start();
    await sentAre(setup, ['a']);
    expect(setup.confirm).toHaveBeenCalledTimes(2);
    expect(setup.outages.some((error) => error instanceof OutageError)).toBe(true);
  });
});

describe('a task that another producer fenced', () => {
  it('is lost when the group says so', async () => {
    const setup = rig();
    setup.append(TASKS, ['a']);
    setup.task.start();
    await sentAre(setup, ['a']);
    setup.confirm.mockRejectedValue(new FencedError('generation 1 is over'));
    await setup.broker.producer().fence([]);
    setup.append(TASKS, ['b']);
    await until(() => expect(setup.lost).toHaveBeenCalledWith(0));
    expect(setup.sent()).toEqual(['a']);
  });
});

describe('a task whose group moves', () => {
  const started = async (setup: Rig): Promise<Rig> => {
    setup.append(TASKS, ['a']);
    setup.task.start();
    await sentAre(setup, ['a']);
    return setup;
  };

  it('commits what it has before it stands still, and goes on without fencing when it stays', async () => {
    const setup = await started(rig());
    await setup.task.suspend(1000);
    expect(setup.task.phase).toBe('suspended');
    setup.append(TASKS, ['b']);
    setup.task.keep({ ...MEMBER, generationId: 2 });
    await sentAre(setup, ['a', 'b']);
    expect(setup.broker.epoch).toBe(1);
  });

  it('begins no other commit on top of one that failed meanwhile: what was staged is processed again', async () => {
    const setup = await started(rig());
    const sends = (): number => setup.broker.steps.filter((step) => step === 'send').length;
    let fail: (() => void) | undefined;
    setup.broker.before = async (step) => {
      if (step !== 'send') return;
      await new Promise<void>((resolve) => (fail = resolve));
      throw new CommitUnknownError('the connection was reset');
    };
    let isStaged = false;
    setup.behaviour.set('c', () => {
      isStaged = true;
      return forwarded('c');
    });
    setup.append(TASKS, ['b']);
    await until(() => expect(fail).toBeDefined());
    setup.append(TASKS, ['c']);
    await until(() => expect(isStaged).toBe(true));
    const before = sends();
    const suspended = setup.task.suspend(1000);
    fail!();
    await suspended;
    expect(sends()).toBe(before);
    setup.broker.before = () => undefined;
    setup.task.keep({ ...MEMBER, generationId: 2 });
    await sentAre(setup, ['a', 'b', 'c']);
    expect(setup.broker.epoch).toBe(2);
  });

  it('waits no longer than its deadline for a commit, and reads what became of it when it stays', async () => {
    const setup = await started(rig());
    let answer = (): void => undefined;
    setup.broker.before = (step) => (step === 'commit' ? new Promise((resolve) => (answer = resolve)) : undefined);
    setup.append(TASKS, ['b']);
    await until(() => expect(setup.broker.steps.at(-1)).toBe('commit'));
    await setup.task.suspend(20);
    setup.broker.before = () => undefined;
    setup.task.keep({ ...MEMBER, generationId: 2 });
    await until(() => expect(setup.confirm).toHaveBeenCalledWith(2));
    await sentAre(setup, ['a', 'b']);
    answer();
    await until(() => expect(setup.task.phase).toBe('running'));
    expect(setup.sent()).toEqual(['a', 'b']);
  });

  it('takes itself over once when that commit fails just after it was resumed', async () => {
    const setup = await started(rig());
    let fail: (error: Error) => void = () => undefined;
    setup.broker.before = (step) => (step === 'sendOffsets' ? new Promise((__, reject) => (fail = reject)) : undefined);
    setup.append(TASKS, ['b']);
    await until(() => expect(setup.broker.steps.at(-1)).toBe('sendOffsets'));
    await setup.task.suspend(20);
    setup.broker.before = () => undefined;
    let confirmed = (): void => undefined;
    setup.confirm.mockReturnValue(new Promise<void>((resolve) => (confirmed = resolve)));
    setup.task.keep({ ...MEMBER, generationId: 2 });
    fail(new FencedError('generation 1 is over'));
    await new Promise(setImmediate);
    confirmed();
    await sentAre(setup, ['a', 'b']);
    expect(setup.confirm).toHaveBeenCalledTimes(1);
    expect(await setup.registry.metrics()).toContain('outcome="unknown"} 0');
    expect(setup.lost).not.toHaveBeenCalled();
  });

  it('goes on while the group gathers, and holds what it has processed until its new generation', async () => {
    const setup = await started(rig());
    await setup.task.suspend(1000);
    setup.task.resume();
    setup.append(TASKS, ['b']);
    await sentAre(setup, ['a', 'b']);
    await setup.task.pause(1000);
    expect(setup.task.phase).toBe('suspended');
    setup.append(TASKS, ['c']);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(setup.sent()).toEqual(['a', 'b']);
    setup.task.keep({ ...MEMBER, generationId: 2 });
    await sentAre(setup, ['a', 'b', 'c']);
    expect(setup.broker.epoch).toBe(1);
  });

  it('reads what became of a commit that the group refused while it gathered, once it has its new generation', async () => {
    const setup = await started(rig());
    let refuse: (error: Error) => void = () => undefined;
    setup.broker.before = (step) =>
      step === 'sendOffsets' ? new Promise((__, reject) => (refuse = reject)) : undefined;
    setup.append(TASKS, ['b']);
    await until(() => expect(setup.broker.steps.at(-1)).toBe('sendOffsets'));
    const paused = setup.task.pause(1000);
    setup.broker.before = () => undefined;
    refuse(new FencedError('generation 1 is over'));
    await paused;
    expect(setup.task.phase).toBe('in doubt');
    expect(setup.confirm).not.toHaveBeenCalled();
    setup.task.keep({ ...MEMBER, generationId: 2 });
    await sentAre(setup, ['a', 'b']);
    expect(setup.confirm).toHaveBeenCalledExactlyOnceWith(2);
    expect(setup.lost).not.toHaveBeenCalled();
  });

  it('commits everything processed and leaves nothing open when it is closed clean', async () => {
    const setup = await started(rig());
    let answer = (): void => undefined;
    setup.broker.before = (step) => (step === 'send' ? new Promise((resolve) => (answer = resolve)) : undefined);
    setup.append(TASKS, ['b']);
    await until(() => expect(setup.broker.steps.at(-1)).toBe('send'));
    setup.append(TASKS, ['c']);
    await until(() => expect(setup.fetcher.fetched.get(setup.names.physical(TASKS))?.position).toBe(3));
    await new Promise(setImmediate);
    setup.broker.before = () => undefined;
    const closed = setup.task.closeClean(1000);
    answer();
    await closed;
    expect(setup.sent()).toEqual(['a', 'b', 'c']);
    expect(setup.task.phase).toBe('closed');
    expect(setup.broker.steps.at(-1)).toBe('committed');
    expect(setup.fetcher.fetched.size).toBe(0);
  });

  it('gives up the transaction in flight when closing clean takes too long', async () => {
    const setup = await started(rig());
    setup.broker.before = (step) => (step === 'sendOffsets' ? new Promise(() => undefined) : undefined);
    setup.append(TASKS, ['b']);
    await until(() => expect(setup.broker.steps.at(-1)).toBe('sendOffsets'));
    await setup.task.closeClean(20);
    expect(setup.broker.steps.at(-1)).toBe('abandon');
  });

  it('fences nobody and fetches nothing when it was closed while it waited for the group', async () => {
    const setup = await started(rig());
    let confirmed = (): void => undefined;
    setup.confirm.mockReturnValue(new Promise<void>((resolve) => (confirmed = resolve)));
    failing(setup, 'commit', 1, new CommitUnknownError('no answer'));
    setup.append(TASKS, ['b']);
    await until(() => expect(setup.confirm).toHaveBeenCalled());
    await setup.task.closeDirty();
    const next = setup.again();
    next.start();
    await until(() => expect(next.phase).toBe('running'));
    confirmed();
    await new Promise(setImmediate);
    expect(setup.broker.epoch).toBe(2);
    setup.append(TASKS, ['c']);
    await sentAre(setup, ['a', 'b', 'c']);
  });
});

describe('a commit that its store takes long to write, so that the task is taken over meanwhile', () => {
  /** `b` is committed, and this is staged behind it; the store says later that it has `b`. */
  async function takenOver(setup: Rig, behind: readonly string[]): Promise<{ written: () => Promise<void> }> {
    setup.append(TASKS, ['a']);
    setup.task.start();
    await sentAre(setup, ['a']);
    let resolve = (): void => undefined;
    const apply = new Promise<void>((done) => (resolve = done));
    const writing = vi.spyOn(setup.task.state, 'apply').mockReturnValueOnce(apply);
    const staged: string[] = [];
    for (const text of behind) setup.behaviour.set(text, () => (staged.push(text), forwarded(text)));
    setup.append(TASKS, ['b']);
    await until(() => expect(writing).toHaveBeenCalledTimes(1));
    setup.append(TASKS, behind);
    await until(() => expect(staged).toEqual(behind));
    await setup.task.suspend(20);
    expect(setup.task.phase).toBe('in doubt');
    setup.task.keep({ ...MEMBER, generationId: 2 });
    await until(() => expect(setup.task.phase).toBe('running'));
    await sentAre(setup, ['a', 'b', ...behind]);
    const written = async (): Promise<void> => {
      resolve();
      await apply;
      for (let turns = 0; turns < 10; turns += 1) await new Promise(setImmediate);
    };
    return { written };
  }

  it('says nothing of the one that is in doubt now', async () => {
    const setup = rig();
    const { written } = await takenOver(setup, []);
    let answer = (): void => undefined;
    setup.broker.before = (step) =>
      step === 'commit' ? new Promise<void>((resolve) => (answer = resolve)) : undefined;
    setup.append(TASKS, ['c']);
    await until(() => expect(setup.broker.steps.at(-1)).toBe('commit'));
    await setup.task.suspend(20);
    await written();
    expect(setup.task.phase).toBe('in doubt');
    setup.broker.before = () => undefined;
    answer();
    await until(() => expect(setup.task.phase).toBe('suspended'));
    expect(setup.sent()).toEqual(['a', 'b', 'c']);
  });

  it('is not followed by the one that was staged behind it', async () => {
    const setup = rig();
    const { written } = await takenOver(setup, ['c']);
    await setup.task.suspend(1000);
    const { length } = setup.broker.steps;
    await written();
    expect(setup.broker.steps.slice(length)).toEqual([]);
    expect(setup.task.phase).toBe('suspended');
  });
});

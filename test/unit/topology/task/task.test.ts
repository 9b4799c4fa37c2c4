import { describe, expect, it } from 'vitest';
import { CommitUnknownError, ConfigError } from '../../../../common/errors.js';
import { CRM, NOTHING_COMES_FIRST, rig, sentAre, TASKS, until } from './task-harness.js';

describe('a task that starts', () => {
  it('fences, commits its first positions, and processes what is there and what comes', async () => {
    const setup = rig();
    setup.append(TASKS, ['a', 'b']);
    setup.task.start();
    await sentAre(setup, ['a', 'b']);
    expect(setup.broker.steps.slice(0, 3)).toEqual(['fence', 'send', 'sendOffsets']);
    expect(setup.task.phase).toBe('running');
    setup.append(CRM, ['c']);
    await sentAre(setup, ['a', 'b', 'c']);
    expect(setup.broker.offsets).toEqual(
      new Map([
        [setup.names.physical(TASKS), 2],
        [setup.names.physical(CRM), 1],
      ]),
    );
    expect(setup.fatal).not.toHaveBeenCalled();
  });

  it('writes one changelog record a commit, and stands right behind the last', async () => {
    const setup = rig();
    setup.append(TASKS, ['a']);
    setup.task.start();
    await sentAre(setup, ['a']);
    await until(() => expect(setup.task.phase).toBe('running'));
    expect(setup.broker.changelog).toHaveLength(2);
  });

  it('notifies nobody twice, and goes on where the task before it was killed', async () => {
    const setup = rig();
    setup.append(TASKS, ['a', 'b', 'a']);
    setup.task.start();
    await sentAre(setup, ['a', 'b']);
    await setup.task.closeDirty();
    setup.append(TASKS, ['b', 'c']);
    setup.again().start();
    await sentAre(setup, ['a', 'b', 'c']);
    expect(setup.sent()).toEqual(['a', 'b', 'c']);
  });

  it('restores a store that is behind from the changelog', async () => {
    const setup = rig();
    setup.append(TASKS, ['a']);
    setup.broker.before = (step) => {
      if (step === 'committed' && setup.broker.committed.length === 2) throw new CommitUnknownError('killed here');
    };
    setup.confirm.mockReturnValue(new Promise(() => undefined));
    setup.task.start();
    await sentAre(setup, ['a']);
    await setup.task.closeDirty();
    setup.append(TASKS, ['a', 'b']);
    setup.again().start();
    await sentAre(setup, ['a', 'b']);
  });

  it('begins at the end when it is told to, and there again after a crash before the first record', async () => {
    const setup = rig({ startFrom: 'latest' });
    setup.append(TASKS, ['old']);
    setup.task.start();
    await until(() => expect(setup.task.phase).toBe('running'));
    await setup.task.closeDirty();
    setup.append(TASKS, ['new']);
    setup.again().start();
    await sentAre(setup, ['new']);
  });

  it('asks for START_FROM when a source holds records and nothing was ever committed', async () => {
    const setup = rig({ startFrom: undefined });
    setup.append(TASKS, ['old']);
    setup.task.start();
    await until(() => expect(setup.fatal).toHaveBeenCalled());
    expect(String(setup.fatal.mock.calls[0]![0])).toMatch(/START_FROM is not set.*TASK_EVENT_TOPIC-0/s);
  });

  it('needs no START_FROM when the sources are empty', async () => {
    const setup = rig({ startFrom: undefined });
    setup.task.start();
    await until(() => expect(setup.task.phase).toBe('running'));
    setup.append(TASKS, ['first']);
    await sentAre(setup, ['first']);
  });

  it('goes on from the changelog when the group has lost its offsets', async () => {
    const setup = rig({ startFrom: undefined });
    setup.task.start();
    await until(() => expect(setup.task.phase).toBe('running'));
    setup.append(TASKS, ['a']);
    await sentAre(setup, ['a']);
    await setup.task.closeDirty();
    setup.broker.offsets.clear();
    setup.append(TASKS, ['b']);
    setup.again().start();
    await sentAre(setup, ['a', 'b']);
  });

  it('refuses an empty changelog beside a store that holds something: it may be the only good copy', async () => {
    const setup = rig();
    setup.append(TASKS, ['a']);
    setup.task.start();
    await sentAre(setup, ['a']);
    await until(() => expect(setup.task.storedOffset).toBeGreaterThan(0));
    await setup.task.closeDirty();
    setup.broker.changelog.length = 0;
    setup.broker.changelogEnd = 0;
    setup.again().start();
    await until(() => expect(setup.fatal).toHaveBeenCalled());
    expect(String(setup.fatal.mock.calls[0]![0])).toContain(
      'the changelog app-dedup-changelog-0 is empty beside a store that stands at offset',
    );
  });

  it('reads the account events before the others, at a first start', async () => {
    let read = (): void => undefined;
    const setup = rig({
      topics: [TASKS, 'USER_EVENT_TOPIC'],
      bootstrap: { ...NOTHING_COMES_FIRST, until: () => new Promise<void>((resolve) => (read = resolve)) },
    });
    setup.append(TASKS, ['task']);
    setup.append('USER_EVENT_TOPIC', ['user']);
    setup.task.start();
    await sentAre(setup, ['user']);
    expect([...setup.fetcher.fetched.keys()]).toEqual(['USER_EVENT_TOPIC']);
    read();
    await sentAre(setup, ['task', 'user']);
  });

  it('waits while no broker answers, and says so', async () => {
    const setup = rig();
    let tries = 0;
    setup.broker.before = (step) => {
      if (step === 'fence' && (tries += 1) === 1)
        throw new CommitUnknownError('nobody answers', Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
    };
    setup.append(TASKS, ['a']);
    setup.task.start();
    await sentAre(setup, ['a']);
    expect(setup.outages.some((error) => error instanceof CommitUnknownError)).toBe(true);
    expect(setup.outages.at(-1)).toBeUndefined();
    expect(setup.fatal).not.toHaveBeenCalled();
  });

  it('ends the worker on an error that waiting does not cure', async () => {
    const setup = rig();
    const cause = new ConfigError(['wrong']);
    setup.broker.before = () => {
      throw cause;
    };
    setup.task.start();
    await until(() => expect(setup.fatal).toHaveBeenCalledWith(cause));
  });
});

import { describe, expect, it } from 'vitest';
import { CommitUnknownError, ConfigError } from '../../../../common/errors.js';
import { CRM, NOTHING_COMES_FIRST, rig, sentAre, TASKS, until } from './task-harness.js';

describe('a task that starts', () => {
  it('fences, commits its first positions, and processes what is there and what comes', async () => {
    const of = rig();
    of.append(TASKS, ['a', 'b']);
    of.task.start();
    await sentAre(of, ['a', 'b']);
    expect(of.broker.steps.slice(0, 3)).toEqual(['fence', 'send', 'sendOffsets']);
    expect(of.task.phase).toBe('running');
    of.append(CRM, ['c']);
    await sentAre(of, ['a', 'b', 'c']);
    expect(of.broker.offsets).toEqual(
      new Map([
        [of.names.physical(TASKS), 2],
        [of.names.physical(CRM), 1],
      ]),
    );
    expect(of.fatal).not.toHaveBeenCalled();
  });

  it('writes one changelog record a commit, and stands right behind the last', async () => {
    const of = rig();
    of.append(TASKS, ['a']);
    of.task.start();
    await sentAre(of, ['a']);
    await until(() => expect(of.task.phase).toBe('running'));
    expect(of.broker.changelog).toHaveLength(2);
  });

  it('notifies nobody twice, and goes on where the task before it was killed', async () => {
    const of = rig();
    of.append(TASKS, ['a', 'b', 'a']);
    of.task.start();
    await sentAre(of, ['a', 'b']);
    await of.task.closeDirty();
    of.append(TASKS, ['b', 'c']);
    of.again().start();
    await sentAre(of, ['a', 'b', 'c']);
    expect(of.sent()).toEqual(['a', 'b', 'c']);
  });

  it('restores a store that is behind from the changelog', async () => {
    const of = rig();
    of.append(TASKS, ['a']);
    of.broker.before = (step) => {
      if (step === 'committed' && of.broker.committed.length === 2) throw new CommitUnknownError('killed here');
    };
    of.confirm.mockReturnValue(new Promise(() => undefined));
    of.task.start();
    await sentAre(of, ['a']);
    await of.task.closeDirty();
    of.append(TASKS, ['a', 'b']);
    of.again().start();
    await sentAre(of, ['a', 'b']);
  });

  it('begins at the end when it is told to, and there again after a crash before the first record', async () => {
    const of = rig({ startFrom: 'latest' });
    of.append(TASKS, ['old']);
    of.task.start();
    await until(() => expect(of.task.phase).toBe('running'));
    await of.task.closeDirty();
    of.append(TASKS, ['new']);
    of.again().start();
    await sentAre(of, ['new']);
  });

  it('asks for START_FROM when a source holds records and nothing was ever committed', async () => {
    const of = rig({ startFrom: undefined });
    of.append(TASKS, ['old']);
    of.task.start();
    await until(() => expect(of.fatal).toHaveBeenCalled());
    expect(String(of.fatal.mock.calls[0]![0])).toMatch(/START_FROM is not set.*TASK_EVENT_TOPIC-0/s);
  });

  it('needs no START_FROM when the sources are empty', async () => {
    const of = rig({ startFrom: undefined });
    of.task.start();
    await until(() => expect(of.task.phase).toBe('running'));
    of.append(TASKS, ['first']);
    await sentAre(of, ['first']);
  });

  it('goes on from the changelog when the group has lost its offsets', async () => {
    const of = rig({ startFrom: undefined });
    of.task.start();
    await until(() => expect(of.task.phase).toBe('running'));
    of.append(TASKS, ['a']);
    await sentAre(of, ['a']);
    await of.task.closeDirty();
    of.broker.offsets.clear();
    of.append(TASKS, ['b']);
    of.again().start();
    await sentAre(of, ['a', 'b']);
  });

  it('refuses an empty changelog beside a store that holds something: it may be the only good copy', async () => {
    const of = rig();
    of.append(TASKS, ['a']);
    of.task.start();
    await sentAre(of, ['a']);
    await until(() => expect(of.task.storedOffset).toBeGreaterThan(0));
    await of.task.closeDirty();
    of.broker.changelog.length = 0;
    of.broker.changelogEnd = 0;
    of.again().start();
    await until(() => expect(of.fatal).toHaveBeenCalled());
    expect(String(of.fatal.mock.calls[0]![0])).toContain(
      'the changelog app-dedup-changelog-0 is empty beside a store that stands at offset',
    );
  });

  it('reads the account events before the others, at a first start', async () => {
    let read = (): void => undefined;
    const of = rig({
      topics: [TASKS, 'USER_EVENT_TOPIC'],
      bootstrap: { ...NOTHING_COMES_FIRST, until: () => new Promise<void>((resolve) => (read = resolve)) },
    });
    of.append(TASKS, ['task']);
    of.append('USER_EVENT_TOPIC', ['user']);
    of.task.start();
    await sentAre(of, ['user']);
    expect([...of.fetcher.fetched.keys()]).toEqual(['USER_EVENT_TOPIC']);
    read();
    await sentAre(of, ['task', 'user']);
  });

  it('waits while no broker answers, and says so', async () => {
    const of = rig();
    let tries = 0;
    of.broker.before = (step) => {
      if (step === 'fence' && (tries += 1) === 1)
        throw new CommitUnknownError('nobody answers', Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
    };
    of.append(TASKS, ['a']);
    of.task.start();
    await sentAre(of, ['a']);
    expect(of.outages.some((error) => error instanceof CommitUnknownError)).toBe(true);
    expect(of.outages.at(-1)).toBeUndefined();
    expect(of.fatal).not.toHaveBeenCalled();
  });

  it('ends the worker on an error that waiting does not cure', async () => {
    const of = rig();
    const cause = new ConfigError(['wrong']);
    of.broker.before = () => {
      throw cause;
    };
    of.task.start();
    await until(() => expect(of.fatal).toHaveBeenCalledWith(cause));
  });
});

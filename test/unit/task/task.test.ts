import { describe, expect, it, vi } from 'vitest';
import { CommitUnknownError, ConfigError, FencedError, OutageError } from '../../../topology/errors.js';
import { RefusedError, type OutboundRecord } from '../../../topology/kafka/index.js';
import { BrokerError } from '../../../topology/kafka/protocol-errors.js';
import type { Step } from './fake-producer.js';
import { CRM, failingUntil, MEMBER, rig, TASKS, type Rig } from './task-harness.js';

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 3000, interval: 5 });
const sentAre = (of: Rig, texts: readonly string[]): Promise<void> => until(() => expect(of.sent().sort()).toEqual([...texts].sort()));
const numbered = (count: number, prefix = 'e'): string[] => Array.from({ length: count }, (_, i) => `${prefix}${i}`);

describe('a task that starts', () => {
  it('fences, commits its first positions, and processes what is there and what comes', async () => {
    const of = rig();
    of.append(TASKS, ['a', 'b']);
    of.task.start();
    await sentAre(of, ['a', 'b']);
    expect(of.broker.steps.slice(0, 3)).toEqual(['fence', 'send', 'sendOffsets']);
    expect(of.task.state).toBe('running');
    of.append(CRM, ['c']);
    await sentAre(of, ['a', 'b', 'c']);
    expect(of.broker.offsets).toEqual(new Map([[of.names.physical(TASKS), 2], [of.names.physical(CRM), 1]]));
    expect(of.fatal).not.toHaveBeenCalled();
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
    await until(() => expect(of.task.state).toBe('running'));
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
    await until(() => expect(of.task.state).toBe('running'));
    of.append(TASKS, ['first']);
    await sentAre(of, ['first']);
  });

  it('goes on from the changelog when the group has lost its offsets', async () => {
    const of = rig({ startFrom: undefined });
    of.task.start();
    await until(() => expect(of.task.state).toBe('running'));
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
    expect(String(of.fatal.mock.calls[0]![0])).toContain('the changelog of task 0 is empty beside a store that stands at offset');
  });

  it('reads the account events before the others, at a first start', async () => {
    let read = (): void => undefined;
    const of = rig({ topics: [TASKS, 'USER_EVENT_TOPIC'], accountsRead: () => new Promise((resolve) => (read = resolve)) });
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
      if (step === 'fence' && (tries += 1) === 1) throw new CommitUnknownError('nobody answers', Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
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

describe('a record that trying again may cure', () => {
  it('is tried again, and processed when it works', async () => {
    const of = rig();
    of.behaviour.set('later', failingUntil(3, 'later'));
    of.append(TASKS, ['a', 'later', 'b']);
    of.task.start();
    await sentAre(of, ['a', 'b', 'later']);
    expect(of.sent()).toEqual(['a', 'later', 'b']);
    expect(of.deadLetters()).toEqual([]);
  });

  it('is dead-lettered as failed after three tries in all', async () => {
    const of = rig();
    of.behaviour.set('never', failingUntil(99, 'never'));
    of.append(TASKS, ['never', 'b']);
    of.task.start();
    await sentAre(of, ['b']);
    expect(of.deadLetters()).toEqual(['never failed 3']);
  });

  it('waits longer each time, and holds back its own source partition alone', async () => {
    const of = rig();
    const tried: number[] = [];
    of.behaviour.set('never', (attempt) => {
      tried.push(performance.now());
      return failingUntil(99, 'never')(attempt);
    });
    of.append(TASKS, ['never', 'behind']);
    of.append(CRM, ['other']);
    of.task.start();
    await sentAre(of, ['other']);
    await sentAre(of, ['other', 'behind']);
    expect(tried).toHaveLength(3);
    expect(tried[1]! - tried[0]!).toBeGreaterThanOrEqual(9);
    expect(tried[2]! - tried[1]!).toBeGreaterThanOrEqual(19);
  });
});

describe('a record of a schema that is not known yet', () => {
  it('holds back its own source partition and no other, until the registry has answered', async () => {
    const of = rig();
    let isKnown = false;
    of.behaviour.set('unknown', () => (isKnown ? failingUntil(0, 'unknown')(1) : { kind: 'unresolved', schemaId: 77 }));
    of.append(TASKS, ['before', 'unknown', 'behind']);
    of.append(CRM, ['other']);
    of.task.start();
    await sentAre(of, ['before', 'other']);
    await until(() => expect(of.schemas.map(({ schemaId }) => schemaId)).toEqual([77]));
    of.append(CRM, ['another']);
    await sentAre(of, ['before', 'other', 'another']);
    isKnown = true;
    of.schemas[0]!.answer();
    await sentAre(of, ['before', 'other', 'another', 'unknown', 'behind']);
  });
});

describe('a source with a long backlog', () => {
  it('does not keep the other sources of the task waiting', async () => {
    const of = rig({ commitRecords: 100_000 });
    const order: string[] = [];
    for (const text of numbered(2000).concat('other')) of.behaviour.set(text, (attempt) => (order.push(text), failingUntil(0, text)(attempt)));
    for (let at = 0; at < 2000; at += 50) of.append(TASKS, numbered(2000).slice(at, at + 50));
    of.append(CRM, ['other']);
    of.task.start();
    await until(() => expect(of.sent()).toHaveLength(2001));
    expect(order.indexOf('other')).toBeLessThan(500);
  });
});

describe('a commit that the broker refuses', () => {
  const refusing = (of: Rig, isRefused: (records: readonly OutboundRecord[]) => boolean, code = 10): void => {
    of.broker.before = (step, records) => {
      if (step === 'send' && isRefused(records)) throw new RefusedError(new BrokerError(code, 'Produce to EMAIL-0', { topic: 'EMAIL', partition: 0 }));
    };
  };
  const has = (records: readonly OutboundRecord[], text: string): boolean => records.some(({ topic, value }) => topic === 'EMAIL_REQUEST_TOPIC' && value?.toString() === text);

  it('is split until the culprit stands alone, which is dead-lettered; everything else goes out once', async () => {
    const of = rig();
    refusing(of, (records) => has(records, 'e13') || has(records, 'e27'));
    of.append(TASKS, numbered(40));
    of.task.start();
    await sentAre(of, numbered(40).filter((text) => text !== 'e13' && text !== 'e27'));
    await until(() => expect(of.deadLetters()).toEqual(['e13 too-large 1', 'e27 too-large 1']));
    expect(of.fatal).not.toHaveBeenCalled();
    expect(of.broker.steps.filter((step) => step === 'fence')).toHaveLength(1);
  });

  it('for another reason dead-letters its culprit as failed', async () => {
    const of = rig();
    refusing(of, (records) => has(records, 'bad'), 32);
    of.append(TASKS, ['bad', 'good']);
    of.task.start();
    await sentAre(of, ['good']);
    await until(() => expect(of.deadLetters()).toEqual(['bad failed 1']));
  });

  it('ends the worker when even the dead letter is refused: it never loops', async () => {
    const of = rig();
    refusing(of, (records) => records.some(({ topic }) => topic !== of.names.changelog));
    of.append(TASKS, ['bad']);
    of.task.start();
    await until(() => expect(of.fatal).toHaveBeenCalled());
    expect(String(of.fatal.mock.calls[0]![0])).toContain('the broker refuses even the dead letter of TASK_EVENT_TOPIC-0@0');
  });
});

/** Fails the n-th time that this step is reached. */
const failing = (of: Rig, step: Step, nth: number, error: Error): void => {
  let times = 0;
  of.broker.before = (at) => {
    if (at === step && (times += 1) === nth) throw error;
  };
};

describe('a commit of unknown outcome', () => {
  // The first commit is that of the first positions.
  it.each<[string, Step]>([
    ['that did not happen', 'commit'],
    ['that did', 'committed'],
  ])('%s is settled by the group\'s word, a new producer and the brokers\' offsets: each event goes out once', async (_, step) => {
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
  });

  it('is left to the other owner when the group has moved on: nothing is fenced again', async () => {
    const of = rig();
    failing(of, 'sendOffsets', 2, new CommitUnknownError('no answer'));
    of.confirm.mockRejectedValue(new FencedError('generation 1 is over'));
    of.append(TASKS, ['a']);
    of.task.start();
    await until(() => expect(of.lost).toHaveBeenCalledWith(0));
    expect(of.task.state).toBe('closed');
    expect(of.broker.epoch).toBe(1);
    expect(of.fetcher.fetched.size).toBe(0);
  });

  it('waits for the group\'s word while nobody answers', async () => {
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
    expect(of.task.state).toBe('suspended');
    of.append(TASKS, ['b']);
    of.task.resume({ ...MEMBER, generationId: 2 });
    await sentAre(of, ['a', 'b']);
    expect(of.broker.epoch).toBe(1);
  });

  it('waits no longer than its deadline for a commit, and reads what became of it when it stays', async () => {
    const of = await started(rig());
    let answer = (): void => undefined;
    of.broker.before = (step) => (step === 'commit' ? new Promise((resolve) => (answer = resolve)) : undefined);
    of.append(TASKS, ['b']);
    await until(() => expect(of.broker.steps.at(-1)).toBe('commit'));
    await of.task.suspend(20);
    of.broker.before = () => undefined;
    of.task.resume({ ...MEMBER, generationId: 2 });
    await until(() => expect(of.confirm).toHaveBeenCalledWith(2));
    await sentAre(of, ['a', 'b']);
    answer();
    await until(() => expect(of.task.state).toBe('running'));
    expect(of.sent()).toEqual(['a', 'b']);
  });

  it('takes itself over once when that commit fails just after it was resumed', async () => {
    const of = await started(rig());
    let fail = (_: Error): void => undefined;
    of.broker.before = (step) => (step === 'sendOffsets' ? new Promise((_, reject) => (fail = reject)) : undefined);
    of.append(TASKS, ['b']);
    await until(() => expect(of.broker.steps.at(-1)).toBe('sendOffsets'));
    await of.task.suspend(20);
    of.broker.before = () => undefined;
    let confirmed = (): void => undefined;
    of.confirm.mockReturnValue(new Promise<void>((resolve) => (confirmed = resolve)));
    of.task.resume({ ...MEMBER, generationId: 2 });
    fail(new FencedError('generation 1 is over'));
    await new Promise(setImmediate);
    confirmed();
    await sentAre(of, ['a', 'b']);
    expect(of.confirm).toHaveBeenCalledTimes(1);
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
    expect(of.task.state).toBe('closed');
    expect(of.broker.steps.at(-1)).toBe('committed');
    expect(of.fetcher.fetched.size).toBe(0);
  });

  it('aborts the transaction in flight when closing clean takes too long', async () => {
    const of = await started(rig());
    of.broker.before = (step) => (step === 'sendOffsets' ? new Promise(() => undefined) : undefined);
    of.append(TASKS, ['b']);
    await until(() => expect(of.broker.steps.at(-1)).toBe('sendOffsets'));
    await of.task.closeClean(20);
    expect(of.broker.steps.at(-1)).toBe('abort');
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
    await until(() => expect(next.state).toBe('running'));
    confirmed();
    await new Promise(setImmediate);
    expect(of.broker.epoch).toBe(2);
    of.append(TASKS, ['c']);
    await sentAre(of, ['a', 'b', 'c']);
  });
});

/** Past its dead-letter budget a source partition pauses before the next dead letter: nothing is lost, nothing skipped. */
import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import { RecordHeaders } from '../../../../common/record-headers.js';
import type { DeadLetterCause } from '../../../../processors/outcome.js';
import { BrokerError } from '../../../../topology/kafka/protocol/protocol-errors.js';
import { RefusedError } from '../../../../topology/kafka/index.js';
import { DeadLetterPauses } from '../../../../topology/task/dead-letter-pauses.js';
import { forwarded } from './records.js';
import { CRM, failing, NEWER_RULES, rig, sentAre, TASKS, until, type Rig, type RigOptions } from './task-harness.js';
import { failingUntil } from './text-executor.js';

const SOURCE = `${TASKS}-0` as const;
const CAUSE: DeadLetterCause = { reason: 'bad-magic', message: 'no Avro', attempts: 1 };
/** Five records are enough, all of them dead. */
const DEAR = { percent: 100, leastRecords: 5, windowMs: 60_000 };

const texts = (name: string, count: number): string[] => Array.from({ length: count }, (_, at) => `${name}${at}`);
const poisoned = (setup: Rig, all: readonly string[]): readonly string[] => {
  for (const text of all) setup.behaviour.set(text, () => ({ kind: 'dead-lettered', cause: CAUSE }));
  return all;
};
const budgeted = (options: RigOptions = {}): Rig => rig({ deadLetterBudget: DEAR, ...options });
const paused = (setup: Rig): unknown[] =>
  [...(setup.task.pauses?.paused ?? [])].map(([source, { offset }]) => [source, offset]);
const committedTo = (setup: Rig): number | undefined => setup.broker.offsets.get(setup.names.physical(TASKS));
const letters = (count: number, name = 'p'): string[] =>
  texts(name, count)
    .map((text) => `${text} bad-magic 1`)
    .sort();

describe('a source partition whose dead letters are past its budget', () => {
  it('pauses before the next of them, which is neither lost nor skipped, and the others go on', async () => {
    const setup = budgeted();
    const logged = vi.spyOn(setup.parts.worker.log, 'error');
    setup.append(TASKS, [...poisoned(setup, texts('p', 8)), 'behind']);
    setup.append(CRM, ['other']);
    setup.task.start();
    await until(() => expect(paused(setup)).toEqual([[SOURCE, 5]]));
    setup.append(CRM, ['another']);
    await sentAre(setup, ['other', 'another']);
    await until(() => expect(setup.deadLetters().sort()).toEqual(letters(5)));
    expect(committedTo(setup)).toBe(5);
    expect(logged.mock.calls.map(([fields]) => fields)).toEqual([
      {
        ...{ partition: `${setup.names.physical(TASKS)}-0`, offset: 5, reason: 'bad-magic', cause: 'no Avro' },
        ...{ records: 5, deadLetters: 5, budget: DEAR },
      },
    ]);
    await setup.task.closeClean(1000);
  });

  it('goes on when it is resumed, with an empty window, until that is spent as well', async () => {
    const setup = budgeted();
    setup.append(TASKS, poisoned(setup, texts('p', 13)));
    setup.task.start();
    for (const offset of [5, 10]) {
      await until(() => expect(paused(setup)).toEqual([[SOURCE, offset]]));
      await until(() => expect(committedTo(setup)).toBe(offset));
      setup.task.pauses!.resume(SOURCE);
    }
    await until(() => expect(setup.deadLetters().sort()).toEqual(letters(13)));
    expect(paused(setup)).toEqual([]);
    await setup.task.closeClean(1000);
  });

  it('goes on by itself on another worker, and after a restart', async () => {
    const setup = budgeted();
    setup.append(TASKS, [...poisoned(setup, texts('p', 8)), 'behind']);
    setup.task.start();
    await until(() => expect(paused(setup)).toEqual([[SOURCE, 5]]));
    await setup.task.closeClean(1000);
    expect(committedTo(setup)).toBe(5);
    const next = setup.again();
    next.start();
    await sentAre(setup, ['behind']);
    expect(setup.deadLetters().sort()).toEqual(letters(8));
    await next.closeClean(1000);
  });

  it('stays paused when its task is taken over again by the same worker, and is resumed all the same', async () => {
    const setup = budgeted();
    setup.append(TASKS, poisoned(setup, texts('p', 8)));
    setup.task.start();
    await until(() => expect(paused(setup)).toEqual([[SOURCE, 5]]));
    setup.task.recreated();
    await until(() => expect(setup.task.phase).toBe('running'));
    setup.append(CRM, ['other']);
    await sentAre(setup, ['other']);
    expect([paused(setup), setup.deadLetters().sort()]).toEqual([[[SOURCE, 5]], letters(5)]);
    setup.task.pauses!.resume(SOURCE);
    await until(() => expect(setup.deadLetters().sort()).toEqual(letters(8)));
    await setup.task.closeClean(1000);
  });

  it('is not counted twice for what a refused commit has read again', async () => {
    const setup = budgeted({ commitRecords: 3 });
    const refusal = new BrokerError(10, 'Produce', { topic: setup.names.physical('NOTIFICATION_DLQ'), partition: 0 });
    failing(setup, 'send', 2, new RefusedError(refusal));
    setup.append(TASKS, [...poisoned(setup, texts('p', 4)), 'good', ...poisoned(setup, texts('q', 2))]);
    setup.task.start();
    await sentAre(setup, ['good']);
    await until(() => expect(committedTo(setup)).toBe(7));
    expect(setup.deadLetters().sort()).toEqual([...letters(4), ...letters(2, 'q')]);
    expect(paused(setup)).toEqual([]);
    await setup.task.closeClean(1000);
  });

  it('is not paused any more once its record, read again, is none that would be dead-lettered', async () => {
    const setup = budgeted();
    setup.append(TASKS, [...poisoned(setup, texts('p', 6)), 'behind']);
    setup.task.start();
    await until(() => expect(paused(setup)).toEqual([[SOURCE, 5]]));
    setup.behaviour.set('p5', () => forwarded('p5'));
    setup.task.recreated();
    await sentAre(setup, ['p5', 'behind']);
    expect(paused(setup)).toEqual([]);
    await setup.task.closeClean(1000);
  });

  it('counts every dead letter: also those that were tried again, and those that waited for newer rules', async () => {
    const setup = budgeted({ waitMs: 0 });
    setup.parts.group.newerRules.joined(NEWER_RULES);
    const cause = { ...CAUSE, reason: 'unknown-type' } as const;
    for (const text of texts('n', 4)) setup.behaviour.set(text, () => ({ kind: 'waiting', eventType: 'n', cause }));
    for (const text of ['failed0', 'failed1']) setup.behaviour.set(text, failingUntil(99, text));
    setup.append(TASKS, [...texts('n', 4), 'failed0', 'failed1']);
    setup.task.start();
    await until(() => expect(paused(setup)).toEqual([[SOURCE, 5]]));
    await until(() => expect(committedTo(setup)).toBe(5));
    expect(setup.deadLetters()).toHaveLength(5);
    setup.task.pauses!.resume(SOURCE);
    await until(() => expect(setup.deadLetters().at(-1)).toBe('failed1 failed 3'));
    await setup.task.closeClean(1000);
  });

  describe('at a record that the brokers refuse', () => {
    const refused = (): { setup: Rig; mend: () => void } => {
      const setup = budgeted();
      let isBroken = true;
      setup.broker.before = (step, records) => {
        const isBad = records.some(({ topic, value }) => topic === 'EMAIL_REQUEST_TOPIC' && String(value) === 'bad');
        if (isBroken && step === 'send' && isBad)
          throw new RefusedError(new BrokerError(10, 'Produce', { topic: 'EMAIL_REQUEST_TOPIC', partition: 0 }));
      };
      setup.append(TASKS, [...poisoned(setup, texts('p', 5)), 'bad', ...texts('g', 50)]);
      setup.task.start();
      return { setup, mend: () => (isBroken = false) };
    };

    it('does not keep the commits of the others small', async () => {
      const { setup } = refused();
      await until(() => expect(paused(setup)).toEqual([[SOURCE, 5]]));
      const commits = (): number => setup.broker.steps.filter((step) => step === 'commit').length;
      const before = commits();
      setup.append(CRM, texts('other', 100));
      await sentAre(setup, texts('other', 100));
      expect(commits() - before).toBeLessThan(5);
      await setup.task.closeClean(1000);
    });

    it('pauses there again when its task is taken over, and processes it from the start once it is resumed', async () => {
      const { setup, mend } = refused();
      await until(() => expect(paused(setup)).toEqual([[SOURCE, 5]]));
      setup.task.recreated();
      setup.append(CRM, ['other']);
      await sentAre(setup, ['other']);
      await until(() => expect(setup.task.phase).toBe('running'));
      expect([paused(setup), setup.deadLetters()]).toEqual([[[SOURCE, 5]], letters(5)]);
      mend();
      setup.task.pauses!.resume(SOURCE);
      await sentAre(setup, ['other', 'bad', ...texts('g', 50)]);
      expect(setup.deadLetters()).toEqual(letters(5));
      await setup.task.closeClean(1000);
    });
  });

  it('keeps nothing of the takeovers before: only the last one that came to it hears that it is resumed', async () => {
    const pauses = new DeadLetterPauses({
      limits: DEAR,
      log: pino({ level: 'silent' }),
      clock: { now: () => 0 },
      nameOf: () => SOURCE,
    });
    const spent = { counts: new Map([[SOURCE, { records: 5, deadLetters: 5 }]]) };
    pauses.committed(spent);
    const headers = RecordHeaders.NONE;
    const record = {
      topic: TASKS,
      partition: 0,
      source: SOURCE,
      offset: 5,
      timestamp: 0,
      key: null,
      value: null,
      headers,
    };
    const heard: string[] = [];
    for (const takeover of ['first', 'second', 'third'])
      void pauses.before(record, CAUSE, [])!.then(() => heard.push(takeover));
    pauses.resume(SOURCE);
    await Promise.resolve();
    expect(heard).toEqual(['third']);
  });

  it('is never paused without a budget', async () => {
    const setup = rig();
    setup.append(TASKS, poisoned(setup, texts('p', 2000)));
    setup.task.start();
    await until(() => expect(setup.deadLetters()).toHaveLength(2000));
    expect(setup.task.pauses).toBeUndefined();
    await setup.task.closeClean(1000);
  });
});

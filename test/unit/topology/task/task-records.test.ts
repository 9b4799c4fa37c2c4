import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { RefusedError, type OutboundRecord } from '../../../../topology/kafka/index.js';
import { BrokerError } from '../../../../topology/kafka/protocol/protocol-errors.js';
import { CRM, rig, sentAre, TASKS, until, type Rig } from './task-harness.js';
import { failingUntil } from './text-executor.js';

const refusal = (topic: string, code: number): RefusedError =>
  new RefusedError(new BrokerError(code, `Produce to ${topic}-0`, { topic, partition: 0 }));

const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => `e${i}`);

describe('a task with more to do than a commit may hold', () => {
  it('gives every source its turn, whatever waits in those before it', async () => {
    const setup = rig({ commitRecords: 10 });
    const many = Array.from({ length: 500 }, (_, i) => `a${i}`);
    setup.append(TASKS, many);
    setup.append(CRM, ['b']);
    setup.task.start();
    await sentAre(setup, [...many, 'b']);
    expect(setup.sent().indexOf('b')).toBeLessThan(30);
  });
});

describe('a record that trying again may cure', () => {
  it('is tried again, and processed when it works', async () => {
    const setup = rig();
    setup.behaviour.set('later', failingUntil(3, 'later'));
    setup.append(TASKS, ['a', 'later', 'b']);
    setup.task.start();
    await sentAre(setup, ['a', 'b', 'later']);
    expect(setup.sent()).toEqual(['a', 'later', 'b']);
    expect(setup.deadLetters()).toEqual([]);
  });

  it('is dead-lettered as failed after three tries in all', async () => {
    const setup = rig();
    setup.behaviour.set('never', failingUntil(99, 'never'));
    setup.append(TASKS, ['never', 'b']);
    setup.task.start();
    await sentAre(setup, ['b']);
    expect(setup.deadLetters()).toEqual(['never failed 3']);
  });

  it('waits longer each time, and holds back its own source partition alone', async () => {
    const setup = rig();
    const tried: number[] = [];
    setup.behaviour.set('never', (attempt) => {
      tried.push(performance.now());
      return failingUntil(99, 'never')(attempt);
    });
    setup.append(TASKS, ['never', 'behind']);
    setup.append(CRM, ['other']);
    setup.task.start();
    await sentAre(setup, ['other']);
    await sentAre(setup, ['other', 'behind']);
    expect(tried).toHaveLength(3);
    expect(tried[1]! - tried[0]!).toBeGreaterThanOrEqual(9);
    expect(tried[2]! - tried[1]!).toBeGreaterThanOrEqual(19);
  });
});

describe('a record of a schema that is not known yet', () => {
  it('holds back its own source partition and no other, until the registry has answered', async () => {
    const setup = rig();
    let isKnown = false;
    setup.behaviour.set('unknown', () =>
      isKnown ? failingUntil(0, 'unknown')(1) : { kind: 'unresolved', schemaId: 77 },
    );
    setup.append(TASKS, ['before', 'unknown', 'behind']);
    setup.append(CRM, ['other']);
    setup.task.start();
    await sentAre(setup, ['before', 'other']);
    await until(() => expect(setup.schemas).toHaveLength(1));
    expect(setup.schemas[0]).toMatchObject({ schemaId: 77, ahead: ['behind'] });
    setup.append(CRM, ['another']);
    await sentAre(setup, ['before', 'other', 'another']);
    setup.schemas[0]!.retry();
    expect(await setup.registry.metrics()).toContain(`retries_total{topic="${TASKS}"} 1`);
    isKnown = true;
    setup.schemas[0]!.answer();
    await sentAre(setup, ['before', 'other', 'another', 'unknown', 'behind']);
  });
});

describe('a source with a long backlog', () => {
  it('does not keep the other sources of the task waiting', async () => {
    const setup = rig({ commitRecords: 100_000 });
    const order: string[] = [];
    for (const text of numbered(2000).concat('other'))
      setup.behaviour.set(text, (attempt) => (order.push(text), failingUntil(0, text)(attempt)));
    setup.append(TASKS, numbered(2000));
    setup.append(CRM, ['other']);
    setup.task.start();
    await until(() => expect(setup.sent()).toHaveLength(2001));
    expect(order.indexOf('other')).toBeLessThan(500);
  });
});

describe('a commit that the broker refuses', () => {
  const refusing = (setup: Rig, isRefused: (records: readonly OutboundRecord[]) => boolean, code = 10): void => {
    setup.broker.before = (step, records) => {
      if (step === 'send' && isRefused(records)) throw refusal('EMAIL_REQUEST_TOPIC', code);
    };
  };
  const has = (records: readonly OutboundRecord[], text: string): boolean =>
    records.some(({ topic, value }) => topic === 'EMAIL_REQUEST_TOPIC' && value?.toString() === text);

  it('is split until the culprit stands alone, which is dead-lettered; everything else goes out once', async () => {
    const setup = rig();
    refusing(setup, (records) => has(records, 'e13') || has(records, 'e27'));
    setup.append(TASKS, numbered(40));
    setup.task.start();
    await sentAre(
      setup,
      numbered(40).filter((text) => text !== 'e13' && text !== 'e27'),
    );
    await until(() => expect(setup.deadLetters()).toEqual(['e13 too-large 1', 'e27 too-large 1']));
    expect(setup.fatal).not.toHaveBeenCalled();
    expect(setup.broker.steps.filter((step) => step === 'fence')).toHaveLength(1);
  });

  it('for another reason dead-letters its culprit as failed', async () => {
    const setup = rig();
    refusing(setup, (records) => has(records, 'bad'), 87);
    setup.append(TASKS, ['bad', 'good']);
    setup.task.start();
    await sentAre(setup, ['good']);
    await until(() => expect(setup.deadLetters()).toEqual(['bad failed 1']));
  });

  it.each([
    ['a missing right', 29],
    ['the time of our own clock', 32],
  ])('for %s is retried until it is taken, and dead-letters nothing', async (_, code) => {
    const setup = rig();
    let isRefusing = true;
    refusing(setup, (records) => isRefusing && has(records, 'good'), code);
    setup.append(TASKS, ['good', 'other']);
    setup.task.start();
    await until(() => expect(setup.outages.at(-1)).toBeInstanceOf(RefusedError));
    isRefusing = false;
    await sentAre(setup, ['good', 'other']);
    expect(setup.deadLetters()).toEqual([]);
    await until(() => expect(setup.outages.at(-1)).toBeUndefined());
  });

  it('dead-letters what is refused at the head of two sources at a time, and nothing else', async () => {
    const setup = rig();
    refusing(setup, (records) => has(records, 'bad1') || has(records, 'bad2'));
    setup.append(TASKS, ['bad1', 'a']);
    setup.append(CRM, ['bad2', 'b']);
    setup.task.start();
    await sentAre(setup, ['a', 'b']);
    await until(() => expect(setup.deadLetters()).toHaveLength(2));
    expect(setup.fatal).not.toHaveBeenCalled();
  });

  it('waits, and says so, while the dead-letter topic takes nothing; then goes on', async () => {
    const setup = rig();
    let isClosed = true;
    setup.broker.before = (step, records) => {
      if (step !== 'send') return;
      if (has(records, 'bad')) throw refusal('EMAIL_REQUEST_TOPIC', 10);
      if (isClosed && records.some(({ topic }) => topic === 'NOTIFICATION_DLQ')) throw refusal('NOTIFICATION_DLQ', 87);
    };
    setup.append(TASKS, ['bad', 'good']);
    setup.task.start();
    await until(() => expect(setup.outages.at(-1)).toBeInstanceOf(RefusedError));
    expect(setup.deadLetters()).toEqual([]);
    isClosed = false;
    await sentAre(setup, ['good']);
    expect(setup.deadLetters()).toEqual(['bad too-large 1']);
    await until(() => expect(setup.outages.at(-1)).toBeUndefined());
    expect(setup.fatal).not.toHaveBeenCalled();
  });

  it('makes its dead letter smaller until its topic takes it', async () => {
    const setup = rig();
    const sizes: number[] = [];
    const poison = randomBytes(300_000).toString('hex');
    const cause = { reason: 'undecodable', message: 'poison', attempts: 1 } as const;
    setup.behaviour.set(poison, () => ({ kind: 'dead-lettered', cause }));
    setup.broker.before = (step, records) => {
      const letter = records.find(({ topic }) => topic === 'NOTIFICATION_DLQ');
      if (step !== 'send' || !letter) return;
      sizes.push(letter.value!.length);
      if (letter.value!.length > 200_000) throw refusal('NOTIFICATION_DLQ', 10);
    };
    setup.append(TASKS, [poison, 'good']);
    setup.task.start();
    await sentAre(setup, ['good']);
    await until(() => expect(setup.deadLetters()).toHaveLength(1));
    expect(sizes.at(-1)).toBeLessThan(200_000);
    const [letter] = setup.broker.committed.flatMap(({ records }) =>
      records.filter(({ topic }) => topic === 'NOTIFICATION_DLQ'),
    );
    expect(Object.fromEntries(letter!.headers!)).toMatchObject({
      'dlq.truncated': Buffer.from('true'),
      'dlq.original-bytes': Buffer.from(String(poison.length + ' undecodable 1'.length)),
    });
    expect(setup.fatal).not.toHaveBeenCalled();
  });
});

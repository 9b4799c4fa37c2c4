import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { RefusedError, type OutboundRecord } from '../../../../topology/kafka/index.js';
import { BrokerError } from '../../../../topology/kafka/protocol/protocol-errors.js';
import { CRM, failingUntil, rig, sentAre, TASKS, until, type Rig } from './task-harness.js';

const refusal = (topic: string, code: number): RefusedError =>
  new RefusedError(new BrokerError(code, `Produce to ${topic}-0`, { topic, partition: 0 }));

const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => `e${i}`);

describe('a task with more to do than a commit may hold', () => {
  it('gives every source its turn, whatever waits in those before it', async () => {
    const of = rig({ commitRecords: 10 });
    const many = Array.from({ length: 500 }, (_, i) => `a${i}`);
    of.append(TASKS, many);
    of.append(CRM, ['b']);
    of.task.start();
    await sentAre(of, [...many, 'b']);
    expect(of.sent().indexOf('b')).toBeLessThan(30);
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
    await until(() => expect(of.schemas).toHaveLength(1));
    expect(of.schemas[0]).toMatchObject({ schemaId: 77, ahead: ['behind'] });
    of.append(CRM, ['another']);
    await sentAre(of, ['before', 'other', 'another']);
    of.schemas[0]!.retry();
    expect(await of.registry.metrics()).toContain(`retries_total{topic="${TASKS}"} 1`);
    isKnown = true;
    of.schemas[0]!.answer();
    await sentAre(of, ['before', 'other', 'another', 'unknown', 'behind']);
  });
});

describe('a source with a long backlog', () => {
  it('does not keep the other sources of the task waiting', async () => {
    const of = rig({ commitRecords: 100_000 });
    const order: string[] = [];
    for (const text of numbered(2000).concat('other'))
      of.behaviour.set(text, (attempt) => (order.push(text), failingUntil(0, text)(attempt)));
    of.append(TASKS, numbered(2000));
    of.append(CRM, ['other']);
    of.task.start();
    await until(() => expect(of.sent()).toHaveLength(2001));
    expect(order.indexOf('other')).toBeLessThan(500);
  });
});

describe('a commit that the broker refuses', () => {
  const refusing = (of: Rig, isRefused: (records: readonly OutboundRecord[]) => boolean, code = 10): void => {
    of.broker.before = (step, records) => {
      if (step === 'send' && isRefused(records)) throw refusal('EMAIL_REQUEST_TOPIC', code);
    };
  };
  const has = (records: readonly OutboundRecord[], text: string): boolean =>
    records.some(({ topic, value }) => topic === 'EMAIL_REQUEST_TOPIC' && value?.toString() === text);

  it('is split until the culprit stands alone, which is dead-lettered; everything else goes out once', async () => {
    const of = rig();
    refusing(of, (records) => has(records, 'e13') || has(records, 'e27'));
    of.append(TASKS, numbered(40));
    of.task.start();
    await sentAre(
      of,
      numbered(40).filter((text) => text !== 'e13' && text !== 'e27'),
    );
    await until(() => expect(of.deadLetters()).toEqual(['e13 too-large 1', 'e27 too-large 1']));
    expect(of.fatal).not.toHaveBeenCalled();
    expect(of.broker.steps.filter((step) => step === 'fence')).toHaveLength(1);
  });

  it('for another reason dead-letters its culprit as failed', async () => {
    const of = rig();
    refusing(of, (records) => has(records, 'bad'), 87);
    of.append(TASKS, ['bad', 'good']);
    of.task.start();
    await sentAre(of, ['good']);
    await until(() => expect(of.deadLetters()).toEqual(['bad failed 1']));
  });

  it.each([
    ['a missing right', 29],
    ['the time of our own clock', 32],
  ])('for %s is made again until it is taken, and dead-letters nothing', async (_, code) => {
    const of = rig();
    let isRefusing = true;
    refusing(of, (records) => isRefusing && has(records, 'good'), code);
    of.append(TASKS, ['good', 'other']);
    of.task.start();
    await until(() => expect(of.outages.at(-1)).toBeInstanceOf(RefusedError));
    isRefusing = false;
    await sentAre(of, ['good', 'other']);
    expect(of.deadLetters()).toEqual([]);
    await until(() => expect(of.outages.at(-1)).toBeUndefined());
  });

  it('dead-letters what is refused at the head of two sources at a time, and nothing else', async () => {
    const of = rig();
    refusing(of, (records) => has(records, 'bad1') || has(records, 'bad2'));
    of.append(TASKS, ['bad1', 'a']);
    of.append(CRM, ['bad2', 'b']);
    of.task.start();
    await sentAre(of, ['a', 'b']);
    await until(() => expect(of.deadLetters()).toHaveLength(2));
    expect(of.fatal).not.toHaveBeenCalled();
  });

  it('waits, and says so, while the dead-letter topic takes nothing; then goes on', async () => {
    const of = rig();
    let isClosed = true;
    of.broker.before = (step, records) => {
      if (step !== 'send') return;
      if (has(records, 'bad')) throw refusal('EMAIL_REQUEST_TOPIC', 10);
      if (isClosed && records.some(({ topic }) => topic === 'NOTIFICATION_DLQ')) throw refusal('NOTIFICATION_DLQ', 87);
    };
    of.append(TASKS, ['bad', 'good']);
    of.task.start();
    await until(() => expect(of.outages.at(-1)).toBeInstanceOf(RefusedError));
    expect(of.deadLetters()).toEqual([]);
    isClosed = false;
    await sentAre(of, ['good']);
    expect(of.deadLetters()).toEqual(['bad too-large 1']);
    await until(() => expect(of.outages.at(-1)).toBeUndefined());
    expect(of.fatal).not.toHaveBeenCalled();
  });

  it('makes its dead letter smaller until its topic takes it', async () => {
    const of = rig();
    const sizes: number[] = [];
    const poison = randomBytes(300_000).toString('hex');
    const cause = { reason: 'undecodable', message: 'poison', attempts: 1 } as const;
    of.behaviour.set(poison, () => ({ kind: 'dead-lettered', cause }));
    of.broker.before = (step, records) => {
      const letter = records.find(({ topic }) => topic === 'NOTIFICATION_DLQ');
      if (step !== 'send' || !letter) return;
      sizes.push(letter.value!.length);
      if (letter.value!.length > 200_000) throw refusal('NOTIFICATION_DLQ', 10);
    };
    of.append(TASKS, [poison, 'good']);
    of.task.start();
    await sentAre(of, ['good']);
    await until(() => expect(of.deadLetters()).toHaveLength(1));
    expect(sizes.at(-1)).toBeLessThan(200_000);
    const [letter] = of.broker.committed.flatMap(({ records }) =>
      records.filter(({ topic }) => topic === 'NOTIFICATION_DLQ'),
    );
    expect(Object.fromEntries(letter!.headers!)).toMatchObject({
      'dlq.truncated': Buffer.from('true'),
      'dlq.original-bytes': Buffer.from(String(poison.length + ' undecodable 1'.length)),
    });
    expect(of.fatal).not.toHaveBeenCalled();
  });
});

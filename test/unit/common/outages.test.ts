import fc from 'fast-check';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { OutageError } from '../../../common/errors.js';
import { BrokerError } from '../../../topology/kafka/protocol/protocol-errors.js';
import { brokerFault } from '../../../topology/kafka/cluster/broker-fault.js';
import { RefusedError } from '../../../topology/kafka/produce/transactional-producer.js';
import { Outages } from '../../../common/outages.js';
import { REASONS, sayReason } from '../../../common/reasons.js';

interface Line {
  readonly msg: string;
  readonly error?: string;
}

function logged(now?: () => number): { outages: Outages; lines: Line[] } {
  const lines: Line[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line) as Line) });
  return { outages: new Outages(brokerFault, log, now), lines };
}

const said = (error: unknown): string => {
  const { outages } = logged();
  outages.report('task 3', error);
  return sayReason(outages.reason()!);
};
const coded = (code: string): Error => Object.assign(new Error('at 10.0.0.7:9092'), { code });

describe('Outages', () => {
  it('logs one line when the first begins to wait and one when the last goes on', () => {
    const { outages, lines } = logged();
    const messages = (): string[] => lines.map(({ msg }) => msg);
    outages.report('fetch', new Error('refused'));
    outages.report('fetch', new Error('refused'));
    outages.report('group', new Error('refused too'));
    outages.report('fetch', undefined);
    expect(messages()).toEqual(['waiting for the brokers']);
    outages.report('group', undefined);
    outages.report('group', undefined);
    expect(messages()).toEqual(['waiting for the brokers', 'the brokers answer again']);
  });

  it('logs another kind of trouble on a line of its own, with the innermost error', () => {
    const { outages, lines } = logged();
    outages.report('fetch', coded('ECONNREFUSED'));
    outages.report('task 1', new Error('the commit failed', { cause: new BrokerError(19, 'produce') }));
    outages.report('task 2', new BrokerError(19, 'produce'));
    expect(lines.map(({ error }) => error)).toEqual(['at 10.0.0.7:9092', 'produce: NOT_ENOUGH_REPLICAS (19)']);
  });

  it('logs trouble that comes and goes once in half a minute, and goes on saying it to who asks', () => {
    let now = 0;
    const { outages, lines } = logged(() => now);
    for (; now < 60_000; now += 250) {
      outages.report('group', coded('ECONNREFUSED'));
      expect(outages.reason()).toBeDefined();
      outages.report('group', undefined);
    }
    const [waits, again] = ['waiting for the brokers', 'the brokers answer again'];
    expect(lines.map(({ msg }) => msg)).toEqual([waits, again, waits, again]);
  });

  it('logs trouble that came back too soon to be named, when it stays', () => {
    let now = 0;
    const { outages, lines } = logged(() => now);
    for (const error of [coded('EPIPE'), undefined, coded('EPIPE')]) outages.report('group', error);
    expect(lines).toHaveLength(2);
    now = 30_000;
    outages.report('group', coded('EPIPE'));
    expect(lines.at(-1)!.msg).toBe('waiting for the brokers');
  });

  it.each<[string, unknown, string]>([
    ['nobody answers', coded('ECONNREFUSED'), 'no broker answers'],
    ['something unforeseen is', new OutageError('what a peer said'), 'no broker answers'],
    [
      'a topic is gone',
      new OutageError('a message', undefined, { code: 'unknown-topic', topic: 'orders' }),
      'the brokers do not know it: orders',
    ],
    [
      'a topic takes nothing',
      new RefusedError(new BrokerError(10, 'produce', { topic: 'dlq', partition: 0 })),
      'the brokers refuse what we send (MESSAGE_TOO_LARGE): dlq-0',
    ],
    ['descriptors run out', coded('EMFILE'), 'this process has no file descriptor left'],
    [
      'the certificate is not trusted',
      coded('DEPTH_ZERO_SELF_SIGNED_CERT'),
      "the broker's certificate is not trusted: see KAFKA_SSL_CA",
    ],
    [
      'it is wrapped',
      new Error('a', { cause: new Error('b', { cause: new BrokerError(88, 'offsets') }) }),
      'an earlier transaction is not settled yet (UNSTABLE_OFFSET_COMMIT)',
    ],
    [
      'a partition has no leader',
      new BrokerError(5, 'metadata', { topic: 'orders', partition: 3 }),
      'no broker leads it now (LEADER_NOT_AVAILABLE): orders-3',
    ],
    [
      'a right is missing',
      new BrokerError(29, 'produce', { topic: 'orders', partition: 3 }),
      'we lack the right to it (TOPIC_AUTHORIZATION_FAILED): orders-3',
    ],
    [
      'a right to the group is',
      new BrokerError(30, 'join'),
      'we lack the right to it (GROUP_AUTHORIZATION_FAILED): group',
    ],
    [
      'kafkajs finds no coordinator',
      Object.assign(new Error('kafka-7'), { name: 'KafkaJSGroupCoordinatorNotFound' }),
      'the group or the transaction has no coordinator now',
    ],
  ])('says who waits and why from a closed list when %s', (_, error, why) => {
    expect(said(error)).toBe(`task 3 waits: ${why}`);
  });

  it('never says what a peer or the system said, whatever error comes', () => {
    const closed = new Set([...Object.values(REASONS)].map((text) => `task 3 waits: ${text}`));
    const errors = fc.record({
      message: fc.string(),
      code: fc.oneof(fc.string(), fc.integer()),
      name: fc.string(),
      type: fc.string(),
    });
    expect(said(Object.assign(new Error('x'), { type: 'peer said at 10.0.0.7' }))).not.toContain('peer');
    fc.assert(
      fc.property(errors, (parts) => {
        expect(closed).toContain(said(Object.assign(new Error(parts.message), parts)));
      }),
    );
  });

  it('is of a role only as far as the role waits', () => {
    const { outages } = logged();
    outages.report('task 0', coded('ECONNRESET'));
    expect(outages.reason('gateway')).toBeUndefined();
    expect(outages.reason('stream')?.waiter).toBe('task 0');
    outages.report('task 0', undefined);
    outages.report('gateway', coded('ECONNRESET'));
    expect(outages.reason('stream')).toBeUndefined();
    expect(outages.reason('gateway')?.waiter).toBe('gateway');
    // The records of both come over the same connections.
    outages.report('fetch', coded('ECONNRESET'));
    expect(outages.reason('stream')?.waiter).toBe('fetch');
  });
});

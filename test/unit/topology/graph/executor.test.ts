import type { NotificationStores } from '../../../../processors/context.js';
import type { Processor } from '../../../../processors/processor.js';
import type { Sink } from '../../../../processors/sink.js';
import type { DeadLetter, SourceRecord } from '../../../../common/record.js';
import { describe, expect, it } from 'vitest';
import type { EmailRequestEvent } from '../../../../schemas/types.js';
import { FatalError, RetryableError, StoreDamagedError } from '../../../../common/errors.js';
import {
  createExecutor,
  type Executor,
  type ExecutorOptions,
  type Processed,
} from '../../../../topology/graph/executor.js';
import { InMemoryOutputs } from '../../../../topology/testing/in-memory-outputs.js';
import { deadLetter, drop, forward } from '../../../../processors/outcome.js';
import type { SinkRecord } from '../../../../common/record.js';
import { textEncoder } from '../../schemas/text-encoder.js';
import { CONTEXT, RECORD, ROUTED, stubTopology } from './stub-topology.js';

/** Encodes an e-mail as its body alone, so that a test chooses the size. */
const encoder = textEncoder((event, topic) => `${topic}:${(event as EmailRequestEvent).body}`);

const OPTIONS: ExecutorOptions<object> = { services: {}, appId: 'app', stackTraces: false };

interface Ran {
  readonly processed: Processed;
  readonly outputs: readonly SinkRecord[];
}

/** Into whatever topic. */
function emailing(...bodies: string[]): Sink<unknown, EmailRequestEvent> {
  return (_, out) => {
    for (const body of bodies) out.emit('key', { body } as EmailRequestEvent);
  };
}

function execute(executor: Executor<NotificationStores>): Ran {
  const outputs = new InMemoryOutputs(encoder);
  const processed = executor.process(RECORD, { ...CONTEXT, outputs });
  return { processed, outputs: outputs.records };
}

function run(processor: Processor<SourceRecord, unknown>, options: Partial<ExecutorOptions<object>> = {}): Ran {
  return execute(createExecutor(stubTopology(processor), { ...OPTIONS, ...options }));
}

function headersOf({ processed, outputs }: Ran): Readonly<Record<string, unknown>> {
  if (processed.kind !== 'dead-lettered') throw new Error(`expected a dead letter, not ${processed.kind}`);
  expect(outputs).toHaveLength(1);
  const { added } = outputs[0] as DeadLetter;
  return Object.fromEntries([...added].map(([name, value]) => [name, String(value)]));
}

const CAUSE = { reason: 'failed', message: 'retries used up', attempts: 3 } as const;

const explode = (): never => {
  throw new TypeError('cannot read\n    at "the payload"');
};

describe('the executor', () => {
  it('gives each sink the routed event, and their outputs the topics of the sinks', () => {
    const topology = stubTopology(undefined, {
      email: emailing('a', 'b'),
      push: emailing('c') as Sink<unknown, never>,
    });
    const { processed, outputs } = execute(createExecutor(topology, OPTIONS));
    expect({ processed, outputs: outputs.map(({ topic, key, value }) => ({ topic, key, value })) }).toEqual({
      processed: { kind: 'forwarded', value: ROUTED },
      outputs: [
        { topic: 'EMAIL_REQUEST_TOPIC', key: 'key', value: Buffer.from('EMAIL_REQUEST_TOPIC:a') },
        { topic: 'EMAIL_REQUEST_TOPIC', key: 'key', value: Buffer.from('EMAIL_REQUEST_TOPIC:b') },
        { topic: 'PUSH_REQUEST_TOPIC', key: 'key', value: Buffer.from('PUSH_REQUEST_TOPIC:c') },
      ],
    });
  });

  it('keeps nothing of one record for the next', () => {
    const executor = createExecutor(stubTopology(undefined, { email: emailing('a') }), OPTIONS);
    const first = execute(executor);
    expect(first.outputs).toHaveLength(1);
    expect(execute(executor)).toEqual(first);
  });

  it('lets a processor see the record, the clock and the views', () => {
    let seen: unknown;
    run((_, context) => {
      seen = context;
      return forward(ROUTED);
    });
    const { now, stores, notify } = CONTEXT;
    expect(seen).toMatchObject({ record: RECORD, now, stores, notify });
  });

  it('drops what a processor drops', () => {
    expect(run(() => drop('duplicate'))).toEqual({
      processed: { kind: 'dropped', reason: 'duplicate' },
      outputs: [],
    });
  });

  it('asks for a schema that is not known yet', () => {
    expect(run(() => ({ kind: 'unresolved', schemaId: 9 })).processed).toEqual({ kind: 'unresolved', schemaId: 9 });
  });

  it('lets a record wait for newer rules in the group, which a processor may ask about', () => {
    const waiting = { kind: 'waiting', eventType: 'NEW', cause: CAUSE } as const;
    const processor: Processor<SourceRecord, unknown> = (_, { isBehind }) =>
      isBehind() ? waiting : drop('unknown-type');
    const executor = createExecutor(stubTopology(processor), OPTIONS);
    const outputs = new InMemoryOutputs(encoder);
    expect(executor.process(RECORD, { ...CONTEXT, outputs, isBehind: () => true })).toEqual(waiting);
    expect(outputs.records).toEqual([]);
    expect(execute(executor).processed).toEqual({ kind: 'dropped', reason: 'unknown-type' });
  });

  it('dead-letters what a processor dead-letters', () => {
    const ran = run(() => deadLetter('invalid-event', 'tenantId is 0', undefined, 3));
    expect(ran.processed).toMatchObject({ kind: 'dead-lettered', cause: { reason: 'invalid-event', attempts: 3 } });
    expect(headersOf(ran)).toMatchObject({ 'dlq.reason': 'invalid-event', 'dlq.attempts': '3' });
  });

  it('says in a dead letter where it came from, by the name of the topic on the broker', () => {
    const ran = run(() => deadLetter('invalid-event', 'x'), { topicName: (topic) => `dev.${topic}` });
    expect(headersOf(ran)).toMatchObject({
      '__streams.errors.topic': 'dev.TASK_EVENT_TOPIC',
      '__streams.errors.partition': '3',
      '__streams.errors.offset': '42',
      'dlq.app': 'app',
    });
  });

  it('makes a dead letter for a cause outside the topology', () => {
    const executor = createExecutor(stubTopology(), OPTIONS);
    const letter = executor.deadLetter(RECORD, CAUSE);
    expect(letter).toMatchObject({ topic: 'NOTIFICATION_DLQ', key: RECORD.key, value: RECORD.value });
    expect(headersOf({ processed: { kind: 'dead-lettered', cause: CAUSE }, outputs: [letter] })).toMatchObject({
      'dlq.reason': 'failed',
      'dlq.attempts': '3',
    });
  });
});

describe('an unexpected error', () => {
  it('of a processor that makes another part of an event makes a dead letter, which takes the place of the parts before', () => {
    const inParts = stubTopology(() => forward(ROUTED, explode), { email: emailing('a') });
    const outputs = new InMemoryOutputs(encoder);
    const first = createExecutor(inParts, OPTIONS).process(RECORD, { ...CONTEXT, outputs });
    if (first.kind !== 'unfinished') throw new Error(`expected the first part, not ${first.kind}`);
    expect(headersOf({ processed: first.resume(), outputs: outputs.records })).toMatchObject({
      'dlq.reason': 'failed',
      '__streams.errors.message': 'only threw an unexpected TypeError',
    });
  });

  it('of a processor makes a dead letter that names its class and node, never its message', () => {
    expect(headersOf(run(explode))).toMatchObject({
      'dlq.reason': 'failed',
      '__streams.errors.exception': 'TypeError',
      '__streams.errors.message': 'only threw an unexpected TypeError',
      '__streams.errors.stacktrace': '',
    });
  });

  it('of a sink takes the outputs of the other sinks with it', () => {
    const topology = stubTopology(undefined, { email: emailing('a'), push: explode });
    const ran = execute(createExecutor(topology, OPTIONS));
    expect(ran.outputs).toMatchObject([{ topic: 'NOTIFICATION_DLQ' }]);
    expect(headersOf(ran)).toMatchObject({ '__streams.errors.message': 'push threw an unexpected TypeError' });
  });

  it('shows its stack, without its message, when that is switched on', () => {
    const stack = headersOf(run(explode, { stackTraces: true }))['__streams.errors.stacktrace'];
    expect(stack).toMatch(/^ {4}at .*explode.*executor\.test\.ts/);
    expect(stack).not.toContain('payload');
  });

  it('may be anything that can be thrown', () => {
    const ran = run(() => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- what is thrown is not always an Error
      throw 'the payload';
    });
    expect(headersOf(ran)).toMatchObject({
      '__streams.errors.exception': 'Failed',
      '__streams.errors.message': 'only threw an unexpected string',
    });
  });

  it.each([
    ['that trying again may cure', new RetryableError('the directory is busy')],
    ['of a damaged store, which says nothing of the record,', new StoreDamagedError('a segment is damaged')],
    ['that nothing can cure', new FatalError('no place is left')],
  ])('%s is thrown on to the task', (_, error) => {
    expect(() =>
      run(() => {
        throw error;
      }),
    ).toThrow(error);
  });
});

describe('an output that is too large', () => {
  const large = (options: Partial<ExecutorOptions<object>>, ...bodies: string[]): Ran =>
    execute(createExecutor(stubTopology(undefined, { email: emailing(...bodies) }), { ...OPTIONS, ...options }));
  const framing = 'EMAIL_REQUEST_TOPIC:'.length;

  it('goes out when it just fits', () => {
    expect(large({}, 'x'.repeat(999_000 - framing)).processed.kind).toBe('forwarded');
  });

  it('dead-letters the whole event', () => {
    expect(headersOf(large({}, 'small', 'x'.repeat(999_001 - framing)))).toMatchObject({
      'dlq.reason': 'too-large',
      '__streams.errors.exception': 'TooLarge',
      '__streams.errors.message': 'email: a record has 999001 bytes; at most 999000 can be sent',
    });
  });

  it('obeys the bound that it is given', () => {
    expect(large({ maxOutputBytes: framing }, 'x').processed).toMatchObject({ kind: 'dead-lettered' });
  });

  it('may be many that fit one by one', () => {
    const processed = large({ maxEventBytes: 2 * (framing + 1) }, 'a', 'b', 'c');
    expect(headersOf(processed)).toMatchObject({
      'dlq.reason': 'too-large',
      '__streams.errors.message': `email: the event's records have more than ${2 * (framing + 1)} bytes together`,
    });
    expect(large({ maxEventBytes: 2 * (framing + 1) }, 'a', 'b').processed).toMatchObject({ kind: 'forwarded' });
  });
});

/** What cannot be processed is set aside as it came. */
import { describe, expect, it } from 'vitest';

import { prepareEnvironment } from './harness/environment.js';
import { messagesOf } from './harness/messages.js';
import { produceAll, untilProcessed } from './harness/outcome.js';
import { deadLetterOf, eventIds, headersOf, readOutputs } from './harness/outputs.js';
import { spoilt, UNKNOWN_ID, withSchemaId } from './harness/poison.js';
import { byLabels, scrape } from './harness/scrape.js';
import { configureTopic } from './harness/configure-topic.js';
import { startWorker } from './harness/worker.js';
import type { Sent } from './harness/workload.js';

const FAST_RETRIES = { RETRY_BACKOFF_MS: '20' };
describe('a record that cannot be processed', () => {
  it(
    'becomes a dead letter with its own key, value and headers, and says why, whatever is wrong',
    { timeout: 60_000 },
    async () => {
      const test = await prepareEnvironment('poison', 2);
      const { task, crm, request } = messagesOf(test);
      const good = task({ eventId: 'template' });
      const cut = (value: Buffer): Buffer => value.subarray(0, -3);
      const classes: readonly (readonly [reason: string, exception: RegExp, attempts: string, Sent])[] = [
        [
          'bad-magic',
          /^BadMagic$/,
          '1',
          spoilt(good, 'magic', (value) => Buffer.concat([Buffer.from([7]), value.subarray(1)])),
        ],
        ['bad-magic', /^BadMagic$/, '1', spoilt(good, 'short', (value) => value.subarray(0, 4))],
        ['bad-magic', /^BadMagic$/, '1', spoilt(good, 'empty', () => Buffer.alloc(0))],
        ['unknown-schema', /^UnknownSchema$/, '3', spoilt(good, 'unknown', withSchemaId(UNKNOWN_ID))],
        ['undecodable', /^\w+$/, '1', spoilt(good, 'cut', cut)],
        ['undecodable', /^\w+$/, '1', spoilt(good, 'trailing', (value) => Buffer.concat([value, Buffer.from('more')]))],
        [
          'wrong-record',
          /^WrongRecord$/,
          '1',
          { ...crm({ eventId: 'crm' }, { key: 'wrong' }), topic: 'TASK_EVENT_TOPIC' },
        ],
        ['invalid-event', /^InvalidEvent$/, '1', task({ eventId: 'no-tenant', tenantId: 0n })],
        ['invalid-event', /^InvalidEvent$/, '1', task({ eventId: 'no-recipient', assignedTo: -1n })],
        ['invalid-event', /^InvalidEvent$/, '1', task({ eventId: '' }, { key: 'no-id' })],
        ['invalid-event', /^InvalidEvent$/, '1', task({ eventId: 'x'.repeat(257) }, { key: 'long-id' })],
        ['invalid-event', /^InvalidEvent$/, '1', request({ eventId: 'blank', title: ' ', message: '' })],
        [
          'too-large',
          /^TooLarge$/,
          '1',
          request({ eventId: 'large', channels: ['EMAIL'], message: '<'.repeat(300_000) }),
        ],
      ];
      const binary = Buffer.from([0xff, 0xfe, 0x00]);
      const timestamp = Date.now() - 5_000;
      const poison = classes.map(([, , , { topic, message }], index): Sent => {
        return {
          topic,
          message: { ...message, timestamp: String(timestamp + index), headers: { 'trace-id': `t-${index}`, binary } },
        };
      });
      await produceAll(test.prefix, [messagesOf(test).user({ eventId: 'u' }), ...poison, task({ eventId: 'good' })]);
      const worker = startWorker({ env: test.env('a', FAST_RETRIES) });
      await untilProcessed(test.prefix);

      const outputs = await readOutputs(test.prefix);
      expect(outputs.deadLetters).toHaveLength(classes.length);
      for (const [index, [reason, exception, attempts]] of classes.entries()) {
        const { topic, message } = poison[index]!;
        const key = String(message.key);
        const letter = deadLetterOf(outputs, key);
        expect(letter.value, key).toEqual(message.value);
        expect(letter.headers.find(([name]) => name === 'binary')?.[1], key).toEqual(binary);
        expect(headersOf(letter), key).toEqual({
          binary: binary.toString(),
          'trace-id': `t-${index}`,
          '__streams.errors.exception': expect.stringMatching(exception) as string,
          '__streams.errors.message': expect.stringMatching(/\S/) as string,
          '__streams.errors.topic': test.prefix + topic,
          '__streams.errors.partition': expect.stringMatching(/^[01]$/) as string,
          '__streams.errors.offset': expect.stringMatching(/^\d+$/) as string,
          '__streams.errors.stacktrace': '',
          'dlq.reason': reason,
          'dlq.timestamp': String(timestamp + index),
          'dlq.attempts': attempts,
          'dlq.replay-count': '0',
          'dlq.app': 'app',
        });
      }
      expect(eventIds(outputs.delivered)).toEqual(['good']);
      expect(eventIds(outputs.inApp)).toEqual(['good']);
      expect(eventIds(outputs.emails)).toEqual(['good']);
      expect((await worker.stop()).code).toBe(0);
    },
  );

  it('is named by the place that it came from', async () => {
    const test = await prepareEnvironment('origin', 3);
    const { task } = messagesOf(test);
    await produceAll(test.prefix, [
      task({ eventId: 'first' }, { partition: 2 }),
      task({ eventId: 'second' }, { partition: 2 }),
      task({ eventId: 'third', tenantId: 0n }, { partition: 2 }),
    ]);
    const worker = startWorker({ env: test.env() });
    await untilProcessed(test.prefix);
    expect(headersOf(deadLetterOf(await readOutputs(test.prefix), 'third'))).toMatchObject({
      '__streams.errors.partition': '2',
      '__streams.errors.offset': '2',
    });
    expect((await worker.stop()).code).toBe(0);
  });
});

describe("an event whose output is larger than the topic's max.message.bytes", () => {
  it('is dead-lettered alone, and its neighbours are processed once each', { timeout: 60_000 }, async () => {
    const test = await prepareEnvironment('large', 1);
    const { request, user } = messagesOf(test);
    await configureTopic(`${test.prefix}EMAIL_REQUEST_TOPIC`, 'max.message.bytes', '60000');
    const names = Array.from({ length: 60 }, (_, index) => `e${String(index).padStart(2, '0')}`);
    const large = ['e20', 'e21', 'e45'];
    await produceAll(test.prefix, [
      user({ eventId: 'u' }),
      // The large ones pass our own bound: only the broker knows that they are too large.
      ...names.map((eventId) =>
        request({
          eventId,
          channels: ['EMAIL', 'IN_APP'],
          message: (large.includes(eventId) ? 'x' : '.').repeat(large.includes(eventId) ? 40_000 : 300),
        }),
      ),
    ]);
    const worker = startWorker({ env: test.env() });
    await untilProcessed(test.prefix);
    const outputs = await readOutputs(test.prefix);
    const expected = names.filter((name) => !large.includes(name));
    expect(eventIds(outputs.emails)).toEqual(expected);
    expect(eventIds(outputs.inApp)).toEqual(expected);
    expect(eventIds(outputs.delivered)).toEqual(expected);
    expect(outputs.deadLetters.map(({ key }) => String(key)).sort()).toEqual(large);
    for (const letter of outputs.deadLetters) expect(headersOf(letter)['dlq.reason']).toBe('too-large');
    // The broker refused them, not our own bound.
    expect(byLabels(await scrape(worker), 'transactions_total')['aborted']).toBeGreaterThan(0);
    expect((await worker.stop()).code).toBe(0);
  });
});

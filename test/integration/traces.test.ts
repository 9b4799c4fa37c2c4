/** One event's trace, from its source record to the browser, over a real broker. */
import { expect, it } from 'vitest';
import { SPAN, TRACE, TRACEPARENT } from '../traces.js';
import { prepareEnvironment } from './harness/environment.js';
import { messagesOf } from './harness/messages.js';
import { produceAll, untilProcessed } from './harness/outcome.js';
import { headersOf, readOutputs } from './harness/outputs.js';
import { spoilt } from './harness/poison.js';
import { TestSocket } from './harness/socket.js';
import { testKafka } from './harness/topics.js';
import { testStack } from './harness/test-stack.js';
import { until } from './harness/until.js';
import { startWorker } from './harness/worker.js';

it(
  'follows an event into its frame, with spans by the SDK that is imported, and tells workers apart',
  { timeout: 60_000 },
  async () => {
    const test = await prepareEnvironment('traces', 1);
    const { task } = messagesOf(test);
    const headers = { traceparent: TRACEPARENT, tracestate: 'erp=1' };
    const worker = startWorker({
      env: test.env('a', { TRACING: 'w3c', WORKER_ID: 'stream-0' }),
      nodeArgs: ['--import', new URL('preload/print-spans.mjs', import.meta.url).href],
    });
    const { gateway } = await worker.ready();
    const socket = await TestSocket.open(gateway!, 1n, 7n);
    await produceAll(test.prefix, [
      task({ eventId: 'traced', tenantId: 1n, assignedTo: 7n }, { headers }),
      spoilt(task({ eventId: 'poison' }, { headers }), 'cut', (value) => value.subarray(0, -3)),
      task({ eventId: 'plain', tenantId: 1n, assignedTo: 7n }, { headers: { traceparent: `00-${TRACE}-${SPAN}-00` } }),
    ]);
    await untilProcessed(test.prefix);
    await until('the socket has both', () => socket.eventIds.length === 2);
    const [processed] = worker.logged('span').filter(({ name }) => name === `process ${test.prefix}TASK_EVENT_TOPIC`);
    expect(processed).toMatchObject({ traceId: TRACE, parent: SPAN });
    expect(processed!['attributes']).toMatchObject({
      'messaging.client.id': 'app-stream-0',
      'messaging.kafka.offset': 0,
    });

    const frames = socket.messages.filter(({ type }) => type === 'notification');
    expect(frames.map(({ traceparent }) => traceparent)).toEqual([
      `00-${TRACE}-${String(processed!['spanId'])}-01`,
      `00-${TRACE}-${SPAN}-00`,
    ]);
    const { deadLetters } = await readOutputs(test.prefix);
    expect(headersOf(deadLetters[0]!)).toMatchObject(headers);
    const commits = await until('the commit is printed', () => {
      const spans = worker.logged('span').filter(({ name }) => name === 'commit');
      return spans.length > 0 && spans;
    });
    expect(commits.flatMap(({ linked }) => linked)).toContain(processed!['spanId']);
    expect(worker.logged('record dead-lettered')).toMatchObject([
      { trace_id: TRACE, service: 'notification-streams', worker: 'stream-0' },
    ]);

    const admin = testKafka(testStack().kafkaBrokers).admin();
    await admin.connect();
    const { groups } = await admin.describeGroups([`${test.prefix}app`]);
    await admin.disconnect();
    expect(groups[0]!.members.map(({ clientId }) => clientId)).toEqual(['app-stream-0']);
    expect((await worker.stop()).code).toBe(0);
  },
);

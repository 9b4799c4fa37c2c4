/** Two applications with one APP_ID, that is: with one consumer group. */
import { expect, it } from 'vitest';

import { prepareEnvironment } from './harness/environment.js';
import { consumeInGroup, groupHasMembers } from './harness/kafka-tools.js';
import { messagesOf } from './harness/messages.js';
import { produceAll, untilProcessed } from './harness/outcome.js';
import { eventIds, readOutputs } from './harness/outputs.js';
import { testStack } from './harness/test-stack.js';
import { createTopic, testKafka } from './harness/topics.js';
import { until } from './harness/until.js';
import { startWorker, type WorkerProcess } from './harness/worker.js';

async function lastWords(worker: WorkerProcess): Promise<string> {
  const exit = await until('the worker ends by itself', () => worker.ended, 40_000);
  const said = worker.lines.join('\n');
  expect(exit.code, said).toBe(1);
  return said;
}

it('stops in a group of other consumers, and names it', { timeout: 60_000 }, async () => {
  const test = await prepareEnvironment('other-consumer', 1);
  const consumer = testKafka(testStack().kafkaBrokers).consumer({ groupId: `${test.prefix}app` });
  await consumer.connect();
  await consumer.subscribe({ topic: `${test.prefix}TASK_EVENT_TOPIC` });
  await consumer.run({ eachBatch: () => Promise.resolve() });
  try {
    const said = await lastWords(startWorker({ env: test.env() }));
    expect(said).toContain(`the consumer group ${test.prefix}app is used by two applications`);
  } finally {
    await consumer.disconnect();
  }
});

// The broker takes our join for a member's that is being upgraded, and assigns partitions by itself: nobody would process them.
it('stops in a group of a consumer of the new protocol, and names it', { timeout: 60_000 }, async () => {
  const test = await prepareEnvironment('new-protocol', 1);
  const seen = new AbortController();
  const consumed = consumeInGroup(test.prefix, `${test.prefix}TASK_EVENT_TOPIC`, seen.signal);
  try {
    await until('the consumer is in the group', () => groupHasMembers(test.prefix));
    const said = await lastWords(startWorker({ env: test.env() }));
    expect(said).toContain(`the tasks of group ${test.prefix}app were assigned by another assigner than ours`);
  } finally {
    seen.abort();
    await consumed;
  }
});

it(
  'is not disturbed by a consumer of the new protocol that comes later: the broker refuses it',
  { timeout: 90_000 },
  async () => {
    const test = await prepareEnvironment('new-protocol-later', 1);
    const worker = startWorker({ env: test.env() });
    await worker.ready();
    const began = performance.now();
    await consumeInGroup(test.prefix, `${test.prefix}TASK_EVENT_TOPIC`);
    expect(performance.now() - began).toBeLessThan(50_000); // it was refused: it did not wait for records
    expect(worker.logged('joined the group')).toHaveLength(1);
    expect((await worker.stop()).code).toBe(0);
  },
);

it('stops a worker of another application, and the one that was there goes on', { timeout: 90_000 }, async () => {
  const test = await prepareEnvironment('ours', 1);
  const ours = startWorker({ env: test.env() });
  await ours.ready();
  // The same group, but the tasks' events are those of another system.
  const renamed = { TASK_EVENT_TOPIC: 'events-of-another-system' };
  await createTopic(testStack().kafkaBrokers, `${test.prefix}${renamed.TASK_EVENT_TOPIC}`, 1);
  const said = await lastWords(startWorker({ env: test.env('theirs', renamed) }));
  expect(said).toContain(`the workers that are there read ${test.prefix}TASK_EVENT_TOPIC, this one does not`);

  await produceAll(test.prefix, [messagesOf(test).task({ eventId: 'a' })]);
  await untilProcessed(test.prefix);
  expect(eventIds((await readOutputs(test.prefix)).inApp)).toEqual(['a']);
  expect((await ours.stop()).code).toBe(0);
});

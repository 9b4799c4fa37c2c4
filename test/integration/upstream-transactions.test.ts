/** Sources whose producers write in transactions. */
import { expect, it } from 'vitest';

import { committedOffsets, endOffsets } from '../../dev/oracle/offsets.js';
import { prepareEnvironment } from './harness/environment.js';
import { abortTransaction } from './harness/kafka-tools.js';
import { messagesOf } from './harness/messages.js';
import { untilProcessed } from './harness/outcome.js';
import { eventIds, readOutputs } from './harness/outputs.js';
import { produceInTransaction } from './harness/produce.js';
import { byLabels, scrape } from './harness/scrape.js';
import { testStack } from './harness/test-stack.js';
import { testKafka } from './harness/topics.js';
import { until } from './harness/until.js';
import { startWorker } from './harness/worker.js';

it('processes what was committed, never what was aborted, and its lag reaches 0', { timeout: 60_000 }, async () => {
  const test = await prepareEnvironment('upstream', 2);
  const { task } = messagesOf(test);
  const brokers = testStack().kafkaBrokers;
  const topic = `${test.prefix}TASK_EVENT_TOPIC`;
  let written = 0;
  const write = async (name: string, commit: boolean, count = 5): Promise<void> => {
    const events = Array.from({ length: count }, (_, index) => task({ eventId: `${name}-${index}` }).message);
    await produceInTransaction(brokers, topic, events, {
      transactionalId: `${test.prefix}erp-${written++ % 2}`,
      commit,
    });
  };
  await write('committed-a', true);
  await write('aborted-a', false);
  await write('aborted-b', false);
  await write('committed-b', true);
  const worker = startWorker({ env: test.env() });
  await worker.ready();
  await write('committed-c', true);
  // The last thing on the partitions is an aborted transaction: the offset must come to lie behind it all the same.
  await write('aborted-c', false, 50);
  await untilProcessed(test.prefix);

  const expected = ['a', 'b', 'c'].flatMap((name) => [0, 1, 2, 3, 4].map((index) => `committed-${name}-${index}`));
  const outputs = await readOutputs(test.prefix);
  expect(eventIds(outputs.inApp)).toEqual(expected);
  expect(eventIds(outputs.delivered)).toEqual(expected);
  expect(outputs.deadLetters).toEqual([]);
  const ends = await endOffsets({ brokers, topics: [topic] });
  const committed = await committedOffsets({ brokers, group: `${test.prefix}app` });
  expect(committed.filter((offset) => offset.topic === topic)).toEqual(ends);
  await until('the lag that it tells is 0', async () =>
    Object.values(byLabels(await scrape(worker), 'consumer_lag')).every((lag) => lag === 0),
  );
  expect((await worker.stop()).code).toBe(0);
});

it('does not pass an open transaction, and goes on when it ends', { timeout: 60_000 }, async () => {
  const test = await prepareEnvironment('open', 1);
  const { task } = messagesOf(test);
  const topic = `${test.prefix}TASK_EVENT_TOPIC`;
  const kafka = testKafka(testStack().kafkaBrokers);
  const config = { idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false };
  const slow = kafka.producer({ ...config, transactionalId: `${test.prefix}slow` });
  const fast = kafka.producer({ ...config, transactionalId: `${test.prefix}fast` });
  await Promise.all([slow.connect(), fast.connect()]);
  const open = await slow.transaction();
  await open.send({ topic, messages: [task({ eventId: 'slow' }).message] });
  const other = await fast.transaction();
  await other.send({ topic, messages: [task({ eventId: 'fast' }).message] });
  await other.commit();

  const worker = startWorker({ env: test.env() });
  await worker.ready();
  await produceInTransaction(
    testStack().kafkaBrokers,
    `${test.prefix}CRM_EVENT_TOPIC`,
    [messagesOf(test).crm({ eventId: 'crm' }).message],
    { transactionalId: `${test.prefix}crm`, commit: true },
  );
  await until('another topic goes on', async () => eventIds((await readOutputs(test.prefix)).inApp).includes('crm'));
  expect(eventIds((await readOutputs(test.prefix)).inApp)).toEqual(['crm']);
  await open.commit();
  await until('both come', async () => (await readOutputs(test.prefix)).inApp.length === 3);
  const { inApp } = await readOutputs(test.prefix);
  expect(inApp.map(({ eventId }) => eventId).filter((id) => id !== 'crm')).toEqual(['slow', 'fast']);
  await Promise.all([slow.disconnect(), fast.disconnect()]);
  expect((await worker.stop()).code).toBe(0);
});

it(
  'shows for how long an open transaction holds a source back, until an operator aborts it',
  { timeout: 90_000 },
  async () => {
    const test = await prepareEnvironment('hung', 1);
    const { task } = messagesOf(test);
    const brokers = testStack().kafkaBrokers;
    const topic = `${test.prefix}TASK_EVENT_TOPIC`;
    await produceInTransaction(brokers, topic, [task({ eventId: 'before' }).message], {
      transactionalId: `${test.prefix}fine`,
      commit: true,
    });
    const hung = testKafka(brokers).producer({
      idempotent: true,
      maxInFlightRequests: 1,
      transactionalId: `${test.prefix}hung`,
    });
    await hung.connect();
    await (await hung.transaction()).send({ topic, messages: [task({ eventId: 'hung' }).message] });
    await produceInTransaction(brokers, topic, [task({ eventId: 'behind' }).message], {
      transactionalId: `${test.prefix}fine`,
      commit: true,
    });

    const worker = startWorker({ env: test.env() });
    await worker.ready();
    const heldUp = async (): Promise<number> =>
      byLabels(await scrape(worker), 'source_held_up_seconds')['TASK_EVENT_TOPIC/0']!;
    await until('it is held up for 2 s', async () => (await heldUp()) > 2);
    const samples = await scrape(worker);
    expect(byLabels(samples, 'consumer_lag')['TASK_EVENT_TOPIC/0']).toBe(0); // which is why the other gauge is needed
    expect(byLabels(samples, 'source_held_up_seconds')['CRM_EVENT_TOPIC/0']).toBe(0);
    expect(eventIds((await readOutputs(test.prefix)).inApp)).toEqual(['before']);

    await abortTransaction(topic, 0, 2); // a record and its marker stand before it
    await until('what stood behind it is processed', async () => (await heldUp()) === 0);
    await untilProcessed(test.prefix);
    expect(eventIds((await readOutputs(test.prefix)).inApp)).toEqual(['before', 'behind']);
    await hung.disconnect();
    expect((await worker.stop()).code).toBe(0);
  },
);

/** Source topics that get more partitions while a worker runs. */
import { describe, expect, it } from 'vitest';
import { prepareEnvironment } from './harness/environment.js';
import { differences, produceAll, untilProcessed } from './harness/outcome.js';
import { testStack } from './harness/test-stack.js';
import { testKafka } from './harness/topics.js';
import { until } from './harness/until.js';
import { startWorker } from './harness/worker.js';
import { makeWorkload } from './harness/workload.js';

async function grow(topic: string, count: number): Promise<void> {
  const admin = testKafka(testStack().kafkaBrokers).admin();
  await admin.connect();
  await admin.createPartitions({ topicPartitions: [{ topic, count }] });
  await admin.disconnect();
}

describe('a source topic that grows while a worker runs', () => {
  it('is read whole, by new tasks and by tasks that there were before', { timeout: 150_000 }, async () => {
    const test = await prepareEnvironment('growth', { TASK_EVENT_TOPIC: 3, CRM_EVENT_TOPIC: 1, SALES_EVENT_TOPIC: 2 });
    // Repeats would straddle the growth, which no one promises to catch.
    const workload = makeWorkload({ seed: 11, events: 3000, ids: test.ids, poison: 0, repeats: 0 });
    await produceAll(test.prefix, [...workload.users, ...workload.events.slice(0, 1000)]);
    const worker = startWorker({ env: test.env() });
    await worker.ready();
    await untilProcessed(test.prefix);

    await grow(`${test.prefix}CRM_EVENT_TOPIC`, 2); // no new task, a new partition for an old one
    await grow(`${test.prefix}SALES_EVENT_TOPIC`, 5); // two new tasks
    await produceAll(test.prefix, workload.events.slice(1000));
    await until('the worker joined again', () => worker.logged('joined the group').length > 1, 60_000);
    await worker.ready();
    await untilProcessed(test.prefix);
    expect(await differences(test.prefix, workload)).toEqual([]);
    expect((await worker.stop()).code).toBe(0);
  });
});

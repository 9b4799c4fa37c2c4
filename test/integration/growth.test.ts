/** Source topics that get more partitions while a worker runs. */
import { describe, expect, it } from 'vitest';
import { prepareEnvironment } from './harness/environment.js';
import { differences, produceAll, untilProcessed } from './harness/outcome.js';
import { testStack } from './harness/test-stack.js';
import { recreateTopic, testKafka } from './harness/topics.js';
import { until } from './harness/until.js';
import { startWorker } from './harness/worker.js';
import { makeWorkload } from './harness/workload.js';

async function grow(topic: string, count: number): Promise<void> {
  const admin = testKafka(testStack().kafkaBrokers).admin();
  await admin.connect();
  await admin.createPartitions({ topicPartitions: [{ topic, count }] });
  // The broker hears of it a moment after the controller; what is sent before goes by the old number.
  await until('the broker knows of the new partitions', async () => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]?.partitions.length === count;
  });
  await admin.disconnect();
}

describe('a source topic that grows while a worker runs', () => {
  it('is read whole, by new tasks and by tasks that there were before', { timeout: 150_000 }, async () => {
    const test = await prepareEnvironment('growth', { TASK_EVENT_TOPIC: 3, CRM_EVENT_TOPIC: 1, SALES_EVENT_TOPIC: 2 });
    // Repeats would straddle the growth, which no one promises to catch.
    const workload = makeWorkload({ seed: 11, events: 3000, ids: test.ids, poison: 0, repeats: 0 });
    await produceAll(test.prefix, [...workload.users, ...workload.events.slice(0, 1000)]);
    const begun = startWorker({ env: test.env() });
    await untilProcessed(test.prefix);
    expect((await begun.stop()).code).toBe(0);
    // As it runs ever after: nothing says where to begin, and nothing asks.
    const env = Object.fromEntries(Object.entries(test.env()).filter(([name]) => name !== 'START_FROM'));
    const worker = startWorker({ env });
    await worker.ready();

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

describe('more partitions than MAX_TASKS', () => {
  it(
    'are dealt to as many tasks, which stay that many when partitions are added and the option is changed',
    { timeout: 150_000 },
    async () => {
      const test = await prepareEnvironment('max-tasks', { TASK_EVENT_TOPIC: 5, CRM_EVENT_TOPIC: 1 });
      const workload = makeWorkload({ seed: 12, events: 3000, ids: test.ids, poison: 0, repeats: 0 });
      const tasksOf = (worker: ReturnType<typeof startWorker>): unknown =>
        worker.logged('joined the group').at(-1)?.['tasks'];
      await produceAll(test.prefix, [...workload.users, ...workload.events.slice(0, 1000)]);
      const first = startWorker({ env: test.env('worker', { MAX_TASKS: '2' }) });
      await untilProcessed(test.prefix);
      expect(tasksOf(first)).toEqual([0, 1]);
      expect((await first.stop()).code).toBe(0);

      await grow(`${test.prefix}TASK_EVENT_TOPIC`, 7);
      await grow(`${test.prefix}CRM_EVENT_TOPIC`, 2);
      await produceAll(test.prefix, workload.events.slice(1000));
      // On an empty directory: everything comes from two changelog partitions.
      const raised = startWorker({ env: test.env('elsewhere', { MAX_TASKS: '7' }) });
      await untilProcessed(test.prefix);
      expect(tasksOf(raised)).toEqual([0, 1]);
      expect((await raised.stop()).code).toBe(0);

      // Again what came after the growth: each is known, though not in this directory.
      await produceAll(test.prefix, workload.events.slice(1000));
      const lowered = startWorker({ env: test.env('worker', { MAX_TASKS: '1' }) });
      await untilProcessed(test.prefix);
      expect(tasksOf(lowered)).toEqual([0, 1]);
      expect(await differences(test.prefix, workload)).toEqual([]);
      expect((await lowered.stop()).code).toBe(0);
    },
  );

  it(
    'stop the worker when the changelog is recreated with another number, and go on by `state reseed` with the right one',
    { timeout: 150_000 },
    async () => {
      const test = await prepareEnvironment('other-deal', { TASK_EVENT_TOPIC: 5, CRM_EVENT_TOPIC: 1 });
      const changelog = `${test.prefix}app-dedup-changelog`;
      const workload = makeWorkload({ seed: 13, events: 1000, ids: test.ids, poison: 0, repeats: 0 });
      await produceAll(test.prefix, [...workload.users, ...workload.events]);
      const first = startWorker({ env: test.env('worker', { MAX_TASKS: '2' }) });
      await untilProcessed(test.prefix);
      expect((await first.stop()).code).toBe(0);

      const reseed = (): ReturnType<typeof startWorker> => startWorker({ env: test.env(), args: ['state', 'reseed'] });
      await recreateTopic(testStack().kafkaBrokers, changelog, 3);
      const refused = reseed();
      expect((await refused.exited).code).toBe(1);
      expect(refused.lines.join('\n')).toContain('with as many partitions as it had');

      await recreateTopic(testStack().kafkaBrokers, changelog, 2);
      expect((await reseed().exited).code).toBe(0);
      await produceAll(test.prefix, workload.events);
      const again = startWorker({ env: test.env() });
      await untilProcessed(test.prefix);
      expect(await differences(test.prefix, workload)).toEqual([]);
      expect((await again.stop()).code).toBe(0);
    },
  );
});

/** What an operator, or time, does to the topics and offsets that a worker relies on. */
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';

import { prepareEnvironment, type TestEnvironment } from './harness/environment.js';
import { consumerGroups, deleteRecords } from './harness/kafka-tools.js';
import { messagesOf } from './harness/messages.js';
import { produceAll, untilProcessed } from './harness/outcome.js';
import { eventIds, readOutputs } from './harness/outputs.js';
import { byLabels, readinessOf, scrape, type ReadinessAnswer } from './harness/scrape.js';
import { testStack } from './harness/test-stack.js';
import { createTopic, deleteTopic, recreateTopic } from './harness/topics.js';
import { until } from './harness/until.js';
import { startWorker, type WorkerProcess } from './harness/worker.js';
import type { Sent } from './harness/workload.js';

const names = (kind: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${kind}-${String(index).padStart(2, '0')}`);

function tasksOf(test: TestEnvironment, ids: readonly string[]): Sent[] {
  return ids.map((eventId) => messagesOf(test).task({ eventId }));
}

async function processed(test: TestEnvironment): Promise<string[]> {
  await untilProcessed(test.prefix);
  return eventIds((await readOutputs(test.prefix)).inApp);
}

/** What a worker says when it has ended by itself. */
async function lastWords(worker: WorkerProcess): Promise<string> {
  const exit = await until('the worker ends by itself', () => worker.ended, 40_000);
  const said = worker.lines.join('\n');
  expect(exit.code, said).toBe(1);
  return said;
}

it(
  'reads a source that was deleted and recreated from its beginning, though the old offset would be in range',
  { timeout: 120_000 },
  async () => {
    const test = await prepareEnvironment('made-again', 1);
    const topic = `${test.prefix}TASK_EVENT_TOPIC`;
    await produceAll(test.prefix, tasksOf(test, names('old', 10)));
    const first = startWorker({ env: test.env() });
    await first.ready();
    expect(await processed(test)).toEqual(names('old', 10));
    await first.stop();

    await recreateTopic(testStack().kafkaBrokers, topic, 1);
    await produceAll(test.prefix, tasksOf(test, names('new', 30)));
    const worker = startWorker({ env: test.env() });
    await worker.ready();
    expect(await processed(test)).toEqual([...names('new', 30), ...names('old', 10)]);
    expect(worker.lines.join('\n')).toContain('the source topic was deleted and recreated');

    // Under a running worker, and one of the records is a copy of one that was in the topic before.
    await recreateTopic(testStack().kafkaBrokers, topic, 1);
    const again = tasksOf(test, [...names('third', 60), 'new-00']);
    await produceAll(test.prefix, again);
    await until('the worker begins the topic again', () => worker.logged('task is running').length > 1);
    expect(await processed(test)).toEqual([...names('new', 30), ...names('old', 10), ...names('third', 60)]);
    expect(byLabels(await scrape(worker), 'sources_recreated_total')).toMatchObject({ TASK_EVENT_TOPIC: 2 });
    expect((await worker.stop()).code).toBe(0);
  },
);

it(
  'goes on with the other sources when one is deleted, says steadily which, and begins it from the start when it is recreated',
  { timeout: 150_000 },
  async () => {
    const test = await prepareEnvironment('deleted-source', 2);
    const topic = `${test.prefix}TASK_EVENT_TOPIC`;
    await produceAll(test.prefix, tasksOf(test, names('old', 10)));
    const worker = startWorker({ env: test.env() });
    await worker.ready();
    await processed(test);

    await deleteTopic(testStack().kafkaBrokers, topic);
    await until('it is not ready', async () => (await readinessOf(worker)).status === 503);
    const linesBefore = worker.lines.length;
    const answers: ReadinessAnswer[] = [];
    const end = Date.now() + 10_000;
    let sent = 0;
    for (; Date.now() < end; sent += 1) {
      await produceAll(test.prefix, [messagesOf(test).crm({ eventId: `crm-${sent}` })]);
      answers.push(await readinessOf(worker));
      await delay(100);
    }
    expect([...new Set(answers.map(({ status }) => status))]).toEqual([503]);
    const unnamed = answers.filter(({ reasons }) => !Object.values(reasons).join().includes(topic));
    expect(unnamed).toEqual([]);
    expect(worker.lines.length - linesBefore, worker.lines.slice(linesBefore).join('\n')).toBeLessThan(30);
    await until(
      'the other source goes on',
      async () => byLabels(await scrape(worker), 'records_in_total')['CRM_EVENT_TOPIC'] === sent,
    );

    await createTopic(testStack().kafkaBrokers, topic, 2);
    await produceAll(test.prefix, tasksOf(test, names('new', 10)));
    await worker.ready();
    await untilProcessed(test.prefix);
    const got = eventIds((await readOutputs(test.prefix)).inApp).filter((id) => !id.startsWith('crm'));
    expect(got).toEqual([...names('new', 10), ...names('old', 10)]);
    expect((await worker.stop()).code).toBe(0);
  },
);

it(
  'goes on from the changelog when the offsets of the group were deleted, and from where an operator sets them',
  { timeout: 120_000 },
  async () => {
    const test = await prepareEnvironment('offsets', 1);
    const sources = `${test.prefix}TASK_EVENT_TOPIC`;
    await produceAll(test.prefix, tasksOf(test, names('a', 10)));
    const first = startWorker({ env: test.env() });
    await first.ready();
    expect(await processed(test)).toEqual(names('a', 10));
    await first.stop();

    await consumerGroups(test.prefix, '--delete-offsets', '--topic', sources);
    await produceAll(test.prefix, tasksOf(test, names('b', 5)));
    const second = startWorker({ env: test.env('elsewhere') }); // with nothing on disk
    await second.ready();
    expect(await processed(test)).toEqual([...names('a', 10), ...names('b', 5)]);
    expect(byLabels(await scrape(second), 'records_in_total')).toMatchObject({ TASK_EVENT_TOPIC: 5 });
    await second.stop();

    await consumerGroups(test.prefix, ...'--reset-offsets --to-earliest --execute --topic'.split(' '), sources);
    const third = startWorker({ env: test.env() });
    await third.ready();
    await until(
      'every record was read again',
      async () => byLabels(await scrape(third), 'records_in_total')['TASK_EVENT_TOPIC'] === 15,
    );
    expect(byLabels(await scrape(third), 'records_dropped_total')).toMatchObject({ 'TASK_EVENT_TOPIC/duplicate': 15 });
    expect(third.lines.join('\n')).toContain('the committed offset was set back');
    await third.stop();
    expect(await processed(test)).toEqual([...names('a', 10), ...names('b', 5)]);
  },
);

it(
  'stops, with the way out, when records were deleted before they were read; goes on when the operator has said where',
  { timeout: 120_000 },
  async () => {
    const test = await prepareEnvironment('deleted', 1);
    const topic = `${test.prefix}TASK_EVENT_TOPIC`;
    await produceAll(test.prefix, tasksOf(test, names('a', 5)));
    const first = startWorker({ env: test.env() });
    await first.ready();
    await processed(test);
    await first.stop();

    await produceAll(test.prefix, tasksOf(test, names('b', 20)));
    await deleteRecords(topic, 0, 15);
    const said = await lastWords(startWorker({ env: test.env() }));
    expect(said).toContain(`${topic}-0 cannot be read from offset 5: it begins at 15: 10 offsets were deleted`);
    expect(said).toContain('kafka-consumer-groups --reset-offsets');

    await consumerGroups(test.prefix, ...'--reset-offsets --to-earliest --execute --topic'.split(' '), topic);
    const third = startWorker({ env: test.env() });
    await third.ready();
    expect(await processed(test)).toEqual([...names('a', 5), ...names('b', 20).slice(10)]);
    await third.stop();
  },
);

it(
  'stops a worker whose changelog is recreated under it, commits nothing, and has it back by `state reseed`',
  { timeout: 120_000 },
  async () => {
    const test = await prepareEnvironment('changelog', 1);
    await produceAll(test.prefix, tasksOf(test, names('a', 10)));
    const first = startWorker({ env: test.env() });
    await first.ready();
    await processed(test);
    await produceAll(test.prefix, tasksOf(test, names('b', 10))); // a second commit, so that the store stands further on
    await processed(test);

    await recreateTopic(testStack().kafkaBrokers, `${test.prefix}app-dedup-changelog`, 1);
    await produceAll(test.prefix, tasksOf(test, names('c', 1)));
    expect(await lastWords(first)).toContain('notification-streams state reseed');

    // Another worker, without a store of the task, must not go on as if nothing had been seen.
    expect(await lastWords(startWorker({ env: test.env('elsewhere') }))).toContain('there is no store here');
    const reseed = startWorker({ env: test.env(), args: ['state', 'reseed'] });
    expect((await reseed.exited).code).toBe(0);

    const again = startWorker({ env: test.env('elsewhere') });
    await again.ready();
    await produceAll(test.prefix, tasksOf(test, names('a', 10)));
    expect(await processed(test)).toEqual([...names('a', 10), ...names('b', 10), ...names('c', 1)]);
    await again.stop();
  },
);

it(
  'goes on without the changelog and without a store when an operator says so, in the way that the message names',
  { timeout: 90_000 },
  async () => {
    const test = await prepareEnvironment('accepted', 1);
    await produceAll(test.prefix, tasksOf(test, names('a', 3)));
    const first = startWorker({ env: test.env() });
    await first.ready();
    await processed(test);
    await first.stop();
    await recreateTopic(testStack().kafkaBrokers, `${test.prefix}app-dedup-changelog`, 1);
    expect(await lastWords(startWorker({ env: test.env('elsewhere') }))).toContain('--reset-offsets --to-current');

    await consumerGroups(test.prefix, ...'--reset-offsets --to-current --all-topics --execute'.split(' '));
    const again = startWorker({ env: test.env('elsewhere') });
    await again.ready();
    await produceAll(test.prefix, tasksOf(test, ['a-00', 'b']));
    // Not known as a repeat any more: that is what the operator accepted. Nothing is read again by itself.
    expect(await processed(test)).toEqual(['a-00', ...names('a', 3), 'b']);
    expect((await again.stop()).code).toBe(0);
  },
);

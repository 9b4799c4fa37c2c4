/** Sources, group, transactional ids, changelog and stores are a topology's own: two of them run in one process. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readCommitted } from '../../dev/oracle/read-committed.js';
import { PATIENT, prepareEnvironment } from './harness/environment.js';
import { differences, produceAll, untilProcessed } from './harness/outcome.js';
import { produce } from './harness/produce.js';
import { testStack } from './harness/test-stack.js';
import { createTopic } from './harness/topics.js';
import { until } from './harness/until.js';
import { startWorker, type WorkerProcess } from './harness/worker.js';
import { makeWorkload } from './harness/workload.js';

const PARTITIONS = 2;
const WORDS = ['one', 'two', 'three', 'four', 'five'];
const TIMES = 400;

it('a second topology counts beside the notifications, and both are exact when their process is killed', async () => {
  const test = await prepareEnvironment('two', PARTITIONS);
  const brokers = testStack().kafkaBrokers;
  for (const topic of ['WORDS', 'WORD_COUNTS', 'WORDS_DLQ', 'counts-changelog'])
    await createTopic(brokers, test.prefix + topic, PARTITIONS);
  const start = (): WorkerProcess => {
    const entry = join(import.meta.dirname, 'two-topologies', 'worker.ts');
    return startWorker({ env: test.env('worker', PATIENT), nodeArgs: ['--import', 'tsx'], entry, args: [] });
  };
  const said = Array.from({ length: TIMES }, () => WORDS.map((word) => ({ key: word, value: word }))).flat();
  const workload = makeWorkload({ seed: 3, events: 5000, ids: test.ids });
  const counted = async (): Promise<string[]> =>
    (await readCommitted({ brokers, topics: [`${test.prefix}WORD_COUNTS`] })).map(({ value }) => String(value));

  await produceAll(test.prefix, [...workload.users, ...workload.events]);
  await produce(brokers, `${test.prefix}WORDS`, said.slice(0, said.length / 2));
  const first = start();
  await until('some words are counted', async () => (await counted()).length > 0, 60_000);
  first.kill('SIGKILL');
  await first.exited;

  await produce(brokers, `${test.prefix}WORDS`, said.slice(said.length / 2));
  const second = start();
  await until('all words are counted', async () => (await counted()).length >= said.length, 60_000);
  await untilProcessed(test.prefix, 60_000);
  const expected = WORDS.flatMap((word) => Array.from({ length: TIMES }, (_, at) => `${word} ${at + 1}`));
  expect((await counted()).sort()).toEqual(expected.sort());
  expect(await differences(test.prefix, workload)).toEqual([]);
  expect((await second.stop()).code).toBe(0);
});

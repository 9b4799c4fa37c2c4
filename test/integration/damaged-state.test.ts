/** A STATE_DIR that is not what the worker left: moved into quarantine and restored, and nobody is notified twice. */
import { cpSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { logEnds } from '../../dev/oracle/offsets.js';
import { prepareEnvironment, type TestEnvironment } from './harness/environment.js';
import { restoredStores } from './harness/joined.js';
import { consumerGroups } from './harness/kafka-tools.js';
import { differences, produceAll, untilProcessed } from './harness/outcome.js';
import { testStack } from './harness/test-stack.js';
import { recreateTopic, testKafka } from './harness/topics.js';
import { startWorker, type WorkerProcess } from './harness/worker.js';
import { makeWorkload, type Workload } from './harness/workload.js';
import { DAMAGES } from './damages.js';

const PARTITIONS = 2;
const MOVED = 'the state store cannot be used: moved into quarantine, it is restored from the changelog';
function partsOf({ events }: Workload, count: number): (index: number) => Workload['events'] {
  const size = Math.ceil(events.length / count);
  return (index) => events.slice(index * size, (index + 1) * size);
}

async function runWhole(test: TestEnvironment): Promise<WorkerProcess> {
  const worker = startWorker({ env: test.env() });
  await worker.ready();
  await untilProcessed(test.prefix);
  return worker;
}

async function withAdmin(
  act: (admin: ReturnType<ReturnType<typeof testKafka>['admin']>) => Promise<unknown>,
): Promise<void> {
  const admin = testKafka(testStack().kafkaBrokers).admin();
  await admin.connect();
  try {
    await act(admin);
  } finally {
    await admin.disconnect();
  }
}

describe('a state directory that is damaged between two runs', () => {
  it(
    'goes into quarantine and is restored, whatever it was, and every event is notified of once',
    { timeout: 240_000 },
    async () => {
      const test = await prepareEnvironment('heal', PARTITIONS);
      // Repeats reach back over the whole workload, so each run has some of what was processed before the damage.
      const workload = makeWorkload({ seed: 21, events: 6_000, ids: test.ids, repeats: 0.3 });
      const part = partsOf(workload, DAMAGES.length + 1);
      const directory = test.stateDir('worker');
      const file = join(directory, 'data.mdb');
      await produceAll(test.prefix, [...workload.users, ...part(0)]);
      let worker = await runWhole(test);

      for (const [index, { name, fault, stop, inflict }] of DAMAGES.entries()) {
        await worker.stop(stop);
        await inflict(file, directory);
        const damaged = statSync(file).size;
        await produceAll(test.prefix, part(index + 1));
        worker = await runWhole(test);
        const moved = worker.logged(MOVED);
        expect(moved, name).toHaveLength(1);
        expect(moved[0], name).toMatchObject({ fault });
        expect(statSync(join(moved[0]!['quarantined'] as string, 'data.mdb')).size, name).toBe(damaged);
        const restored = restoredStores(worker);
        expect(
          restored.map(({ from }) => from),
          name,
        ).toEqual([0, 0]);
        expect(
          restored.reduce((sum, { records }) => sum + records, 0),
          name,
        ).toBeGreaterThan(PARTITIONS);
      }
      expect(await differences(test.prefix, workload)).toEqual([]);
      expect(await worker.stop()).toEqual({ code: 0, signal: null });
    },
  );

  it(
    'stops the worker when the changelog was recreated too, and goes on when the operator sets the offsets again',
    { timeout: 120_000 },
    async () => {
      const test = await prepareEnvironment('heal-lost', PARTITIONS);
      const workload = makeWorkload({ seed: 22, events: 2_000, ids: test.ids, repeats: 0 });
      const part = partsOf(workload, 2);
      const directory = test.stateDir('worker');
      await produceAll(test.prefix, [...workload.users, ...part(0)]);
      const first = await runWhole(test);
      await first.stop();
      const topic = `${test.prefix}app-dedup-changelog`;
      await recreateTopic(testStack().kafkaBrokers, topic, PARTITIONS);
      writeFileSync(join(directory, 'data.mdb'), 'damaged');

      for (let again = 0; again < 2; again += 1) {
        const refused = startWorker({ env: test.env() });
        expect((await refused.exited).code).toBe(1);
        const said = refused.lines.join('\n');
        expect(said).toContain(join(directory, 'aside'));
        expect(said).toContain('state reseed');
      }

      await consumerGroups(test.prefix, '--reset-offsets', '--to-current', '--all-topics', '--execute');
      await produceAll(test.prefix, part(1)); // none of them repeats
      const worker = await runWhole(test);
      expect(await differences(test.prefix, workload)).toEqual([]);
      await worker.stop();
    },
  );
});

describe('a changelog whose start has passed the position of the store', () => {
  it('is replayed from its start, and the worker says what is missing', { timeout: 120_000 }, async () => {
    const test = await prepareEnvironment('heal-gap', PARTITIONS);
    const workload = makeWorkload({ seed: 23, events: 3_000, ids: test.ids, repeats: 0, poison: 0 });
    const part = partsOf(workload, 4);
    const [directory, old] = [test.stateDir('worker'), test.stateDir('old')];
    await produceAll(test.prefix, [...workload.users, ...part(0)]);
    await (await runWhole(test)).stop();
    cpSync(join(directory, 'data.mdb'), join(old, 'data.mdb'), { recursive: true });
    await produceAll(test.prefix, part(1));
    await (await runWhole(test)).stop();
    const ends = await logEnds({ brokers: testStack().kafkaBrokers, prefix: test.prefix });
    await produceAll(test.prefix, part(2));
    await (await runWhole(test)).stop();

    const topic = `${test.prefix}app-dedup-changelog`;
    const starts = ends
      .filter((end) => end.topic === topic && end.partition < PARTITIONS)
      .map(({ partition, offset }) => ({ partition, offset: String(offset) }));
    await withAdmin(async (admin) => {
      await admin.fetchTopicOffsets(topic); // kafkajs deletes only in a topic that it has heard of
      await admin.deleteTopicRecords({ topic, partitions: starts });
    });
    cpSync(join(old, 'data.mdb'), join(directory, 'data.mdb'));
    // Some of what was seen before and after the gap comes again.
    await produceAll(test.prefix, [...part(0).slice(0, 200), ...part(2), ...part(3)]);
    const worker = await runWhole(test);
    const said = worker.lines.filter((line) => line.includes('the changelog begins after the position of the store'));
    expect(said).toHaveLength(PARTITIONS);
    expect(
      restoredStores(worker)
        .map(({ from }) => String(from))
        .sort(),
    ).toEqual(starts.map(({ offset }) => offset).sort());
    expect(worker.logged(MOVED)).toEqual([]);
    expect(await differences(test.prefix, workload)).toEqual([]);
    await worker.stop();
  });
});

describe('two workers on one state directory', () => {
  it('are one: the second is refused, and the first goes on, merely stopped or not', { timeout: 60_000 }, async () => {
    const test = await prepareEnvironment('heal-two', PARTITIONS);
    const first = startWorker({ env: test.env('worker', { ROLES: 'stream', SESSION_TIMEOUT_MS: '30000' }) });
    await first.ready();
    for (const signal of ['SIGSTOP', 'SIGCONT'] as const) {
      first.kill(signal);
      const second = startWorker({ env: test.env('worker', { ROLES: 'stream' }) });
      expect((await second.exited).code).toBe(1);
      expect(second.lines.join('\n')).toContain('is in use by another process');
    }
    expect(existsSync(join(test.stateDir('worker'), 'data.mdb'))).toBe(true);
    expect(readFileSync(join(test.stateDir('worker'), 'data.mdb')).length).toBeGreaterThan(0);
    await first.ready();
    expect((await first.stop()).code).toBe(0);
  });
});

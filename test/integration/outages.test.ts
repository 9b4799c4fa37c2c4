/** A broker or a registry that is away: the worker waits, says so, and goes on by itself. */
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';

import { startBroker, startRegistry, stopBroker, stopRegistry } from '../../dev/stack/stack.js';
import { SCHEMAS } from '../../schemas/types.js';
import { prepareEnvironment } from './harness/environment.js';
import { messagesOf } from './harness/messages.js';
import { differences, lag, produceAll, untilProcessed } from './harness/outcome.js';
import { eventIds, readOutputs } from './harness/outputs.js';
import { bringUpOwnStack, ownStack } from './harness/own-stack.js';
import { registerVersion } from './harness/register-version.js';
import { byLabels, readinessOf, scrape } from './harness/scrape.js';
import { until } from './harness/until.js';
import { startWorker, type WorkerProcess } from './harness/worker.js';
import { makeWorkload } from './harness/workload.js';

/** Longer than the session timeout, the transaction timeout and every retry of a request. */
const OUTAGE_MS = 12_000;
/** Longer than every attempt at a schema id. */
const REGISTRY_OUTAGE_MS = 8_000;
const SHORT_TIMEOUTS = { TRANSACTION_TIMEOUT_MS: '8000', REQUEST_TIMEOUT_MS: '4000' };
/** Longer than the outage and the takeovers after it: else events may go out without the addresses that stand still with it. */
const PATIENT = { DIRECTORY_WAIT_MS: '40000' };

bringUpOwnStack('outages');

/** Waits until the worker says that it is not ready because of this part; gives the reason. */
async function untilNotReady(worker: WorkerProcess, part: string): Promise<string> {
  return until(
    `/readyz names the ${part}`,
    async () => {
      const { status, reasons } = await readinessOf(worker);
      return status === 503 && reasons[part];
    },
    20_000,
  ).catch(async (error: unknown) => {
    throw new Error(`${JSON.stringify(await readinessOf(worker))}\n${worker.lines.slice(-20).join('\n')}`, {
      cause: error,
    });
  });
}

function isLogged(line: string): boolean {
  return line.startsWith('{"level":"') && typeof JSON.parse(line) === 'object';
}

describe('at the start', () => {
  it('a registry that is not there is waited for', { timeout: 90_000 }, async () => {
    const test = await prepareEnvironment('no-registry', 1);
    await stopRegistry(ownStack());
    const worker = startWorker({ env: test.env() });
    expect(await untilNotReady(worker, 'registry')).toMatch(/registry/);
    await startRegistry(ownStack());
    await worker.ready();
    await produceAll(test.prefix, [messagesOf(test).task({ eventId: 'e' })]);
    await untilProcessed(test.prefix);
    expect(eventIds((await readOutputs(test.prefix)).inApp)).toEqual(['e']);
    expect((await worker.stop()).code).toBe(0);
  });

  it('a broker that is not there is waited for', { timeout: 90_000 }, async () => {
    const test = await prepareEnvironment('no-broker', 1);
    await produceAll(test.prefix, [messagesOf(test).task({ eventId: 'e' })]);
    await stopBroker(ownStack());
    const worker = startWorker({ env: test.env() });
    expect(await untilNotReady(worker, 'broker')).not.toBe('');
    await startBroker(ownStack());
    await worker.ready();
    await untilProcessed(test.prefix);
    expect(eventIds((await readOutputs(test.prefix)).inApp)).toEqual(['e']);
    expect((await worker.stop()).code).toBe(0);
  });

  it('SIGTERM ends a worker that still waits, with 0', { timeout: 90_000 }, async () => {
    const test = await prepareEnvironment('waiting', 1);
    await stopBroker(ownStack());
    const worker = startWorker({ env: test.env() });
    await untilNotReady(worker, 'broker');
    expect(await worker.stop('SIGTERM', 12_000)).toEqual({ code: 0, signal: null });
    await startBroker(ownStack());
  });
});

describe('while records flow', () => {
  it('every line of a worker of many tasks is JSON, whoever waits for the broker', { timeout: 90_000 }, async () => {
    const test = await prepareEnvironment('many-waiters', 16);
    const worker = startWorker({ env: test.env() });
    await worker.ready();
    await stopBroker(ownStack());
    await untilNotReady(worker, 'broker');
    await delay(3_000);
    await startBroker(ownStack());
    await worker.ready();
    expect((await worker.stop()).code).toBe(0);
    expect(worker.lines.filter((line) => !isLogged(line))).toEqual([]);
    expect(worker.logged('Node warns')).toEqual([]);
  });

  it(
    'without the registry the known schemas go on, an unknown one waits and is not dead-lettered',
    { timeout: 120_000 },
    async () => {
      const test = await prepareEnvironment('registry-gone', 2);
      const { task } = messagesOf(test);
      const worker = startWorker({ env: test.env('a', { RETRY_BACKOFF_MS: '200' }) });
      await worker.ready();
      await produceAll(test.prefix, [task({ eventId: 'before' }, { partition: 0 })]);
      await untilProcessed(test.prefix);
      const newer = await registerVersion(`${test.prefix}TASK_EVENT_TOPIC-value`, SCHEMAS.TaskEvent, 'newer');

      await stopRegistry(ownStack());
      const away = delay(REGISTRY_OUTAGE_MS);
      const unknown = task({ eventId: 'waits' }, { partition: 1 });
      (unknown.message.value as Buffer).writeUInt32BE(newer, 1);
      await produceAll(test.prefix, [
        unknown,
        task({ eventId: 'behind' }, { partition: 1 }),
        task({ eventId: 'during' }, { partition: 0 }),
      ]);
      expect(await untilNotReady(worker, 'registry')).toMatch(/registry/);
      await until(
        'the known schema goes on',
        async () => eventIds((await readOutputs(test.prefix)).inApp).includes('during'),
        10_000,
      );
      await away;
      expect(eventIds((await readOutputs(test.prefix)).inApp)).toEqual(['before', 'during']);
      expect((await readinessOf(worker)).status).toBe(503);
      expect(byLabels(await scrape(worker), 'consumer_lag')).toMatchObject({
        'TASK_EVENT_TOPIC/0': 0,
        'TASK_EVENT_TOPIC/1': 2,
      });

      await startRegistry(ownStack());
      await untilProcessed(test.prefix);
      await worker.ready(10_000);
      const { inApp, deadLetters } = await readOutputs(test.prefix);
      expect(eventIds(inApp)).toEqual(['before', 'behind', 'during', 'waits']);
      expect(deadLetters).toEqual([]);
      expect((await worker.stop()).code).toBe(0);
    },
  );

  it(
    'a broker that is away for longer than every timeout costs nothing and repeats nothing',
    { timeout: 450_000 },
    async () => {
      for (let attempt = 1; !(await survivesOutage(`broker-gone-${attempt}`)); attempt += 1)
        expect(attempt).toBeLessThan(3);
    },
  );
});

/**
 * False when the broker itself lost commit markers as it came back, which one that is alone can do (docs/operations.md,
 * "A broker of one"): then nobody can go on, and nothing is said of us. Every other failure is ours.
 */
async function survivesOutage(name: string): Promise<boolean> {
  const test = await prepareEnvironment(name, 4);
  const workload = makeWorkload({ seed: 31, events: 8_000, ids: test.ids });
  await produceAll(test.prefix, [...workload.users, ...workload.events]);
  const total = workload.users.length + workload.events.length;
  const env = (state: string) => test.env(state, { COMMIT_RECORDS: '50', ...SHORT_TIMEOUTS, ...PATIENT });
  const [a, b] = [startWorker({ env: env('a') }), startWorker({ env: env('b') })];
  await until('some of the work is done', async () => (await lag(test.prefix)) < total * 0.9, 60_000);
  // Killed: what is in flight is cut off in the middle.
  await stopBroker(ownStack(), 1, 0);
  const [reason] = await Promise.all([untilNotReady(a, 'broker'), untilNotReady(b, 'broker')]);
  expect(reason).not.toBe('');
  await delay(OUTAGE_MS);
  const done = await Promise.all([a, b].map((worker) => scrape(worker)));
  await startBroker(ownStack());

  // A worker that ended would not have answered, so these two are the ones that go on.
  const processed = done.flat().filter(({ name: metric }) => metric === 'records_in_total');
  expect(processed.reduce((sum, { value }) => sum + value, 0)).toBeLessThan(total);
  try {
    await untilProcessed(test.prefix, 60_000);
  } catch (error) {
    const readiness = await Promise.all([a, b].map((worker) => readinessOf(worker)));
    const reasons = readiness.flatMap((answer) => Object.values(answer.reasons));
    if (reasons.some((why) => why.includes('UNSTABLE_OFFSET_COMMIT'))) {
      await Promise.all([a.stop('SIGKILL'), b.stop('SIGKILL')]);
      return false;
    }
    throw new Error([...reasons, ...a.lines.slice(-15), '', ...b.lines.slice(-15)].join('\n'), { cause: error });
  }
  expect([a.ended, b.ended]).toEqual([undefined, undefined]);
  await Promise.all([a.ready(15_000), b.ready(15_000)]);
  expect(await differences(test.prefix, workload)).toEqual([]);
  expect((await a.stop()).code).toBe(0);
  expect((await b.stop()).code).toBe(0);
  return true;
}

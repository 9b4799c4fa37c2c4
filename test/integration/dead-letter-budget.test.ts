/** A topic full of what cannot be read: its partition pauses, an operator sees it and lets it go on, and nothing is lost. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { projectRoot } from '../../common/project-root.js';
import { askWorker } from '../../topology/operations/control-client.js';
import { prepareEnvironment, type TestEnvironment } from './harness/environment.js';
import { messagesOf } from './harness/messages.js';
import { produceAll, untilProcessed } from './harness/outcome.js';
import { eventIds, headersOf, readOutputs } from './harness/outputs.js';
import { byLabels, readinessOf, scrape } from './harness/scrape.js';
import { until } from './harness/until.js';
import { startWorker, type WorkerProcess } from './harness/worker.js';
import type { Sent } from './harness/workload.js';

const LEAST = 300;
const FLOOD = 1500;

/** `dlq resume`, as an operator types it on the worker's host, with nothing else of its configuration. */
async function resume(stateDir: string, partition: string): Promise<string> {
  const entry = join(projectRoot(), 'dist', 'bin', 'notification-streams.js');
  const env = { PATH: process.env['PATH'], STATE_DIR: stateDir };
  const args = [entry, 'dlq', 'resume', '--partition', partition];
  return (await promisify(execFile)(process.execPath, args, { env })).stdout;
}

/** Resolves when so many letters are committed by this worker, and the partition is paused at this offset. */
async function paused(test: TestEnvironment, worker: WorkerProcess, letters: number, offset: number): Promise<void> {
  await until(`the partition is paused at ${offset}`, async () => {
    const status = await askWorker(test.stateDir('worker'), { command: 'status' });
    return status.paused.some((one) => one.offset === offset);
  });
  await until('what came before is committed', async () => {
    return byLabels(await scrape(worker), 'dead_letters_total')['TASK_EVENT_TOPIC/bad-magic'] === letters;
  });
}

it(
  'pauses past its budget, says so everywhere, and goes on by dlq resume or a restart',
  { timeout: 120_000 },
  async () => {
    const test = await prepareEnvironment('budget', 2);
    const { task } = messagesOf(test);
    const json = Array.from({ length: FLOOD }, (_, at): Sent => {
      const value = Buffer.from(JSON.stringify({ eventId: `json-${at}`, tenantId: 1 }));
      return { topic: 'TASK_EVENT_TOPIC', message: { key: `json-${at}`, value, partition: 0 } };
    });
    const behind = task({ eventId: 'behind' }, { partition: 0 });
    await produceAll(test.prefix, [...json, behind, task({ eventId: 'beside' }, { partition: 1 })]);
    const name = `${test.prefix}TASK_EVENT_TOPIC-0`;
    const env = test.env('worker', { DEAD_LETTER_BUDGET: `50%/${LEAST}/1m` });

    const worker = startWorker({ env });
    const { http } = await worker.ports();
    await paused(test, worker, LEAST, LEAST);
    await until('the other partition goes on, and the worker says what waits', async () => {
      const { status, reasons } = await readinessOf(worker);
      expect(Object.keys(reasons)).toEqual(['tasks']);
      expect([status, reasons['tasks']]).toEqual([503, expect.stringMatching(`dead-letter budget.*: ${name}`)]);
      const samples = await scrape(worker);
      expect(byLabels(samples, 'records_in_total')).toMatchObject({ TASK_EVENT_TOPIC: LEAST + 1 });
      const gauge = byLabels(samples, 'dead_letter_budget_paused');
      expect(gauge).toMatchObject({ 'TASK_EVENT_TOPIC/0': 1, 'TASK_EVENT_TOPIC/1': 0 });
      return true;
    });
    expect((await fetch(`http://127.0.0.1:${http}/readyz?role=gateway`)).status).toBe(200);
    expect(worker.lines.filter((line) => line.includes('dead-letter'))).toHaveLength(11);

    const level = await askWorker(test.stateDir('worker'), { command: 'log-level', level: 'debug', seconds: 600 });
    expect(level).toMatchObject({ level: 'debug', configured: 'info' });
    expect(await resume(test.stateDir('worker'), 'TASK_EVENT_TOPIC-0')).toBe(`resumed  ${name}\n`);
    await paused(test, worker, 2 * LEAST, 2 * LEAST);
    expect(worker.logged('the log level is changed by an operator')).toHaveLength(1);
    expect(worker.logged('paused partitions are resumed by an operator')).toMatchObject([{ partitions: [name] }]);
    expect((await worker.stop()).code).toBe(0);
    expect(worker.logged('more like this')).toMatchObject([{ like: 'record dead-lettered', more: 2 * LEAST - 10 }]);
    await expect(askWorker(test.stateDir('worker'), { command: 'status' })).rejects.toThrow(
      'no worker runs on STATE_DIR',
    );

    const again = startWorker({ env });
    await again.ports();
    await until('it has its control socket', () => askWorker(test.stateDir('worker'), { command: 'status' }));
    await paused(test, again, LEAST, 3 * LEAST);
    again.kill('SIGKILL');
    await again.exited;

    const without = startWorker({ env: { ...env, DEAD_LETTER_BUDGET: 'off' } });
    await untilProcessed(test.prefix);
    const outputs = await readOutputs(test.prefix);
    const offsets = outputs.deadLetters.map((letter) => Number(headersOf(letter)['__streams.errors.offset']));
    expect(offsets.sort((a, b) => a - b)).toEqual(Array.from({ length: FLOOD }, (_, at) => at));
    expect(eventIds(outputs.inApp).sort()).toEqual(['behind', 'beside']);
    expect((await without.stop()).code).toBe(0);
  },
);

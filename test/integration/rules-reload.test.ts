/** SIGHUP: a worker takes on other rules while it works, or refuses them and goes on. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { rulesWith } from '../unit/processors/rules/rules-folder.js';
import { prepareEnvironment } from './harness/environment.js';
import { messagesOf } from './harness/messages.js';
import { produceAll, untilProcessed } from './harness/outcome.js';
import { readOutputs } from './harness/outputs.js';
import { byLabels, readinessOf, scrape } from './harness/scrape.js';
import { until } from './harness/until.js';
import { startWorker, type WorkerProcess } from './harness/worker.js';

const TASKS = 'sources/tasks.yaml';
const EVENTS = 300;

const isRunning = (worker: WorkerProcess): boolean => worker.logged('runs these rules').length > 0;
const reloads = async (worker: WorkerProcess): Promise<Record<string, number>> =>
  byLabels(await scrape(worker), 'rules_reloads_total');
const lastRules = (worker: WorkerProcess): unknown => worker.logged('runs these rules').at(-1);
const versionOf = (worker: WorkerProcess): unknown => worker.logged('joined the group').at(-1)?.['rules'];

it(
  'takes on another text between two commits, tells the group its version, and refuses what it cannot',
  { timeout: 120_000 },
  async () => {
    const test = await prepareEnvironment('reload', 4);
    const { task } = messagesOf(test);
    const rulesDir = rulesWith({});
    const edit = (file: string, from: string, to: string): void => {
      const path = join(rulesDir, file);
      const text = readFileSync(path, 'utf8');
      expect(text).toContain(from);
      writeFileSync(path, text.replace(from, to));
    };
    const env = { RULES_DIR: rulesDir };
    const [first, second] = [startWorker({ env: test.env('a', env) }), startWorker({ env: test.env('b', env) })];
    const workers = [first, second];
    const hangUp = (): void => workers.forEach((worker) => worker.kill('SIGHUP'));
    // Also before it has joined the group.
    await until('its rules are compiled', () => isRunning(first));
    first.kill('SIGHUP');
    await Promise.all(workers.map((worker) => worker.ready()));
    await until('the rules were read again', async () => (await reloads(first))['unchanged'] === 1);
    let sent = 0;
    const send = async (): Promise<void> => {
      const batch = Array.from({ length: EVENTS }, (_, at) =>
        task({ eventId: `e${sent + at}`, taskTitle: `Job ${sent + at}` }),
      );
      sent += EVENTS;
      await produceAll(test.prefix, batch);
    };
    const textsOfSent = async (): Promise<string[]> => {
      await untilProcessed(test.prefix);
      const { inApp, deadLetters } = await readOutputs(test.prefix);
      expect(deadLetters).toEqual([]);
      const numbers = inApp.map(({ eventId }) => Number(eventId.slice(1))).sort((a, b) => a - b);
      expect(numbers).toEqual(Array.from({ length: sent }, (_, at) => at));
      return inApp.map(({ message, eventId }) => message.replaceAll(eventId.slice(1), 'N')).sort();
    };
    const OLD = "Task 'Job N' assigned to you";
    const NEW = "Task 'Job N' is yours";

    await send();
    expect(new Set(await textsOfSent())).toEqual(new Set([OLD]));

    edit(TASKS, "Task ''{taskTitle}'' assigned to you", "Task ''{taskTitle}'' is yours");
    edit('rules.yaml', 'version: 1', 'version: 2');
    const sending = send();
    hangUp();
    await sending;
    for (const worker of workers) {
      await until('the group knows the version', () => (versionOf(worker) as { version: number }).version === 2);
      expect((await reloads(worker))['taken']).toBe(1);
    }
    expect(lastRules(first)).toMatchObject({
      version: 2,
      changes: ['version 1 -> 2', expect.stringContaining('is yours')],
    });
    await until('both are of one generation', () =>
      workers.every(
        (worker) => (worker.logged('joined the group').at(-1)?.['newestRules'] as { version: number }).version === 2,
      ),
    );
    await send();
    const texts = await textsOfSent();
    expect(texts.filter((text) => text === NEW).length).toBeGreaterThanOrEqual(EVENTS);
    expect(texts.filter((text) => text === OLD).length).toBeGreaterThanOrEqual(EVENTS);
    expect(new Set(texts)).toEqual(new Set([OLD, NEW]));

    edit(TASKS, "{taskTitle}'' is yours", "{taskTitel}'' is yours");
    hangUp();
    for (const worker of workers) {
      await until('the faulty rules are refused', async () => (await reloads(worker))['refused'] === 1);
      const [said] = worker.logged('the rules are faulty: the worker goes on with those that it has');
      expect(said!['faults']).toEqual([expect.stringMatching(/^sources\/tasks\.yaml:\d+: .*taskTitel/)]);
    }
    edit(TASKS, "{taskTitel}'' is yours", "{taskTitle}'' is yours");
    edit(TASKS, 'topic: TASK_EVENT_TOPIC', 'topic: JOB_EVENT_TOPIC');
    hangUp();
    for (const worker of workers) {
      await until('another topic is refused', async () => (await reloads(worker))['refused'] === 2);
      const [said] = worker.logged(
        'the rules change topics or schemas: restart the workers; until then this one goes on with those that it has',
      );
      expect(said!['changes']).toEqual(['tasks: JOB_EVENT_TOPIC is read, no longer TASK_EVENT_TOPIC']);
      expect(await readinessOf(worker)).toEqual({ status: 200, reasons: {} });
      expect(Object.keys(byLabels(await scrape(worker), 'rules_info'))).toEqual([expect.stringMatching(/^2\//)]);
    }
    await send();
    expect((await textsOfSent()).filter((text) => text === NEW).length).toBeGreaterThanOrEqual(2 * EVENTS);

    first.kill('SIGTERM');
    await until('it drains', () => first.logged('draining').length > 0);
    first.kill('SIGHUP');
    expect((await first.exited).code).toBe(0);
    expect((await second.stop()).code).toBe(0);
  },
);

it('is ignored by a gateway alone, which has no rules', { timeout: 60_000 }, async () => {
  const test = await prepareEnvironment('reload-gateway', 1);
  const stream = startWorker({ env: test.env('stream', { ROLES: 'stream' }) });
  const gateway = startWorker({ env: test.env('gateway', { ROLES: 'gateway' }) });
  await Promise.all([stream.ready(), gateway.ready()]);
  gateway.kill('SIGHUP');
  await until(
    'it says so',
    () => gateway.logged('a worker without the stream role has no rules to read again').length === 1,
  );
  expect((await readinessOf(gateway)).status).toBe(200);
  expect((await gateway.stop()).code).toBe(0);
  expect((await stream.stop()).code).toBe(0);
});

/** A rolling change that brings a new event type: old and new workers side by side, and nothing of it is lost. */
import { expect, it } from 'vitest';
import { rulesWith, shippedText } from '../unit/processors/rules/rules-folder.js';
import { prepareEnvironment } from './harness/environment.js';
import { shareTasks, tasksOf } from './harness/joined.js';
import { messagesOf } from './harness/messages.js';
import { produceAll, untilProcessed } from './harness/outcome.js';
import { eventIds, readOutputs } from './harness/outputs.js';
import { byLabels, readinessOf, scrape } from './harness/scrape.js';
import { until } from './harness/until.js';
import { startWorker, type WorkerProcess } from './harness/worker.js';
import type { Sent } from './harness/workload.js';

const TASKS = 4;
const EVENTS = 400;
const INVOICE_OVERDUE = `
  INVOICE_OVERDUE:
    title: Invoice overdue
    message: "The invoice of order #{orderId} is overdue"
    channels: [IN_APP]
`;
const TYPES = ['ORDER_CREATED', 'INVOICE_OVERDUE'] as const;

it('INVOICE_OVERDUE, which only the newer rules have, is told once, whichever worker reads it, while the old one waits', async () => {
  const test = await prepareEnvironment('roll-out', TASKS);
  const RULES_DIR = rulesWith({
    'rules.yaml': 'version: 2\nlanguage: en\n',
    'sources/sales.yaml': shippedText('sources/sales.yaml') + INVOICE_OVERDUE,
    'texts/vi.yaml': null,
  });
  const { sales } = messagesOf(test);
  const ofBoth = (name: string): Sent[] =>
    Array.from({ length: EVENTS }, (_, at) =>
      sales({ eventId: `${name}-${at}`, eventType: TYPES[at % 2]!, orderId: BigInt(at) }),
    );

  const old = startWorker({ env: test.env('old') });
  await old.ready();
  const newer = startWorker({ env: test.env('newer', { RULES_DIR }) });
  await until('both have tasks', () => shareTasks([old, newer], TASKS) && tasksOf(newer).length > 0);
  await until(
    'both are ready',
    async () => (await readinessOf(old)).status + (await readinessOf(newer)).status === 400,
  );
  expect(old.logged('joined the group').at(-1)).toMatchObject({ rules: { version: 1 }, newestRules: { version: 2 } });

  await produceAll(test.prefix, ofBoth('together'));
  const reason = await until('the old worker waits', async () => (await readinessOf(old)).reasons['tasks']);
  expect(reason).toMatch(/^partitions wait for a worker with newer rules: \S+SALES_EVENT_TOPIC-\d.* \(1 event type\)$/);
  expect(await readinessOf(newer)).toEqual({ status: 200, reasons: {} });
  const waits = Object.values(byLabels(await scrape(old), 'newer_rules_wait_seconds'));
  expect(waits.length).toBeGreaterThan(0);
  expect(Math.min(...waits)).toBeGreaterThan(0);
  expect(await skipped(old)).toBe(0);

  expect((await old.stop()).code).toBe(0);
  const replaced = startWorker({ env: test.env('old', { RULES_DIR }) });
  await until('the tasks are shared again', () => shareTasks([newer, replaced], TASKS) && tasksOf(replaced).length > 0);
  await produceAll(test.prefix, ofBoth('after'));
  await untilProcessed(test.prefix);
  const { inApp, delivered, deadLetters } = await readOutputs(test.prefix);
  const expected = ['together', 'after'].flatMap((name) => Array.from({ length: EVENTS }, (_, at) => textOf(name, at)));
  expect(inApp.map(({ eventId, message }) => `${eventId}: ${message}`).sort()).toEqual(expected.sort());
  expect(eventIds(delivered)).toEqual(eventIds(inApp));
  expect(deadLetters).toEqual([]);
  for (const worker of [newer, replaced]) {
    await worker.ready();
    expect(await skipped(worker)).toBe(0);
    expect(await readinessOf(worker)).toEqual({ status: 200, reasons: {} });
  }
  for (const worker of [newer, replaced]) expect((await worker.stop()).code).toBe(0);
});

/** Events of the sales that were skipped for their type. */
async function skipped(worker: WorkerProcess): Promise<number | undefined> {
  return byLabels(await scrape(worker), 'records_dropped_total')['SALES_EVENT_TOPIC/unknown-type'];
}

function textOf(name: string, at: number): string {
  const message = at % 2 === 0 ? `New order #${at} created` : `The invoice of order #${at} is overdue`;
  return `${name}-${at}: ${message}`;
}

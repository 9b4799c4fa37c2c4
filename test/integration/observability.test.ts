/** What an operator sees: metrics that add up, and logs that tell nothing of anyone. */
import { expect, it } from 'vitest';

import { prepareEnvironment } from './harness/environment.js';
import { messagesOf } from './harness/messages.js';
import { produceAll, untilProcessed } from './harness/outcome.js';
import { readOutputs } from './harness/outputs.js';
import { spoilt, UNKNOWN_ID, withSchemaId } from './harness/poison.js';
import { byLabels, readinessOf, scrape, type Sample } from './harness/scrape.js';
import { until } from './harness/until.js';
import { startWorker, type WorkerProcess } from './harness/worker.js';
import { makeWorkload, type Sent } from './harness/workload.js';
import { groupBy } from '../../common/group-by.js';

function total(samples: readonly Sample[], metric: string): number {
  return Object.values(byLabels(samples, metric)).reduce((sum, value) => sum + value, 0);
}

function countByTopic(sent: readonly Sent[]): Record<string, number> {
  return Object.fromEntries([...groupBy(sent, ({ topic }) => topic)].map(([topic, list]) => [topic, list.length]));
}

it('counts every record that came, went out, was dropped and was dead-lettered', { timeout: 60_000 }, async () => {
  const test = await prepareEnvironment('metrics', 2);
  const workload = makeWorkload({ seed: 41, events: 3_000, ids: test.ids, repeats: 0.2, poison: 0.03, skipped: 0.03 });
  const sent = [...workload.users, ...workload.events];
  await produceAll(test.prefix, sent);
  const worker = startWorker({ env: test.env('a', { RETRY_BACKOFF_MS: '20' }) });
  await untilProcessed(test.prefix);
  // A gateway may follow the topic later than the tasks have done their work.
  await worker.ready();
  expect(await readinessOf(worker)).toEqual({ status: 200, reasons: {} });

  await until('the last commit is counted, and the directory is read', async () => {
    const now = await scrape(worker);
    const entries = byLabels(now, 'directory_entries')[''];
    return total(now, 'records_in_total') === sent.length && entries === workload.users.length;
  });
  // Gauges are measured before the counters are collected: those of that scrape may be of before the last commit.
  const samples = await scrape(worker);
  expect(byLabels(samples, 'records_in_total')).toMatchObject(countByTopic(sent));
  const { inApp, emails, pushes, delivered, deadLetters } = await readOutputs(test.prefix);
  expect(byLabels(samples, 'records_out_total')).toMatchObject({
    NOTIFICATION_INAPP_TOPIC: inApp.length,
    EMAIL_REQUEST_TOPIC: emails.length,
    PUSH_REQUEST_TOPIC: pushes.length,
    NOTIFICATION_DELIVERED_TOPIC: delivered.length,
    NOTIFICATION_DLQ: deadLetters.length,
    USER_DIRECTORY: workload.users.length,
  });
  const fared = groupBy(
    delivered.flatMap(({ deliveries }) => deliveries),
    ({ channel, status, reason }) => `${channel}/${status}/${reason ?? 'none'}`,
  );
  const notZero = Object.entries(byLabels(samples, 'deliveries_total')).filter(([, count]) => count > 0);
  expect(Object.fromEntries(notZero)).toEqual(
    Object.fromEntries([...fared].map(([labels, entries]) => [labels, entries.length])),
  );
  // An event that goes to several is one.
  const handedOn = byLabels(samples, 'event_commit_seconds_count');
  expect(handedOn).toEqual({
    IN_APP: new Set(inApp.map(({ eventId }) => eventId)).size,
    EMAIL: new Set(emails.map(({ eventId }) => eventId)).size,
    PUSH: new Set(pushes.map(({ eventId }) => eventId)).size,
  });
  const dropped = samples.filter(({ name }) => name === 'records_dropped_total');
  const droppedFor = (reason: string): number =>
    dropped.filter(({ labels }) => labels['reason'] === reason).reduce((sum, { value }) => sum + value, 0);
  expect(droppedFor('duplicate')).toBe(workload.repeats);
  expect(droppedFor('tombstone') + droppedFor('unknown-type')).toBe(workload.skipped);
  const reasons = deadLetters.map(({ headers }) => headers.find(([name]) => name === 'dlq.reason')?.[1]?.toString());
  expect(reasons).toHaveLength(workload.poison.length);
  const counted = groupBy(
    samples.filter(({ name }) => name === 'dead_letters_total'),
    ({ labels }) => labels['reason'],
  );
  for (const [reason, counts] of counted)
    expect(
      counts.reduce((sum, { value }) => sum + value, 0),
      reason,
    ).toBe(reasons.filter((one) => one === reason).length);
  expect(total(samples, 'dead_letters_total')).toBe(workload.poison.length);
  expect(total(samples, 'consumer_lag')).toBe(0);
  expect(total(samples, 'consumer_lag_seconds')).toBe(0);
  expect(byLabels(samples, 'store_entries')).toEqual({
    dedup: sent.length - workload.repeats - workload.skipped - workload.poison.length,
    directory: workload.users.length,
  });
  const { file = 0, used = 0, free_pages: free = 0 } = byLabels(samples, 'store_bytes');
  expect(used + free).toBe(file);
  expect(total(samples, 'disk_free_bytes')).toBeGreaterThan(0);
  expect(total(samples, 'registry_request_errors_total')).toBe(0);
  expect(total(samples, 'registry_request_seconds_count')).toBeGreaterThan(0);
  const requests = byLabels(samples, 'kafka_request_seconds_count');
  for (const api of ['Produce', 'EndTxn', 'TxnOffsetCommit', 'InitProducerId', 'Heartbeat', 'Metadata', 'ListOffsets'])
    expect(requests[api], api).toBeGreaterThan(0);
  expect(requests['other']).toBe(0);
  expect(byLabels(samples, 'task_moves_total')).toEqual({ gained: 2, lost: 0 });
  expect(total(samples, 'rebalance_seconds_count')).toBe(total(samples, 'rebalances_total'));
  expect(byLabels(samples, 'directory_entries')).toEqual({ '': workload.users.length });
  expect(byLabels(samples, 'tasks')).toMatchObject({ running: 2 });
  expect(Object.values(byLabels(samples, 'rules_info'))).toEqual([1]);
  expect(worker.logged('runs these rules')).toMatchObject([{ version: 1 }]);
  expect((await worker.stop()).code).toBe(0);
});

it('says for how long the oldest record waits, and tells a partition that waits from one that does not', async () => {
  const test = await prepareEnvironment('lag', 2);
  const { task } = messagesOf(test);
  const unknown = task({ eventId: 'unknown' }, { partition: 0 });
  await produceAll(test.prefix, [
    spoilt(unknown, 'unknown', withSchemaId(UNKNOWN_ID)),
    task({ eventId: 'behind' }, { partition: 0 }),
    task({ eventId: 'beside' }, { partition: 1 }),
  ]);
  const worker = startWorker({ env: test.env('a', { RETRY_ATTEMPTS: '3', RETRY_BACKOFF_MS: '1500' }) });
  const seconds = async (): Promise<Record<string, number>> => byLabels(await scrape(worker), 'consumer_lag_seconds');
  // The other partition may wait for its first commit when the worker has only begun.
  const waits = await until('one has waited for 2 s, and the other does not wait', async () => {
    const now = await seconds();
    return (now['TASK_EVENT_TOPIC/0'] ?? 0) > 2 && now['TASK_EVENT_TOPIC/1'] === 0 && now;
  });
  expect(waits['TASK_EVENT_TOPIC/0']).toBeLessThan(30);
  await until('nothing waits', async () => Object.values(await seconds()).every((one) => one === 0));
  const age = total(await scrape(worker), 'last_commit_age_seconds');
  expect(age).toBeGreaterThanOrEqual(0);
  expect(age).toBeLessThan(30);
  expect((await worker.stop()).code).toBe(0);
});

it(
  'logs no text, address, device or id of an event, whatever becomes of it, at any level',
  { timeout: 60_000 },
  async () => {
    const test = await prepareEnvironment('logs', 1);
    const { task, crm, request, user } = messagesOf(test);
    const MARK = 'Zaubernuss';
    const marked = { taskTitle: `${MARK}-title`, eventId: `${MARK}-event` };
    const cut = task({ ...marked, eventId: `${MARK}-cut` });
    const headers = { 'trace-id': `${MARK}-header` };
    await produceAll(test.prefix, [
      user({ eventId: `${MARK}-user`, email: `${MARK}@example.com`, fullName: MARK, deviceTokens: [`${MARK}-device`] }),
      task(marked, { headers }),
      task(marked, { headers }),
      task({ ...marked, eventType: `${MARK}_TYPE`, eventId: `${MARK}-type` }),
      task({ ...marked, eventId: `${MARK}-invalid`, tenantId: 0n }, { headers }),
      task({ ...marked, eventId: MARK.repeat(40) }),
      { ...cut, message: { ...cut.message, value: (cut.message.value as Buffer).subarray(0, -2), headers } },
      crm({ eventId: `${MARK}-crm`, entityName: MARK, metadata: { [MARK]: MARK } }),
      request({
        eventId: `${MARK}-request`,
        title: MARK,
        message: MARK,
        channels: [`${MARK}-channel`, 'EMAIL', 'PUSH'],
        templateCode: `${MARK}-template`,
        templateVars: { [MARK]: MARK },
      }),
      request({ eventId: `${MARK}-large`, message: MARK + '<'.repeat(300_000), channels: ['EMAIL'] }),
    ]);
    const worker = startWorker({ env: test.env('a', { LOG_LEVEL: 'trace', DLQ_STACK_TRACES: 'true' }) });
    await untilProcessed(test.prefix);
    const { deadLetters, emails } = await readOutputs(test.prefix);
    expect(deadLetters).toHaveLength(4);
    expect(emails.length).toBeGreaterThan(0);
    expect((await worker.stop()).code).toBe(0);
    expect(worker.lines.length).toBeGreaterThan(10);
    expect(worker.lines.filter((line) => line.toLowerCase().includes(MARK.toLowerCase()))).toEqual([]);
    // What is not the payload's own is not in the dead letters' headers either.
    const texts = deadLetters.flatMap((letter) =>
      letter.headers.filter(([name]) => name.startsWith('__streams.')).map(([, value]) => value?.toString() ?? ''),
    );
    expect(texts.filter((text) => text.includes(MARK))).toEqual([]);
  },
);

it('is not ready from the moment on that it stops, or that its start has failed', { timeout: 60_000 }, async () => {
  const test = await prepareEnvironment('stopping', 4);
  const worker = startWorker({ env: test.env() });
  const { http } = await worker.ports();
  const started = async (): Promise<number> => (await fetch(`http://127.0.0.1:${http}/startupz`)).status;
  expect(await started()).toBe(503);
  await worker.ready();
  expect(await started()).toBe(200);
  worker.kill('SIGTERM');
  await until('it drains', () => worker.logged('draining').length > 0);
  expect(await answersUntilItEnds(worker)).not.toContain(200);
  expect((await worker.exited).code).toBe(0);

  const other = await prepareEnvironment('refused', 4);
  await produceAll(other.prefix, [messagesOf(other).task({ eventId: 'old' }, { partition: 3 })]);
  const refused = startWorker({ env: other.env('a', { START_FROM: '' }) });
  await refused.ports();
  expect(await answersUntilItEnds(refused)).not.toContain(200);
  expect((await refused.exited).code).toBe(2);
});

/** What /readyz answers, as often as it can be asked. */
async function answersUntilItEnds(worker: WorkerProcess): Promise<number[]> {
  const answers: number[] = [];
  while (!worker.ended) {
    try {
      answers.push((await readinessOf(worker)).status);
    } catch {
      // Its endpoint is closed: it ends.
      await new Promise(setImmediate);
    }
  }
  return answers;
}

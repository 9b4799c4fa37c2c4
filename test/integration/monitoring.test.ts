/** The dashboard and the alerts on a real Prometheus, while workers are under load, restarted, and behind. */
import { afterAll, expect, it } from 'vitest';

import { freePort } from '../../dev/stack/free-port.js';
import { ALERTS } from '../../topology/operations/monitoring/alerts.js';
import { DASHBOARD } from '../../topology/operations/monitoring/dashboard.js';
import { prepareEnvironment } from './harness/environment.js';
import { produceAll } from './harness/outcome.js';
import { Prometheus } from './harness/prometheus.js';
import { until } from './harness/until.js';
import { startWorker } from './harness/worker.js';
import { makeWorkload, type Sent } from './harness/workload.js';

/** What there is only while it happens: who runs this knows them from their own tests. */
const ONLY_WHILE_IT_LASTS = [
  'certificate_expiry_timestamp_seconds',
  'newer_rules_wait_seconds',
  'source_held_up_seconds',
];

let prometheus: Prometheus | undefined;
afterAll(() => prometheus?.stop());

const asAsked = (expr: string): string => expr.replaceAll('$__rate_interval', '10s').replaceAll('$instance', '.*');
const lasts = (expr: string): boolean => !ONLY_WHILE_IT_LASTS.some((name) => expr.includes(name));

it('resolves every query of the dashboard and of the alerts, and fires where a partition stands still', async () => {
  const test = await prepareEnvironment('monitoring', 2);
  const workload = makeWorkload({ seed: 7, events: 600, ids: test.ids, poison: 0.02, repeats: 0.1, skipped: 0.02 });
  const [a, b] = [await freePort(new Set()), await freePort(new Set())];
  const envOf = (name: string, port: number): Record<string, string> =>
    test.env(name, {
      HTTP_PORT: String(port),
      WORKER_ID: name,
      DEAD_LETTER_BUDGET: '50%/100/1m',
      RETRY_BACKOFF_MS: '20',
    });
  const first = startWorker({ env: envOf('a', a) });
  const second = startWorker({ env: envOf('b', b) });
  const [running] = await Promise.all([Prometheus.start([a, b]), first.ready(), second.ready()]);
  prometheus = running;

  await produceAll(test.prefix, [...workload.users, ...workload.events.slice(0, 300)]);
  const sum = async (expr: string): Promise<number> =>
    Number((await running.query(`sum(${expr})`))[0]?.value[1] ?? NaN);
  await until('load is seen', async () => (await sum('notification_streams_records_in_total')) > 200);
  await first.stop();
  await until('the restart is seen', async () => (await running.query('up == 0')).length === 1);
  const again = startWorker({ env: envOf('a', a) });
  await produceAll(test.prefix, workload.events.slice(300));
  await again.ready();

  // One producer writes what nobody can read: its partition stops, and lags.
  const garbage = Array.from({ length: 400 }, (): Sent => {
    const message = { key: null, value: Buffer.from('{"no": "Avro"}'), partition: 0 };
    return { topic: 'SALES_EVENT_TOPIC', message };
  });
  await produceAll(test.prefix, garbage);
  await until('the alert fires', async () => {
    return (await running.firing()).includes('NotificationStreamsDeadLetterBudgetSpent');
  });
  await until('lag is seen to grow old', async () => {
    const lags = await running.query(
      'notification_streams_consumer_lag_seconds{topic="SALES_EVENT_TOPIC",partition="0"} > 2',
    );
    return lags.length === 1;
  });

  // A scrape that takes longer than a second counts as failed, and hides for a second what that worker says.
  await until('every query gives something', async () => {
    expect(await emptyQueries(running)).toEqual([]);
    return true;
  });
  // Those that say something else are silent: nothing pages without a cause.
  await until('the one alert fires alone', async () => {
    expect(await running.firing()).toEqual(['NotificationStreamsDeadLetterBudgetSpent']);
    return true;
  });
});

async function emptyQueries(running: Prometheus): Promise<string[]> {
  const empty: string[] = [];
  for (const { title, queries } of DASHBOARD.flatMap(({ panels }) => panels))
    for (const { expr } of queries.filter((query) => lasts(query.expr)))
      if ((await running.query(asAsked(expr))).length === 0) empty.push(`${title}: ${expr}`);
  for (const { name, expr } of ALERTS.filter((alert) => lasts(alert.expr)))
    for (const metric of expr.match(/\b(?:up|notification_streams_\w+)\b/g) ?? [])
      if ((await running.query(metric)).length === 0) empty.push(`${name}: ${metric}`);
  return empty;
}

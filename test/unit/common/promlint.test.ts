import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { createMetrics } from '../../../common/metrics.js';
import { collectProcess } from '../../../topology/worker/process-metrics.js';
import { promlint } from './promlint.js';

/** What a worker answers, Node's own metrics included. */
async function fullScrape(): Promise<string> {
  const registry = new Registry();
  const metrics = createMetrics(registry);
  collectProcess(registry, metrics);
  metrics.consumer_lag_seconds.set({ topic: 'TASK_EVENT_TOPIC', partition: 0 }, 1);
  metrics.last_commit_age_seconds.mark();
  return registry.metrics();
}

it('the whole scrape keeps the rules of promtool', async () => {
  const scrape = await fullScrape();
  expect(scrape).toMatch(/^process_cpu_seconds_total /m);
  expect(scrape).toMatch(/^nodejs_active_resources\{/m);
  expect(scrape).toMatch(/^notification_streams_build_info\{version="\d[^"]*",node="v\d[^"]*"\} 1$/m);
  expect(promlint(scrape)).toEqual([]);
});

it('a scrape that breaks them is told what is wrong', () => {
  const wrong = [
    '# HELP open_handles_total Handles.\n# TYPE open_handles_total gauge\nopen_handles_total 1',
    '# HELP runs Runs.\n# TYPE runs counter\nruns{le="1"} 1',
    '# TYPE wait_ms gauge\nwait_ms{userId="a"} 1',
    '# HELP age_days_gauge Age.\n# TYPE age_days_gauge gauge\nage_days_gauge 1',
    '# HELP took_seconds Time.\n# TYPE took_seconds histogram\ntook_seconds_bucket{le="+Inf"} 1\ntook_seconds_sum 1',
  ];
  expect(promlint(wrong.join('\n'))).toEqual([
    'open_handles_total is a gauge and ends in _total',
    'runs is a counter and does not end in _total',
    'runs has a reserved label',
    'wait_ms has no help',
    'wait_ms abbreviates a unit',
    'wait_ms has a label in camel case',
    'age_days_gauge names its type',
    'age_days_gauge is not in base units',
  ]);
});

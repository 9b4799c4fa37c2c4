import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { createMetrics, METRIC_PREFIX, METRICS } from '../../../topology/metrics.js';

const scrape = async (): Promise<Map<string, { type: string; help: string }>> => {
  const registry = new Registry();
  createMetrics(registry);
  const found = new Map<string, { type: string; help: string }>();
  for (const line of (await registry.metrics()).split('\n')) {
    const [, keyword, name, rest] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (name === undefined) continue;
    const entry = found.get(name) ?? { type: '', help: '' };
    found.set(name, keyword === 'HELP' ? { ...entry, help: rest! } : { ...entry, type: rest! });
  }
  return found;
};

describe('the metrics', () => {
  it('in the scrape are those of the table, of the kind and with the reason that it says, and no other', async () => {
    const declared = Object.entries(METRICS).map(
      ([name, { kind, help }]) => [METRIC_PREFIX + name, { type: kind, help }] as const,
    );
    expect(await scrape()).toEqual(new Map(declared));
  });

  it.each(Object.entries(METRICS))('are named after what Prometheus expects: %s', (name, { kind }) => {
    expect(name).toMatch(/^[a-z][a-z_]*[a-z]$/);
    expect(name.endsWith('_total')).toBe(kind === 'counter');
    if (kind === 'histogram') expect(name).toMatch(/_seconds$/);
  });

  it('take the labels that the table names', async () => {
    const registry = new Registry();
    const metrics = createMetrics(registry);
    metrics.records_dropped_total.inc({ topic: 'TASK_EVENT_TOPIC', reason: 'duplicate' });
    expect(() => metrics.records_dropped_total.inc({ tenant: '7' })).toThrow();
    expect(await registry.metrics()).toContain(
      'notification_streams_records_dropped_total{topic="TASK_EVENT_TOPIC",reason="duplicate"} 1',
    );
  });

  it('of two workers in one process do not meet: each has its own registry', async () => {
    const [a, b] = [new Registry(), new Registry()];
    createMetrics(a).rebalances_total.inc(5);
    createMetrics(b);
    expect(await b.metrics()).toContain('notification_streams_rebalances_total 0');
  });
});

import { DEAD_LETTER_REASONS } from '../../../common/label-values.js';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { CLOSE_CODES } from '../../../gateway/close-codes.js';
import { REFUSALS } from '../../../gateway/refusals.js';
import { createMetrics, METRIC_PREFIX, METRICS } from '../../../common/metrics.js';

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

  it('are there from the first scrape on for each source that is read, of the contract or not', async () => {
    const metrics = createMetrics(new Registry(), ['TASK_EVENT_TOPIC', 'HR_EVENT_TOPIC']);
    const { values } = await metrics.records_in_total.get();
    expect(values.map(({ labels, value }) => [labels['topic'], value])).toEqual([
      ['TASK_EVENT_TOPIC', 0],
      ['HR_EVENT_TOPIC', 0],
    ]);
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

  it('of a counter are all there before anything was counted, each value of a label at 0', async () => {
    const registry = new Registry();
    createMetrics(registry);
    const text = await registry.metrics();
    for (const [label, values] of [
      ['dead_letters_total{topic="USER_EVENT_TOPIC",reason=', DEAD_LETTER_REASONS],
      ['upgrades_refused_total{reason=', [...Object.keys(REFUSALS), 'connections']],
      ['socket_closes_total{reason=', Object.keys(CLOSE_CODES)],
    ] as const)
      for (const value of values) expect(text).toContain(`${METRIC_PREFIX}${label}"${value}"} 0`);
    for (const [name, { kind }] of Object.entries(METRICS))
      if (kind === 'counter') expect(text).toMatch(new RegExp(`^${METRIC_PREFIX}${name}({.*})? 0$`, 'm'));
  });

  it('of two workers in one process do not meet: each has its own registry', async () => {
    const [a, b] = [new Registry(), new Registry()];
    createMetrics(a).rebalances_total.inc(5);
    createMetrics(b);
    expect(await b.metrics()).toContain('notification_streams_rebalances_total 0');
  });
});

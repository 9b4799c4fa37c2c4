import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../../topology/metrics.js';
import { Readiness } from '../../../topology/readiness.js';

describe('Readiness', () => {
  it('has no reasons at first, and keeps the last one of each part', () => {
    const readiness = new Readiness(createMetrics(new Registry()));
    expect(readiness.reasons().size).toBe(0);
    readiness.set('group', 'not joined yet');
    readiness.set('group', 'no coordinator');
    readiness.set('directory', 'not read yet');
    expect(Object.fromEntries(readiness.reasons())).toEqual({ group: 'no coordinator', directory: 'not read yet' });
    readiness.set('group', undefined);
    expect([...readiness.reasons().keys()]).toEqual(['directory']);
  });

  it('asks its probes each time', () => {
    const readiness = new Readiness(createMetrics(new Registry()));
    let reason: string | undefined = 'waits';
    readiness.probe('broker', () => reason);
    expect(readiness.reasons().get('broker')).toBe('waits');
    reason = undefined;
    expect(readiness.reasons().has('broker')).toBe(false);
  });

  it('shows each part as a gauge of 0 or 1', async () => {
    const registry = new Registry();
    const readiness = new Readiness(createMetrics(registry));
    readiness.set('tasks', 'no task yet');
    readiness.set('group', undefined);
    const scrape = await registry.metrics();
    expect(scrape).toContain('notification_streams_ready{part="tasks"} 0');
    expect(scrape).toContain('notification_streams_ready{part="group"} 1');
  });
});

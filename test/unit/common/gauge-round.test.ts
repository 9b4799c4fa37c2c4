import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { GaugeRound } from '../../../common/gauge-round.js';
import { createMetrics } from '../../../common/metrics.js';

const valuesOf = async (gauge: ReturnType<typeof createMetrics>['consumer_lag']) =>
  Object.fromEntries((await gauge.get()).values.map(({ labels, value }) => [Object.values(labels).join('/'), value]));

describe('the gauges of a scrape', () => {
  it('of two topologies on one worker are put together, and neither takes away those of the other', async () => {
    const metrics = createMetrics(new Registry());
    const round = new GaugeRound();
    for (const [topic, waits] of [
      ['A', 3],
      ['B', 5],
    ] as const) {
      round.begin(metrics.consumer_lag, metrics.standby_lag);
      round.add(metrics.consumer_lag, { topic, partition: 0 }, waits);
      round.add(metrics.tasks, { state: 'running' }, 2);
      round.add(metrics.buffered_records, {}, waits);
      round.max(metrics.consumer_lag_seconds, { topic: 'shared', partition: 0 }, waits);
    }
    round.publish();
    expect(await valuesOf(metrics.consumer_lag)).toEqual({ 'A/0': 3, 'B/0': 5 });
    expect(await valuesOf(metrics.tasks)).toEqual({ running: 4 });
    expect(await valuesOf(metrics.buffered_records)).toEqual({ '': 8 });
    expect(await valuesOf(metrics.consumer_lag_seconds)).toEqual({ 'shared/0': 5 });
  });

  it('are gone when nobody measures them any more', async () => {
    const { consumer_lag: lag } = createMetrics(new Registry());
    lag.set({ topic: 'A', partition: 0 }, 3);
    const round = new GaugeRound();
    round.begin(lag);
    round.publish();
    expect(await valuesOf(lag)).toEqual({});
  });
});

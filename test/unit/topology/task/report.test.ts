import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { windowShape } from '../../../../state/dedup/stream-time.js';
import { ACTION_URL_FAULTS, type Correction } from '../../../../common/correction.js';
import { createMetrics, METRIC_PREFIX } from '../../../../common/metrics.js';
import { report } from '../../../../topology/task/report.js';
import { remembered, sourceRecord, stagedCommit } from './records.js';

const TOPIC = 'NOTIFICATION_REQUEST_TOPIC';

describe('the report of a commit', () => {
  it('counts what was left out or set right, by the reason, once it is committed', async () => {
    const registry = new Registry();
    const metrics = createMetrics(registry);
    const staged = stagedCommit(
      new Map([[`${TOPIC}-0`, { nextOffset: 0, streamTime: 0, notifyFrom: 0 }]] as const),
      windowShape(32_000),
    );
    const corrections: Correction[] = ACTION_URL_FAULTS.map((fault) => ({ kind: 'action-url', fault }));
    const eventCorrections: readonly (readonly Correction[])[] = [
      corrections,
      corrections.slice(0, 1),
      [{ kind: 'account-timestamp' }],
      [],
    ];
    for (const [offset, some] of eventCorrections.entries()) {
      const value = remembered(`e${offset}`, { event: { corrections: some } });
      staged.add(sourceRecord(TOPIC, offset, `e${offset}`), { kind: 'forwarded', value });
    }
    report(staged, 0.1, metrics, 0);
    const scrape = await registry.metrics();
    const urls = ACTION_URL_FAULTS.map(
      (fault, index) => `${METRIC_PREFIX}action_urls_refused_total{reason="${fault}"} ${index === 0 ? 2 : 1}`,
    );
    for (const line of [...urls, `${METRIC_PREFIX}account_timestamps_replaced_total 1`]) expect(scrape).toContain(line);
  });
});

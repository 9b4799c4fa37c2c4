import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { windowShape } from '../../../../state/dedup/stream-time.js';
import { ACTION_URL_FAULTS, type Correction } from '../../../../common/correction.js';
import { createMetrics, METRIC_PREFIX } from '../../../../common/metrics.js';
import { report } from '../../../../topology/task/report.js';
import { StagedCommit } from '../../../../topology/task/staged-commit.js';
import { digestOf } from '../../../digests.js';
import { sourceRecord, stagedOutputs } from './records.js';

const TOPIC = 'NOTIFICATION_REQUEST_TOPIC';

describe('the report of a commit', () => {
  it('counts what was left out or set right, by the reason, once it is committed', async () => {
    const registry = new Registry();
    const metrics = createMetrics(registry);
    const staged = new StagedCommit(
      new Map([[`${TOPIC}-0`, { nextOffset: 0, streamTime: 0, notifyFrom: 0 }]] as const),
      windowShape(32_000),
      stagedOutputs(),
    );
    const corrections: Correction[] = ACTION_URL_FAULTS.map((fault) => ({ kind: 'action-url', fault }));
    const eventCorrections: readonly (readonly Correction[] | undefined)[] = [
      corrections,
      corrections.slice(0, 1),
      [{ kind: 'account-timestamp' }],
      undefined,
    ];
    for (const [offset, some] of eventCorrections.entries()) {
      const event = `e${offset}`;
      const processed = { kind: 'forwarded', digest: digestOf(event) } as const;
      staged.add(
        sourceRecord(TOPIC, offset, event),
        some === undefined ? processed : { ...processed, corrections: some },
      );
    }
    report(staged, 0.1, metrics);
    const scrape = await registry.metrics();
    const urls = ACTION_URL_FAULTS.map(
      (fault, nth) => `${METRIC_PREFIX}action_urls_refused_total{reason="${fault}"} ${nth === 0 ? 2 : 1}`,
    );
    for (const line of [...urls, `${METRIC_PREFIX}account_timestamps_replaced_total 1`]) expect(scrape).toContain(line);
  });
});

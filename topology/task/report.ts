/** Counts a commit that holds: metrics never count what was processed and not committed. */
import type { Metrics } from '../../common/metrics.js';
import type { StagedCommit } from './staged-commit.js';

export function report(staged: StagedCommit, seconds: number, metrics: Metrics, now: number): void {
  metrics.transactions_total.inc({ outcome: 'committed' });
  metrics.last_commit_age_seconds.mark();
  metrics.commit_duration_seconds.observe(seconds);
  for (const { topic, records, dropped, deadLettered } of staged.tallies.values()) {
    metrics.records_in_total.inc({ topic }, records);
    for (const [reason, count] of dropped) metrics.records_dropped_total.inc({ topic, reason }, count);
    for (const [reason, count] of deadLettered) metrics.dead_letters_total.inc({ topic, reason }, count);
  }
  staged.changes.count(metrics, now);
  for (const [topic, count] of staged.outputs.counts) metrics.records_out_total.inc({ topic }, count);
}

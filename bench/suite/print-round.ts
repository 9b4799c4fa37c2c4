/** A line a round, while the bench runs. */
import type { RoundResult } from './round.js';

export function printRound(result: RoundResult, say: (line: string) => void): void {
  const { contender, kind, records, isExact, failure, verdict, recordsPerSecond, usage, latency } = result;
  const facts = [
    isExact ? 'exact' : 'NOT EXACT',
    `${contender}${kind === 'resume' ? ' (killed and restarted)' : ''}: ${records} events`,
    ...(recordsPerSecond === undefined ? [] : [`${recordsPerSecond} events/s`]),
    ...(usage ? [`${((usage.cpuMs * 1000) / records).toFixed(1)} µs/event`, `${usage.peakAnonymousMb} MB`] : []),
    ...(kind === 'resume' && verdict ? [`pause ${verdict.longestGapMs} ms`] : []),
    ...(latency
      ? [`latency ${latency.p50}/${latency.p99}/${latency.max} ms (${latency.seen} of ${latency.sent})`]
      : []),
  ];
  say(facts.join(', '));
  if (isExact) return;
  if (failure !== undefined) say(`  ${failure.replaceAll('\n', '\n  ')}`);
  if (!verdict) return;
  const { missing, repeated, wrong, faults } = verdict;
  say([`  missing ${missing}, repeated ${repeated}, wrong ${wrong}`, ...faults].join('\n    '));
}

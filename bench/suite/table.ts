/** The rows as a table in Markdown. */
import { decimal, spread } from './statistics.js';
import type { Row } from './summary.js';

const HEAD = [
  'contender',
  'events',
  'exact rounds',
  'events/s',
  'CPU, µs/event',
  "broker's CPU, µs/event",
  'memory, MB',
];
const LATENCY = ['latency p50, ms', 'p99, ms', 'max, ms'];
const RESUME = ['after SIGKILL: exact', 'pause, ms'];

export function table(rows: readonly Row[]): string {
  const isResumed = rows.some(({ resumes }) => resumes > 0);
  const isTimed = rows.some(({ latency: percentiles, lateRounds }) => percentiles !== undefined || lateRounds > 0);
  const head = [...HEAD, ...(isTimed ? LATENCY : []), 'ours is', ...(isResumed ? RESUME : [])];
  const cells = rows.map((row) => [
    row.label,
    decimal(row.records),
    `${row.exactRounds} of ${row.rounds}`,
    spread(row.recordsPerSecond),
    spread(row.cpuMicros, 1),
    spread(row.brokerCpuMicros, 1),
    spread(row.memoryMb),
    ...(isTimed ? latency(row) : []),
    times(row),
    ...(isResumed ? [`${row.exactResumes} of ${row.resumes}`, spread(row.resumeMs)] : []),
  ]);
  const lines = [head, head.map((_, at) => (at === 0 ? '---' : '---:')), ...cells];
  return lines.map((line) => `| ${line.join(' | ')} |`).join('\n');
}

/** The rate's own limit shows in it, when a contender does not keep up: then no time is given. */
function latency({ latency: percentiles, lateRounds }: Row): string[] {
  if (percentiles && lateRounds === 0)
    return [spread(percentiles.p50), spread(percentiles.p99), spread(percentiles.max)];
  return lateRounds > 0 ? ['does not keep up', '-', '-'] : ['-', '-', '-'];
}

function times({ oursIsTimes }: Row): string {
  if (oursIsTimes === undefined) return '-';
  return typeof oursIsTimes === 'number' ? `× ${oursIsTimes.toFixed(2)}` : oursIsTimes;
}

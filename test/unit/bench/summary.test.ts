import { describe, expect, it } from 'vitest';
import { chart } from '../../../bench/suite/chart.js';
import { CONTENDERS } from '../../../bench/suite/contenders.js';
import type { RoundResult } from '../../../bench/suite/round.js';
import { summarize } from '../../../bench/suite/summary.js';
import { table } from '../../../bench/suite/table.js';

const contenders = CONTENDERS.filter(({ id }) => ['ours-1', 'kafka-streams-1', 'kafkats'].includes(id));

function round(contender: string, recordsPerSecond: number, over: Partial<RoundResult> = {}): RoundResult {
  return {
    contender,
    kind: 'throughput',
    size: 1000,
    seed: 1,
    records: 1000,
    isExact: true,
    recordsPerSecond,
    usage: { cpuMs: 20, brokerCpuMs: 10, totalCpuMs: 900, peakAnonymousMb: 100, peakFileMb: 50 },
    latency: { sent: 10, seen: 10, p50: 5, p99: 9, max: 12 },
    ...over,
  };
}

const SEVEN = [0, 1, 2, 3, 4, 5, 6];

const lineOf = (label: string, results: readonly RoundResult[]): string =>
  table(summarize(contenders, results))
    .split('\n')
    .find((line) => line.includes(label))!;

describe('the table', () => {
  it('has medians and ranges, and how many times faster ours is', () => {
    const results = [
      ...SEVEN.map((place) => round('ours-1', 100 + place)),
      ...SEVEN.map((place) => round('kafka-streams-1', 50 + place)),
    ];
    expect(lineOf('ours, 1', results)).toBe(
      '| ours, 1 worker | 1,000 | 7 of 7 | 103 (100–106) | 20.0 | 10.0 | 100 | 5 | 9 | 12 | - |',
    );
    expect(lineOf('1 thread', results)).toMatch(/\| 53 \(50–56\) \|.*\| × 1\.94 \|$/);
    expect(lineOf('kafkats', results)).toContain('| 0 of 0 | - |');
  });

  it('says inconclusive where the ranges overlap', () => {
    const results = SEVEN.flatMap((place) => [
      round('ours-1', 100 + place),
      round('kafka-streams-1', place === 0 ? 100 : 50),
    ]);
    expect(lineOf('1 thread', results)).toMatch(/\| inconclusive \|$/);
    expect(lineOf('1 thread', results.slice(2))).toMatch(/\| too few rounds \|$/);
  });

  it('counts nothing of a round that is not exact, but says that there was one', () => {
    const results = [round('ours-1', 100), round('ours-1', 900, { isExact: false })];
    expect(lineOf('ours, 1', results)).toContain('| 1 of 2 | 100 |');
  });

  it('gives no latency of a contender that did not keep up', () => {
    const results = [
      round('kafkats', 10),
      round('kafkats', 10, { latency: { sent: 10, seen: 9, p50: 1, p99: 1, max: 1 } }),
    ];
    expect(lineOf('kafkats', results)).toContain('| does not keep up | - | - |');
  });

  it('tells of the rounds with a SIGKILL when there are any', () => {
    const verdict = {
      outputs: 1,
      deadLetters: 0,
      missing: 0,
      repeated: 0,
      wrong: 0,
      firstAppend: 0,
      lastAppend: 1,
      longestGapMs: 1500,
      faults: [],
    };
    const results = [round('ours-1', 100), round('ours-1', 80, { kind: 'resume', verdict })];
    expect(lineOf('ours, 1', results)).toMatch(/\| 1 of 1 \| 1,500 \|$/);
  });
});

describe('the chart', () => {
  it('has a bar for each contender with an exact round, and says so of one without', () => {
    const svg = chart(summarize(contenders, [round('ours-1', 100), round('kafka-streams-1', 50)]));
    expect(svg.match(/<rect /g)).toHaveLength(4);
    expect(svg.match(/no exact round/g)).toHaveLength(2);
    expect(svg).toContain('prefers-color-scheme: dark');
    expect(svg).not.toMatch(/NaN|undefined/);
  });
});

/** What docs/performance.md says of ours beside a peer, and the README after it: each a row, reckoned from raw results. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chart } from '../../../bench/suite/chart.js';
import { rowsOf, type Results } from '../../../bench/suite/results.js';
import { decimal, ratio, type Spread } from '../../../bench/suite/statistics.js';
import type { Row } from '../../../bench/suite/summary.js';
import { table } from '../../../bench/suite/table.js';

/** A run in bench/results, and how many events of it. */
interface Run {
  readonly file: string;
  readonly events: number;
}

/** The newest of each size. After another run: name its file here, then run test/unit/docs/performance.test.ts with -u. */
const LARGE: Run = { file: '2026-11-27T090346', events: 2_000_000 };
const SMALL: Run = { file: '2026-11-26T204200', events: 400_000 };

interface Measure {
  readonly read: (row: Row) => Spread | undefined;
  readonly digits: number;
  readonly unit: string;
}

const RATE: Measure = { read: (row) => row.recordsPerSecond, digits: 0, unit: 'events/s' };
const CPU: Measure = { read: (row) => row.cpuMicros, digits: 1, unit: 'µs' };
const BROKER: Measure = { read: (row) => row.brokerCpuMicros, digits: 1, unit: 'µs' };
const MEMORY: Measure = { read: (row) => row.memoryMb, digits: 0, unit: 'MB' };
const MEDIAN: Measure = { read: (row) => row.latency?.p50, digits: 0, unit: 'ms' };
const P99: Measure = { read: (row) => row.latency?.p99, digits: 0, unit: 'ms' };

/** The row's anchor, what it says, and of whom. */
const CLAIMS: readonly (readonly [id: string, what: string, Run, Measure, ours: string, theirs: string])[] = [
  ['throughput', 'throughput, two against two', LARGE, RATE, 'ours-2', 'kafka-streams-2'],
  ['throughput-of-one', 'throughput, one against one', LARGE, RATE, 'ours-1', 'kafka-streams-1'],
  ['throughput-small', 'throughput, best against best', SMALL, RATE, 'ours-2', 'kafka-streams-1'],
  ['processor-time', 'CPU an event, one against one', LARGE, CPU, 'ours-1', 'kafka-streams-1'],
  ['processor-time-of-two', 'CPU an event, two against two', LARGE, CPU, 'ours-2', 'kafka-streams-2'],
  ['broker', "the broker's CPU an event, one against one", LARGE, BROKER, 'ours-1', 'kafka-streams-1'],
  ['memory', 'memory, one against one', LARGE, MEMORY, 'ours-1', 'kafka-streams-1'],
  ['latency-median', 'latency, median, one against one', SMALL, MEDIAN, 'ours-1', 'kafka-streams-1'],
  ['latency-p99', 'latency, 99th percentile, one against one', SMALL, P99, 'ours-1', 'kafka-streams-1'],
  ['typescript', 'throughput, two against kafkats (TypeScript)', SMALL, RATE, 'ours-2', 'kafkats'],
  ['python', 'throughput, two against Quix Streams (Python)', SMALL, RATE, 'ours-2', 'quix-streams'],
];

function readRun({ file, events }: Run): { readonly results: Results; readonly rows: readonly Row[] } {
  const path = join(import.meta.dirname, `../../../bench/results/${file}.json`);
  const results = JSON.parse(readFileSync(path, 'utf8')) as Results;
  // Ours on another Node stands in the text.
  const contenders = results.contenders.filter(({ id }) => !id.startsWith('node-'));
  return { results, rows: rowsOf(events, contenders, results.rounds) };
}

/** A row for each claim, which can be linked to by its anchor. */
export function printClaims(): string {
  const head = ['what', 'events', 'ours', 'theirs', 'ours ÷ theirs'];
  const rows = CLAIMS.map(([id, what, run, measure, ...names]) => {
    const [ours, theirs] = names.map((name) => readRun(run).rows.find((row) => row.id === name)!);
    const [a, b] = [measure.read(ours!)!, measure.read(theirs!)!];
    const [left, right] = [a, b].map(({ median }) => `${decimal(median, measure.digits)} ${measure.unit}`);
    const times = decimal(a.median / b.median, 2) + (ratio(a, b) === 'inconclusive' ? ' (inconclusive)' : '');
    const events = [...new Set([ours!, theirs!].map(({ records }) => decimal(records)))].join('; theirs ');
    return [`<a id="${id}"></a>${what}`, events, left!, right!, times];
  });
  return [head, head.map((_, at) => (at === 0 ? '---' : '---:')), ...rows].map(lineOf).join('\n');
}

const lineOf = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** What the claims rest on: where and with what it was measured, and a table. */
export function printResults(): string {
  const parts = [LARGE, SMALL].map((run) => {
    const { results, rows } = readRun(run);
    return `${aboutRun(results, run)}\n\n${decimal(run.events)} events:\n\n${table(rows)}`;
  });
  return [...parts, '![The first table as a chart](performance.svg)'].join('\n\n');
}

export const drawChart = (): string => chart(readRun(LARGE).rows);

function aboutRun({ machine, versions, startedAt, options }: Results, { file }: Run): string {
  const memory = `${Math.round(machine.memoryMb / 1024)} GB`;
  return `Measured ${startedAt.slice(0, 10)} at commit \`${machine.commit}\`, seed ${options.seed}; [raw](../bench/results/${file}.json).
Machine: ${machine.cpu}, ${machine.cores} cores, ${memory}, Linux ${machine.kernel}; load average before: ${machine.loadBefore.toFixed(1)}.
Runtimes: Node ${machine.node}, ${machine.java}, ${machine.python}.
Versions: ${Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')}.`;
}

/** A row a contender: what its rounds say together. */
import type { Contender } from './contenders.js';
import type { RoundResult } from './round.js';
import { ratio, spreadOf, type Spread } from './statistics.js';

/** Exact ones, of each of two that are compared. */
const LEAST_ROUNDS = 7;

export interface Row {
  readonly id: string;
  readonly label: string;
  readonly isOurs: boolean;
  /** Source records of each round. */
  readonly records: number;
  readonly rounds: number;
  /** Those whose outputs were exact; the others count for nothing. */
  readonly exactRounds: number;
  readonly recordsPerSecond?: Spread | undefined;
  /** Microseconds a source record, all processes of the contender. */
  readonly cpuMicros?: Spread | undefined;
  readonly brokerCpuMicros?: Spread | undefined;
  /** The most private memory of all its processes together, MB. */
  readonly memoryMb?: Spread | undefined;
  /** Milliseconds; of rounds in which every event came. */
  readonly latency?: { readonly p50: Spread; readonly p99: Spread; readonly max: Spread } | undefined;
  /** Rounds in which some events had not come when the latency was measured. */
  readonly lateRounds: number;
  /** Milliseconds without output around a SIGKILL. */
  readonly resumeMs?: Spread | undefined;
  readonly exactResumes: number;
  readonly resumes: number;
  /** How many times this contender's rate our best one has; none for ours. */
  readonly oursIsTimes?: number | 'inconclusive' | 'too few rounds' | undefined;
}

export function summarize(contenders: readonly Contender[], results: readonly RoundResult[]): Row[] {
  const rows = contenders.map((contender) =>
    rowOf(
      contender,
      results.filter((result) => result.contender === contender.id),
    ),
  );
  const best = bestOf(rows.filter(({ isOurs }) => isOurs));
  return rows.map((row) => (row.isOurs || !best ? row : { ...row, oursIsTimes: compare(best, row) }));
}

function compare(ours: Row, theirs: Row): Row['oursIsTimes'] {
  if (Math.min(ours.exactRounds, theirs.exactRounds) < LEAST_ROUNDS) return 'too few rounds';
  return ours.recordsPerSecond && theirs.recordsPerSecond && ratio(ours.recordsPerSecond, theirs.recordsPerSecond);
}

function rowOf({ id, label, system }: Contender, results: readonly RoundResult[]): Row {
  const rounds = results.filter(({ kind }) => kind === 'throughput');
  const exact = rounds.filter(({ isExact }) => isExact);
  const resumes = results.filter(({ kind }) => kind === 'resume');
  const exactResumes = resumes.filter(({ isExact }) => isExact);
  const latencies = exact.flatMap(({ latency }) => (latency ? [latency] : []));
  const complete = latencies.filter(({ sent, seen }) => seen === sent);
  const [p50, p99, max] = (['p50', 'p99', 'max'] as const).map((percentile) =>
    spreadOf(complete.map((one) => one[percentile])),
  );
  return {
    id,
    label,
    isOurs: system === 'ours',
    records: rounds[0]?.records ?? resumes[0]?.records ?? 0,
    rounds: rounds.length,
    exactRounds: exact.length,
    recordsPerSecond: spreadOf(exact.map(({ recordsPerSecond }) => recordsPerSecond!)),
    cpuMicros: spreadOf(exact.map(({ usage, records }) => (usage!.cpuMs * 1000) / records)),
    brokerCpuMicros: spreadOf(exact.map(({ usage, records }) => (usage!.brokerCpuMs * 1000) / records)),
    memoryMb: spreadOf(exact.map(({ usage }) => usage!.peakAnonymousMb)),
    latency: p50 && p99 && max ? { p50, p99, max } : undefined,
    lateRounds: latencies.length - complete.length,
    resumeMs: spreadOf(exactResumes.map(({ verdict }) => verdict!.longestGapMs)),
    exactResumes: exactResumes.length,
    resumes: resumes.length,
  };
}

function bestOf(rows: readonly Row[]): Row | undefined {
  const rate = ({ recordsPerSecond }: Row): number => recordsPerSecond?.median ?? 0;
  return [...rows].sort((a, b) => rate(b) - rate(a))[0];
}

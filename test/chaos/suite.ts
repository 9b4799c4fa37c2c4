/** Runs cases, round by round, on one cluster. */
import { messageOf } from '../../common/errors.js';
import type { WorkerProcess } from '../integration/harness/worker-process.js';
import type { ChaosCase } from './case.js';
import type { Cluster } from './cluster.js';
import { Round, type RoundOptions } from './round.js';
import { COLUMNS, judge, type Verdict } from './verdict.js';

type Outcome =
  /** Every column is 0, an effect was seen, and the tasks went on in time. */
  | 'passed'
  /** A column is not 0, something ended that should not have, or the round broke off. */
  | 'failed'
  /** The fault had no effect that could be seen. */
  | 'invalid'
  /** Right, but a task stood still for longer than the case allows. */
  | 'slow';

export interface RoundResult {
  readonly case: string;
  readonly name: string;
  readonly round: number;
  readonly seed: number;
  readonly events: number;
  readonly outcome: Outcome;
  readonly verdict: Verdict | undefined;
  readonly effects: readonly string[];
  /** What broke the round off, or ended that should not have. */
  readonly errors: readonly string[];
  readonly seconds: number;
}

/** One round; never throws. */
export async function runRound(
  chaosCase: ChaosCase,
  cluster: Cluster,
  number: number,
  options: RoundOptions,
): Promise<RoundResult> {
  const began = performance.now();
  const round = new Round(chaosCase, cluster, options);
  const errors: string[] = [];
  let verdict: Verdict | undefined;
  try {
    await round.prepare();
    await round.run();
    await round.stopAll();
    verdict = await judge(round);
  } catch (error) {
    errors.push(explain(error));
  }
  errors.push(...round.unexpected);
  if (errors.length > 0) errors.push(...round.processes.slice(-4).map(lastWords));
  await round.clean().catch((error: unknown) => errors.push(`cleaning up: ${explain(error)}`));
  return {
    case: chaosCase.id,
    name: chaosCase.name,
    round: number,
    seed: options.seed,
    events: options.events,
    outcome: outcomeOf(chaosCase, verdict, errors, round.effects),
    verdict,
    effects: round.effects,
    errors,
    seconds: Math.round((performance.now() - began) / 1000),
  };
}

function outcomeOf(
  { resumeWithinMs = Infinity }: ChaosCase,
  verdict: Verdict | undefined,
  errors: readonly string[],
  effects: readonly string[],
): Outcome {
  if (!verdict || errors.length > 0 || COLUMNS.some((column) => verdict[column] > 0)) return 'failed';
  if (effects.length === 0) return 'invalid';
  return verdict.longestPauseMs > resumeWithinMs ? 'slow' : 'passed';
}

function explain(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? ` (${messageOf(error.cause)})` : '';
  return messageOf(error) + cause;
}

const LAST_LINES = 12;

/** The end of a worker's log, without what is told of each dead letter. */
function lastWords({ pid, lines }: WorkerProcess): string {
  const last = lines.filter((line) => !line.includes('record dead-lettered')).slice(-LAST_LINES);
  return [`the end of worker ${pid}:`, ...last.map((line) => line.slice(0, 400))].join('\n');
}

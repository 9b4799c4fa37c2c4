/** Runs cases, round by round, on one cluster. */
import { messageOf } from '../../topology/errors.js';
import type { ChaosCase } from './case.js';
import type { Cluster } from './cluster.js';
import { Round, type RoundOptions } from './round.js';
import { COLUMNS, judge, type Verdict } from './verdict.js';

export interface RoundResult {
  readonly case: string;
  readonly name: string;
  readonly round: number;
  readonly seed: number;
  readonly events: number;
  /** passed: every column 0 and an effect seen. invalid: no effect. failed: a column is not 0, or the round broke off. */
  readonly outcome: 'passed' | 'failed' | 'invalid';
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
  if (errors.length > 0)
    errors.push(...round.processes.slice(-4).map((process) => process.lines.slice(-15).join('\n')));
  await round.clean().catch((error: unknown) => errors.push(`cleaning up: ${explain(error)}`));
  const isClean = verdict !== undefined && COLUMNS.every((column) => verdict[column] === 0) && errors.length === 0;
  return {
    case: chaosCase.id,
    name: chaosCase.name,
    round: number,
    seed: options.seed,
    events: options.events,
    outcome: !isClean ? 'failed' : round.effects.length === 0 ? 'invalid' : 'passed',
    verdict,
    effects: round.effects,
    errors,
    seconds: Math.round((performance.now() - began) / 1000),
  };
}

function explain(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? ` (${messageOf(error.cause)})` : '';
  return messageOf(error) + cause;
}

/** Plays a target for a while: by fast-check, so that what fails is made small and can be repeated by its seed. */
import fc from 'fast-check';
import { play } from './play.js';
import { Fault, type Input, type Target } from './target.js';

export interface Finding {
  readonly law: string;
  readonly message: string;
  readonly input: Input;
  readonly repeat: string;
}

export interface Run {
  readonly executions: number;
  /** Inputs that broke a law which is known not to hold. */
  readonly passedOver: number;
  /** How often each outcome came, and the smallest input of it. */
  readonly outcomes: ReadonlyMap<string, { readonly count: number; readonly input: Input }>;
  readonly finding?: Finding;
}

export interface FuzzOptions {
  readonly seed: number;
  /** As long as that. */
  readonly ms: number;
  /** Or as many inputs as that: from one seed they are the same each time. */
  readonly inputs?: number;
  /** Where in the seed's inputs to begin, as a finding says. */
  readonly path?: string | undefined;
  /** Laws that are known not to hold: passed over. */
  readonly known?: ReadonlySet<string>;
}

const SHRINK_MS = 20_000;

/** Runs until the time is over or a law does not hold. */
export async function fuzz(
  target: Target,
  { seed, ms, inputs = 1e9, path, known = new Set() }: FuzzOptions,
): Promise<Run> {
  const outcomes = new Map<string, { count: number; input: Input; size: number }>();
  let executions = 0;
  let passedOver = 0;
  const note = (outcome: string, input: Input): void => {
    const seen = outcomes.get(outcome);
    if (seen) seen.count += 1;
    if (seen && seen.count > 200) return;
    const size = JSON.stringify(input).length;
    if (!seen) outcomes.set(outcome, { count: 1, input, size });
    else if (size < seen.size) Object.assign(seen, { input, size });
  };
  const property = fc.asyncProperty(target.inputs, async (input) => {
    executions += 1;
    try {
      note(await play(target, input), input);
    } catch (error) {
      if (!(error instanceof Fault && known.has(error.law))) throw error;
      passedOver += 1;
    }
  });
  const details = await fc.check(property, {
    seed,
    ...(path === undefined ? { numRuns: inputs } : { path, numRuns: 1, endOnFailure: true }),
    interruptAfterTimeLimit: ms,
    markInterruptAsFailure: false,
    // fast-check's own limit on an input's time would leave its work running.
    endOnFailure: ms < SHRINK_MS / 10,
  });
  if (!details.failed) return { executions, passedOver, outcomes };
  const error = details.errorInstance;
  const repeat = `npm run fuzz -- --target ${target.name} --seed ${seed} --path ${details.counterexamplePath ?? '0'}`;
  return {
    executions,
    passedOver,
    outcomes,
    finding: {
      law: error instanceof Fault ? error.law : 'throws nothing of its own',
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
      input: details.counterexample![0],
      repeat,
    },
  };
}

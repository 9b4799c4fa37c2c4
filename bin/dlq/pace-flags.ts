/** The flags that bound a replay or an import. */
import type { Command } from 'commander';
import { countFlag, gathered } from '../flags.js';

/** As commander gives them. */
export interface PaceFlags {
  readonly maxReplays: string;
  readonly rate?: string;
}

const MOST = 1_000_000;

export function addPaceFlags(command: Command): Command {
  return command
    .option('--max-replays <count>', 'leave what has been replayed so often already', '3')
    .option('--rate <letters>', 'so many a second, at most');
}

/** Adds what is wrong with them to the faults. */
export function paceOf(
  { maxReplays, rate }: PaceFlags,
  faults: string[],
): { readonly maxReplays: number; readonly rate: number | undefined } {
  const count = (flag: string, given: string): number => gathered(faults, () => countFlag(flag, given, 1, MOST)) ?? 0;
  return {
    maxReplays: count('--max-replays', maxReplays),
    rate: rate === undefined ? undefined : count('--rate', rate),
  };
}

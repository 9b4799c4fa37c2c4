/** The flags by which the verbs of `dlq` are told which dead letters they are about. */
import type { Command } from 'commander';
import { ConfigError } from '../../common/errors.js';
import { DEAD_LETTER_REASONS } from '../../common/label-values.js';
import type { SourceSpec } from '../../schemas/source-spec.js';
import type { Selection } from '../../topology/operations/dead-letters/selection.js';
import { countFlag, gathered, positionFlag, timeFlag, wordFlag } from '../flags.js';

const MOST = Number.MAX_SAFE_INTEGER;

/** As commander gives them. */
export interface SelectionFlags {
  readonly reason?: readonly string[];
  readonly topic?: readonly string[];
  readonly since?: string;
  readonly until?: string;
  readonly at?: readonly string[];
  readonly limit?: string;
}

/** What commander gathers of a flag that takes several values, with commas between, or that is given again. */
export const gather = (value: string, before: readonly string[] = []): string[] => [...before, ...value.split(',')];

/** Adds the flags. */
export function addSelectionFlags(command: Command): Command {
  return command
    .option('--reason <reason>', `only of this reason: ${DEAD_LETTER_REASONS.join(', ')}`, gather)
    .option('--topic <topic>', 'only from this topic, without TOPIC_PREFIX, such as SALES_EVENT_TOPIC', gather)
    .option('--since <time or age>', 'only what became a dead letter from then on: 2h, 2026-01-31T08:00:00Z')
    .option('--until <time or age>', 'only what became one before then')
    .option(
      '--at <partition:offset>',
      "only the letter at this place, as the first column of 'dlq list' says it",
      gather,
    )
    .option('--limit <count>', 'so many at most, the oldest');
}

/** Throws ConfigError with every fault. */
export function selectionOf(flags: SelectionFlags, sources: readonly SourceSpec[], now: number): Selection {
  const { reason, topic, since, until, at, limit } = flags;
  const known = sources.map((source) => source.topic);
  const faults: string[] = [];
  const read = <T>(values: readonly string[] | undefined, valueOf: (value: string) => T): T[] | undefined =>
    values?.flatMap((value) => gathered(faults, () => valueOf(value)) ?? []);
  const one = (value: string | undefined): string[] | undefined => (value === undefined ? undefined : [value]);
  const selection: Selection = {
    reasons: read(reason, (word) => wordFlag('--reason', word, DEAD_LETTER_REASONS)),
    topics: read(topic, (word) => wordFlag('--topic', word, known)),
    since: read(one(since), (time) => timeFlag('--since', time, now))?.[0],
    until: read(one(until), (time) => timeFlag('--until', time, now))?.[0],
    at: read(at, (place) => positionFlag('--at', place)),
    limit: read(one(limit), (count) => countFlag('--limit', count, 1, MOST))?.[0],
  };
  if (faults.length > 0) throw new ConfigError(faults);
  return selection;
}

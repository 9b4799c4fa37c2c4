/**
 * Deletes dead letters. A log can be cut at its low end alone: whatever lies below the cut goes, and nothing above it.
 */
import type { TopicNames } from '../../../common/topic-names.js';
import { ConfigError, FatalError } from '../../../common/errors.js';
import { errorType, withTopicAdmin, type Connections } from '../../kafka/index.js';
import type { Config } from '../../worker/config.js';
import { firstSince, letterBounds, scanDeadLetters, type LetterBounds } from './scan.js';
import { Sums, type Sum } from './sums.js';

/** Where to cut. */
export type PurgeTo =
  /** At the first letter that was appended at this time or later, ms since the epoch. */
  | { readonly before: number }
  /** By partition, at this offset: it stays. */
  | { readonly at: ReadonlyMap<number, number> };

/** One partition's cut, and what goes. */
export interface Cut {
  readonly partition: number;
  readonly low: number;
  /** Where the partition begins afterwards. */
  readonly to: number;
  /** By reason. */
  readonly letters: readonly Sum[];
  /** Records that are no dead letters of ours. */
  readonly foreign: number;
}

/** What would go; only partitions of which something would. Throws ConfigError for a cut that is not in the topic. */
export async function planPurge(
  connections: Connections,
  names: Pick<TopicNames, 'physical' | 'group'>,
  to: PurgeTo,
): Promise<Cut[]> {
  const bounds = await letterBounds(connections, names);
  const cuts = 'at' in to ? checked(to.at, bounds) : await cutsBefore(connections, names, to.before, bounds);
  const counts = new Map([...cuts.keys()].map((partition) => [partition, { sums: new Sums(['reason']), foreign: 0 }]));
  const ends = new Map([...bounds].map(([partition, { low }]) => [partition, cuts.get(partition) ?? low]));
  const scan = scanDeadLetters(connections, names, {
    selection: {},
    to: ends,
    onForeign: ({ partition }) => (counts.get(partition)!.foreign += 1),
  });
  for await (const letter of scan) counts.get(letter.at.partition)!.sums.add(letter);
  return [...cuts].map(([partition, cut]) => {
    const { sums, foreign } = counts.get(partition)!;
    return { partition, low: bounds.get(partition)!.low, to: cut, letters: sums.all(), foreign };
  });
}

/** Cuts, and gives where each partition begins now. */
export async function purge(
  config: Pick<Config, 'kafka' | 'names'>,
  connections: Connections,
  cuts: readonly Cut[],
): Promise<ReadonlyMap<number, LetterBounds>> {
  const topic = config.names.physical('NOTIFICATION_DLQ');
  const offsets = new Map(cuts.map(({ partition, to }) => [partition, to]));
  try {
    await withTopicAdmin(config.kafka, (admin) => admin.deleteRecords(topic, offsets));
  } catch (error) {
    if (errorType(error) !== 'TOPIC_AUTHORIZATION_FAILED') throw error;
    throw new FatalError(
      `nothing was deleted: the right Delete on the topic ${topic} is missing. Grant it: kafka-acls --bootstrap-server ${config.kafka.brokers[0]!} --add --allow-principal User:<yours> --topic ${topic} --operation Delete`,
      error,
    );
  }
  return letterBounds(connections, config.names);
}

function checked(
  at: ReadonlyMap<number, number>,
  bounds: ReadonlyMap<number, LetterBounds>,
): ReadonlyMap<number, number> {
  const faults = [...at].flatMap(([partition, offset]) => {
    const found = bounds.get(partition);
    const given = `--to is "${partition}:${offset}"`;
    if (found === undefined) return [`${given}: the dead-letter topic has ${bounds.size} partitions`];
    return offset > found.end ? [`${given}: partition ${partition} ends at ${found.end}`] : [];
  });
  if (faults.length > 0) throw new ConfigError(faults);
  return new Map([...at].filter(([partition, offset]) => offset > bounds.get(partition)!.low));
}

async function cutsBefore(
  connections: Connections,
  names: Pick<TopicNames, 'physical' | 'group'>,
  before: number,
  bounds: ReadonlyMap<number, LetterBounds>,
): Promise<ReadonlyMap<number, number>> {
  const firsts = await firstSince(connections, names, before, [...bounds.keys()]);
  return new Map(
    [...bounds].flatMap(([partition, { low, end }]) => {
      const to = Math.min(end, firsts.get(partition) ?? low);
      return to > low ? [[partition, to] as const] : [];
    }),
  );
}

/** What became of a round, as a client sees it that is not ours. Every column is a count of what is wrong: 0 is right. */
import { committedOffsets, endOffsets } from '../../dev/oracle/offsets.js';
import { readCommitted } from '../../dev/oracle/read-committed.js';
import { EVENT_OUTPUTS } from '../../dev/contract/expected-outputs.js';
import { INPUT_TOPICS } from '../integration/harness/topics.js';
import type { Round } from './round.js';
import { originOf } from '../hostile/letters.js';
import { storeFaults } from './store-check.js';
import { outputOf, placeOf, type Output } from './witness.js';

export const COLUMNS = [
  /** Events of which an output is missing altogether. */
  'lost',
  /** Outputs that are there more than once, or belong to no event. */
  'duplicated',
  /** Events with some of their outputs and not others. */
  'torn',
  /** Records that a reader saw and that are not committed. */
  'aborted',
  /** Neighbours of one key whose order is not that of their source. */
  'disordered',
  /** Dead letters missing, too many, or altered. */
  'deadLetters',
  /** Source partitions whose committed offset is not the end. */
  'offsets',
  /** Digests in which changelog, store and delivered set differ. */
  'store',
  /** Notifications that a client of a gateway did not see, or saw out of order, or twice. */
  'unseen',
] as const;

export type Verdict = Readonly<Record<(typeof COLUMNS)[number], number>> & {
  /** The first few faults, in words. */
  readonly faults: readonly string[];
  /** The longest that any task made no output while it had input, ms. */
  readonly longestPauseMs: number;
  readonly outputs: number;
  /** Notifications that clients of the gateways saw; 0 when there were no such clients. */
  readonly shown: number;
};

type Faults = { [C in (typeof COLUMNS)[number]]: string[] };

export async function judge(round: Round): Promise<Verdict> {
  const { direct } = round.cluster;
  const records = await readCommitted({ brokers: direct, topics: round.outputTopics });
  const outputs = records.map((record) => outputOf(round.prefix, record));
  const committed = new Set(outputs.map(placeOf));
  const faults: Faults = {
    ...judgeOutputs(round, outputs),
    aborted: [...round.witness.seen].filter((place) => !committed.has(place)),
    disordered: disordered(round, outputs),
    deadLetters: judgeDeadLetters(round, outputs),
    offsets: await wrongOffsets(round),
    store: await storeFaults(round),
    unseen: round.unseen,
  };
  const counts = Object.fromEntries(COLUMNS.map((column) => [column, faults[column].length])) as Record<
    (typeof COLUMNS)[number],
    number
  >;
  const examples = COLUMNS.flatMap((column) => faults[column].slice(0, 5).map((what) => `${column}: ${what}`));
  return {
    ...counts,
    faults: examples,
    longestPauseMs: longestPause(round),
    outputs: outputs.length,
    shown: round.shown,
  };
}

function judgeOutputs(round: Round, outputs: readonly Output[]): Pick<Faults, 'lost' | 'duplicated' | 'torn'> {
  const found = { lost: [] as string[], duplicated: [] as string[], torn: [] as string[] };
  const counts = new Map<string, Map<string, number>>();
  const pairs = new Set<string>();
  for (const { topic, eventId, notificationId, isConfirmation } of outputs) {
    if (eventId === undefined) continue;
    const pair = `${topic}/${eventId}/${notificationId}${isConfirmation ? '/confirmed' : ''}`;
    if (pairs.has(pair)) found.duplicated.push(pair);
    pairs.add(pair);
    if (!round.workload.expected.has(eventId)) found.duplicated.push(`${pair} belongs to no event`);
    if (isConfirmation) continue;
    const ofTopic = counts.get(topic) ?? new Map<string, number>();
    counts.set(topic, ofTopic.set(eventId, (ofTopic.get(eventId) ?? 0) + 1));
  }
  for (const [eventId, expected] of round.workload.expected) {
    const missing = EVENT_OUTPUTS.filter(
      ([output, topic]) => (counts.get(topic)?.get(eventId) ?? 0) < expected[output],
    );
    if (missing.length === 0) continue;
    const wanted = EVENT_OUTPUTS.filter(([output]) => expected[output] > 0);
    const what = `${eventId} lacks ${missing.map(([, topic]) => topic).join(', ')}`;
    // Every event has a delivery record, so an event of which nothing is there lacks all that it should have.
    const nothing = wanted.every(([, topic]) => (counts.get(topic)?.get(eventId) ?? 0) === 0);
    (nothing ? found.lost : found.torn).push(what);
  }
  return found;
}

function judgeDeadLetters(round: Round, outputs: readonly Output[]): string[] {
  const found: string[] = [];
  const left = new Map(
    [...round.workload.poison, ...round.extraPoison].map(({ message }) => [String(message.key), message]),
  );
  const checks = new Map(round.letterChecks);
  for (const { topic, key, record } of outputs) {
    if (topic !== 'NOTIFICATION_DLQ') continue;
    const origin = originOf(record);
    const check = checks.get(origin);
    if (check) {
      found.push(...check(record).map((fault) => `the one of ${origin}: ${fault}`));
      checks.delete(origin);
      continue;
    }
    const original = left.get(key);
    if (!original) found.push(`${key} is there without reason, or twice`);
    else if (!record.value?.equals(original.value as Buffer)) found.push(`${key} has other bytes than the original`);
    left.delete(key);
  }
  for (const key of [...left.keys(), ...checks.keys()]) found.push(`${key} is missing`);
  return found;
}

/** In each partition of the in-app topic, one user's records from one source partition are in the source's order. */
function disordered(round: Round, outputs: readonly Output[]): string[] {
  const origins = new Map<string, { readonly source: string; readonly offset: number }>();
  for (const { sent, partition, offset } of round.load.acknowledged) {
    const eventId = String(sent.message.key).includes('|') ? undefined : String(sent.message.key);
    if (eventId === undefined) continue;
    const known = origins.get(eventId);
    if (!known || offset < known.offset) origins.set(eventId, { source: `${sent.topic}-${partition}`, offset });
  }
  const found: string[] = [];
  const last = new Map<string, number>();
  for (const output of outputs) {
    const origin = output.eventId === undefined ? undefined : origins.get(output.eventId);
    if (output.topic !== 'NOTIFICATION_INAPP_TOPIC' || !origin) continue;
    const line = `${output.partition}/${output.key}/${origin.source}`;
    if (origin.offset < (last.get(line) ?? -1)) found.push(`${placeOf(output)} of ${output.key} comes late`);
    last.set(line, origin.offset);
  }
  return found;
}

async function wrongOffsets({ cluster: { direct }, prefix, group }: Round): Promise<string[]> {
  const ends = await endOffsets({ brokers: direct, topics: INPUT_TOPICS.map((topic) => prefix + topic) });
  const committed = new Map(
    (await committedOffsets({ brokers: direct, group })).map(({ topic, partition, offset }) => [
      `${topic}-${partition}`,
      offset,
    ]),
  );
  return ends
    .filter(({ topic, partition, offset }) => (committed.get(`${topic}-${partition}`) ?? 0n) !== offset)
    .map(
      ({ topic, partition, offset }) =>
        `${topic}-${partition} ends at ${offset}, committed ${committed.get(`${topic}-${partition}`)}`,
    );
}

/** From the times at which the witness saw the first output of each event, by the task that made it. */
function longestPause(round: Round): number {
  const times = new Map<number, number[]>();
  const counted = new Set<string>();
  for (const { sent, partition } of round.load.acknowledged) {
    const eventId = String(sent.message.key);
    const seen = round.witness.firstSeen.get(eventId);
    if (seen === undefined || counted.has(eventId)) continue;
    counted.add(eventId);
    const seenTimes = times.get(partition);
    if (seenTimes) seenTimes.push(seen);
    else times.set(partition, [seen]);
  }
  let longest = 0;
  for (const seenTimes of times.values()) {
    seenTimes.sort((a, b) => a - b);
    for (let index = 1; index < seenTimes.length; index += 1)
      longest = Math.max(longest, seenTimes[index]! - seenTimes[index - 1]!);
  }
  return Math.round(longest);
}

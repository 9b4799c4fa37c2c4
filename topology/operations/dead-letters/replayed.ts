/** What a dead letter becomes when it is replayed: the record that it was, where it was, counted once more. */
import { RecordHeaders } from '../../../common/record-headers.js';
import { REPLAY_COUNT } from '../../../processors/sinks/dead-letter.js';
import type { OutboundBatches } from '../../kafka/index.js';
import { BATCH_OVERHEAD, sizeOf } from '../../kafka/index.js';
import { placeText, type DeadLetter } from './dead-letter.js';
import type { LeftWhy } from './left-why.js';
import { readOrigin, type OriginReader } from './origin.js';

/** The letter that a record was replayed from, as `NOTIFICATION_DLQ-3@42`. */
const REPLAYED_FROM = 'dlq.replayed-from';

/** What a topic that is replayed to takes. */
export interface Destination {
  readonly partitions: number;
  /** Its `max.message.bytes`. */
  readonly maxBytes: number;
  /** A record that is older could be deleted before a worker reads it, ms. */
  readonly oldestMs: number;
}

/** A record as it is sent, whose place is its letter's. */
export interface ReplayedRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: RecordHeaders;
  readonly timestamp: number;
  /** Its own time is older than its topic keeps records. */
  readonly isRetimed: boolean;
}

export interface ReplayRules {
  readonly appId: string;
  /** The dead-letter topic's name on the brokers. */
  readonly deadLetters: string;
  readonly maxReplays: number;
  /** By the topic's name on the brokers: no other is written to. */
  readonly destinations: ReadonlyMap<string, Destination>;
}

/** What is sent of a letter, or why it is left. `edited`: the value in its place. */
export async function replayedRecords(
  letter: DeadLetter,
  edited: { readonly value: Buffer | null } | undefined,
  rules: ReplayRules,
  origins: OriginReader,
  signal: AbortSignal,
): Promise<readonly ReplayedRecord[] | LeftWhy> {
  const left = leftWhy(letter, rules);
  if (left !== undefined) return left;
  const added = RecordHeaders.of([
    [REPLAY_COUNT, String(letter.replayCount + 1)],
    [REPLAYED_FROM, `${rules.deadLetters}-${placeText(letter.at).replace(':', '@')}`],
  ]);
  const isWhole = letter.cut === undefined && letter.batch === undefined;
  const read = isWhole ? [{ ...letter, headers: letter.rawHeaders }] : await readOrigin(letter, origins, signal);
  if (typeof read === 'string') return read;
  const now = Date.now();
  const oldest = now - rules.destinations.get(letter.origin.topic)!.oldestMs;
  return read.map(({ key, value, headers, timestamp }) => {
    const isRetimed = timestamp >= 0 && timestamp < oldest;
    return {
      key,
      value: edited ? edited.value : value,
      headers: headers.without(REPLAY_COUNT, REPLAYED_FROM).and(added),
      timestamp: isRetimed ? now : timestamp,
      isRetimed,
    };
  });
}

function leftWhy(
  { app, origin, replayCount }: DeadLetter,
  { appId, maxReplays, destinations }: ReplayRules,
): LeftWhy | undefined {
  if (app !== appId) return 'another-app';
  const destination = destinations.get(origin.topic);
  if (destination === undefined) return 'unknown-topic';
  if (origin.partition >= destination.partitions) return 'unknown-partition';
  return replayCount >= maxReplays ? 'max-replays' : undefined;
}

/**
 * Adds a letter's records for its topic and partition. False, with nothing added that counts, when one of them is too
 * large for the topic even compressed: the batches must be rolled back to their mark then.
 */
export function addReplayed(
  { origin: { topic, partition } }: DeadLetter,
  records: readonly ReplayedRecord[],
  { maxBytes }: Destination,
  batches: OutboundBatches,
): boolean {
  // Below what the topic takes; a larger record has a batch of its own.
  batches.forTopic(topic, maxBytes - BATCH_OVERHEAD);
  return records.every((record) => {
    const { key, value, headers, timestamp } = record;
    if (BATCH_OVERHEAD + sizeOf(key, value, headers) > maxBytes)
      return batches.addPacked(topic, partition, record, maxBytes);
    batches.add(topic, partition, key, value, headers, timestamp);
    return true;
  });
}

/** Batches made to hurt, sent beside the workload and checked like it. */
import type { OracleRecord } from '../../dev/oracle/read-committed.js';
import { letterFaults, unreadableFaults, type Dead } from '../hostile/letters.js';
import { encodeBatch, type RawRecord } from '../hostile/wire/batch.js';
import type { Codec } from '../hostile/wire/pack.js';
import { bytesOf } from '../hostile/wire/pieces.js';
import { produceRaw } from '../hostile/wire/raw-produce.js';
import type { Expected } from '../integration/harness/workload.js';
import type { Round } from './round.js';

export interface HostileRecord extends RawRecord {
  /** Without one it is a good event, whose key is its id, that makes one in-app notification. */
  readonly dead?: Dead;
}

export interface HostileBatch {
  /** Without the prefix. */
  readonly topic: string;
  readonly codec: Codec;
  readonly records: readonly HostileRecord[];
  /** One dead letter for all of it. */
  readonly isUnreadable?: boolean;
}

/** Finds what is wrong with the dead letter from that place, which may be missing. */
export type LetterCheck = (letter: OracleRecord | undefined) => string[];

const ONE_IN_APP: Expected = { inApp: 1, email: 0, push: 0, delivered: 1 };

/** Appends it to a partition; the verdict expects of it what it says. Gives it as it was sent. */
export async function sendHostile(round: Round, batch: HostileBatch, partition: number): Promise<Buffer> {
  const { topic, codec, records, isUnreadable } = batch;
  const encoded = encodeBatch(codec, records);
  const offset = await produceRaw(round.cluster.direct, round.prefix + topic, partition, encoded);
  const origin = (at: number): string => `${round.prefix}${topic}-${partition}@${offset + at}`;
  if (isUnreadable) {
    round.letterChecks.set(origin(0), (letter) => unreadableFaults(letter, offset + records.length - 1, codec));
    return encoded;
  }
  for (const [at, record] of records.entries()) {
    const { dead } = record;
    if (dead) round.letterChecks.set(origin(at), (letter) => letterFaults(letter, record, dead));
    else expectGood(round, record, { topic, partition, offset: offset + at });
  }
  return encoded;
}

function expectGood(
  round: Round,
  { key, value }: HostileRecord,
  { topic, partition, offset }: { readonly topic: string; readonly partition: number; readonly offset: number },
): void {
  const message = { key: bytesOf(key!).toString(), value: bytesOf(value!) };
  (round.workload.expected as Map<string, Expected>).set(message.key, ONE_IN_APP);
  round.load.acknowledged.push({ sent: { topic, message }, partition, offset });
}

/** Batches made to hurt, sent beside the workload and checked like it. */
import { SOURCE_RECORDS } from '../../dev/contract/sources.js';
import type { SourceTopic } from '../../common/record.js';
import { expectedCounts } from '../../dev/contract/expected-outputs.js';
import type { OracleRecord } from '../../dev/oracle/read-committed.js';
import type { ContractEvent } from '../../schemas/codecs.js';
import type { RecordName } from '../../schemas/types.js';
import { letterFaults, unreadableFaults, type Dead } from '../hostile/letters.js';
import { encodeBatch, type RawRecord } from '../hostile/wire/batch.js';
import type { Codec } from '../hostile/wire/pack.js';
import { bytesOf } from '../hostile/wire/pieces.js';
import { produceRaw } from '../hostile/wire/raw-produce.js';
import { decode } from '../integration/harness/avro.js';
import type { Round } from './round.js';

export interface HostileRecord extends RawRecord {
  /** Without one it is a good event, whose key is its id. */
  readonly dead?: Dead;
}

export interface HostileBatch {
  readonly topic: SourceTopic;
  readonly codec: Codec;
  readonly records: readonly HostileRecord[];
  /** One dead letter for all of it. */
  readonly isUnreadable?: boolean;
}

/** Finds what is wrong with the dead letter from that place, which may be missing. */
export type LetterCheck = (letter: OracleRecord | undefined) => string[];

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
  { topic, partition, offset }: { readonly topic: SourceTopic; readonly partition: number; readonly offset: number },
): void {
  const message = { key: bytesOf(key!).toString(), value: bytesOf(value!) };
  const event = decode(SOURCE_RECORDS[topic].name as RecordName, message.value);
  round.workload.expected.set(message.key, expectedCounts({ topic, event } as unknown as ContractEvent));
  round.load.acknowledged.push({ sent: { topic, message }, partition, offset });
}

/** Produce: sealed batches to their partitions' leader. */
import { groupBy } from '../../../common/group-by.js';
import type { ProducerIdentity } from './init-producer-id.js';
import type { RawRequest } from './internals.js';
import { BodyWriter, compactList, list, raw, type AnswerReader } from './raw-request.js';

/** `joining` (KIP-890, brokers since 4.0): a partition joins the transaction with the first batch that is written to it. */
export const PRODUCE = { plain: 7, joining: 12 } as const;
const ALL_IN_SYNC = -1;

interface ProducedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  /** Offset of the batch's first record; -1 when it was refused or is a repeat. */
  readonly baseOffset: number;
}

export interface ProduceAnswer {
  readonly partitions: readonly ProducedPartition[];
  /** A quota: for so long the broker reads nothing more from this connection, ms. */
  readonly throttleMs: number;
}

export interface SealedBatch {
  readonly topic: string;
  readonly partition: number;
  /** Sent from where they lie: they must stay as they are until the request was answered. */
  readonly bytes: Buffer;
}

/** At most one batch a partition, each of which was added to the transaction before. Error codes are handed back by partition, not thrown. */
export function produce(
  owner: ProducerIdentity,
  batches: readonly SealedBatch[],
  timeoutMs: number,
): RawRequest<ProduceAnswer> {
  const out = new BodyWriter();
  out.string(owner.transactionalId).int16(ALL_IN_SYNC).int32(timeoutMs);
  const byTopic = groupBy(batches, ({ topic }) => topic);
  out.int32(byTopic.size);
  for (const [topic, ofTopic] of byTopic) {
    out.string(topic).int32(ofTopic.length);
    for (const { partition, bytes } of ofTopic) out.int32(partition).int32(bytes.length).refer(bytes);
  }
  return raw<ProduceAnswer>('Produce', PRODUCE.plain, out.pieces(), (reader) => {
    const partitions = list(reader, () => {
      const topic = reader.string();
      return list(reader, () => readPartition(reader, topic));
    }).flat();
    reader.throttle();
    return { partitions, throttleMs: reader.throttleMs };
  });
}

/** As `produce`. CONCURRENT_TRANSACTIONS, by partition, while markers of the producer's last transaction are still to be written. */
export function produceJoining(
  owner: ProducerIdentity,
  batches: readonly SealedBatch[],
  timeoutMs: number,
): RawRequest<ProduceAnswer> {
  const out = new BodyWriter().uvarint(0).compactString(owner.transactionalId).int16(ALL_IN_SYNC).int32(timeoutMs);
  const byTopic = groupBy(batches, ({ topic }) => topic);
  out.uvarint(byTopic.size + 1);
  for (const [topic, ofTopic] of byTopic) {
    out.compactString(topic).uvarint(ofTopic.length + 1);
    for (const { partition, bytes } of ofTopic)
      out
        .int32(partition)
        .uvarint(bytes.length + 1)
        .refer(bytes)
        .uvarint(0);
    out.uvarint(0);
  }
  out.uvarint(0);
  return raw<ProduceAnswer>('Produce', PRODUCE.joining, out.pieces(), (reader) => {
    reader.tags();
    const partitions = compactList(reader, () => {
      const topic = reader.compactString();
      return compactList(reader, () => {
        const answer = readPartition(reader, topic);
        compactList(reader, () => {
          reader.int32(); // a record that was refused, and why
          reader.compactNullableString();
        });
        reader.compactNullableString(); // error message
        return answer;
      });
    }).flat();
    reader.throttle();
    return { partitions, throttleMs: reader.throttleMs };
  });
}

function readPartition(reader: AnswerReader, topic: string): ProducedPartition {
  const answer = { topic, partition: reader.int32(), errorCode: reader.int16(), baseOffset: reader.int64() };
  reader.raw(16); // append time, log start offset
  return answer;
}

/**
 * A transaction's requests under `transaction.version` 2 (KIP-890, brokers since 4.0): partitions and the group's
 * offsets join with the first write to them, and whoever ends a transaction is given the epoch of the next one.
 */
import { ByteWriter } from '../../../common/bytes.js';
import { groupBy } from '../../../common/group-by.js';
import type { RawRequest } from './internals.js';
import { check } from './protocol-errors.js';
import { BodyWriter, compactList, raw } from './raw-request.js';
import {
  txnOffsetCommit,
  type GroupMember,
  type PartitionOffset,
  type ProduceAnswer,
  type ProducerIdentity,
  type SealedBatch,
} from './requests.js';

/** The versions of Produce, EndTxn and TxnOffsetCommit that mean it so, by api key. */
export const VERSIONS = { 0: 12, 26: 5, 28: 5 } as const;

/** CONCURRENT_TRANSACTIONS, by partition, while markers of the producer's last transaction are still to be written. */
export function produceV2(
  owner: ProducerIdentity,
  batches: readonly SealedBatch[],
  timeoutMs: number,
): RawRequest<ProduceAnswer> {
  const out = new BodyWriter().uvarint(0).compactString(owner.transactionalId).int16(-1).int32(timeoutMs);
  const byTopic = groupBy(batches, ({ topic }) => topic);
  out.uvarint(byTopic.size + 1);
  for (const [topic, of] of byTopic) {
    out.compactString(topic).uvarint(of.length + 1);
    for (const { partition, bytes } of of)
      out
        .int32(partition)
        .uvarint(bytes.length + 1)
        .refer(bytes)
        .uvarint(0);
    out.uvarint(0);
  }
  out.uvarint(0);
  return raw<ProduceAnswer>(0, VERSIONS[0], 'Produce', out.pieces(), (reader) => {
    reader.tags();
    const partitions = compactList(reader, () => {
      const topic = reader.compactString();
      return compactList(reader, () => {
        const result = { topic, partition: reader.int32(), errorCode: reader.int16(), baseOffset: reader.int64() };
        reader.raw(16); // append time, log start offset
        compactList(reader, () => {
          reader.int32(); // a record that was refused, and why
          reader.compactNullableString();
        });
        reader.compactNullableString(); // error message
        return result;
      });
    }).flat();
    reader.throttle();
    return { partitions, throttleMs: reader.throttleMs };
  });
}

/** Takes the group's offsets into the transaction, before it looks at generation and member. */
export function txnOffsetCommitV2(
  owner: ProducerIdentity,
  member: GroupMember,
  offsets: readonly PartitionOffset[],
): RawRequest<void> {
  return txnOffsetCommit(owner, member, offsets, VERSIONS[28]);
}

/**
 * Whose the next transaction is: the next epoch's, or another producer id's when this one's 32,767 are used up. Asked
 * again under the old epoch it answers alike. The abort of a transaction that nothing has joined is no error.
 */
export function endTxnV2(owner: ProducerIdentity, committed: boolean): RawRequest<ProducerIdentity> {
  const { transactionalId, producerId, producerEpoch } = owner;
  const out = new ByteWriter(64).uvarint(0).compactString(transactionalId).bigint64(producerId).int16(producerEpoch);
  out.int8(committed ? 1 : 0).uvarint(0);
  return raw(26, VERSIONS[26], 'EndTxn', out.bytes(), (reader) => {
    reader.tags();
    reader.throttle();
    check(reader.int16(), `EndTxn (${committed ? 'commit' : 'abort'}) by ${transactionalId}`);
    return { transactionalId, producerId: reader.bigint64(), producerEpoch: reader.int16() };
  });
}

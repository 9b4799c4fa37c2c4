/**
 * TxnOffsetCommit: a group's offsets, within a transaction. kafkajs stops at v1, which carries neither generation nor
 * member (KIP-447).
 */
import { ByteWriter } from '../../../common/bytes.js';
import { groupBy } from '../../../common/group-by.js';
import type { ProducerIdentity } from './init-producer-id.js';
import type { RawRequest } from './internals.js';
import type { PartitionOffset } from './partitions.js';
import { check } from './protocol-errors.js';
import { compactList, raw } from './raw-request.js';

/** `joining` (KIP-890, brokers since 4.0) has the same layout; the group joins the transaction with its offsets. */
export const TXN_OFFSET_COMMIT = { plain: 3, joining: 5 } as const;

/** Who we are in the group: the broker refuses offsets from a member of an earlier generation. */
export interface GroupMember {
  readonly groupId: string;
  readonly generationId: number;
  readonly memberId: string;
}

/** The group was added to the transaction before. */
export function txnOffsetCommit(
  owner: ProducerIdentity,
  member: GroupMember,
  offsets: readonly PartitionOffset[],
): RawRequest<void> {
  return inVersion(TXN_OFFSET_COMMIT.plain, owner, member, offsets);
}

/** Takes the group's offsets into the transaction, before it looks at generation and member. */
export function txnOffsetCommitJoining(
  owner: ProducerIdentity,
  member: GroupMember,
  offsets: readonly PartitionOffset[],
): RawRequest<void> {
  return inVersion(TXN_OFFSET_COMMIT.joining, owner, member, offsets);
}

function inVersion(
  version: number,
  owner: ProducerIdentity,
  member: GroupMember,
  offsets: readonly PartitionOffset[],
): RawRequest<void> {
  const out = new ByteWriter(512).uvarint(0); // the header's tagged fields
  out.compactString(owner.transactionalId).compactString(member.groupId);
  out.bigint64(owner.producerId).int16(owner.producerEpoch);
  out.int32(member.generationId).compactString(member.memberId).uvarint(0); // no group instance id
  const byTopic = groupBy(offsets, ({ topic }) => topic);
  out.uvarint(byTopic.size + 1);
  for (const [topic, partitions] of byTopic) {
    out.compactString(topic).uvarint(partitions.length + 1);
    for (const { partition, offset, metadata = '' } of partitions) {
      out.int32(partition).int64(offset).int32(-1).compactString(metadata).uvarint(0); // leader epoch unknown
    }
    out.uvarint(0);
  }
  out.uvarint(0);
  return raw('TxnOffsetCommit', version, out.bytes(), (reader) => {
    reader.tags();
    reader.throttle();
    compactList(reader, () => {
      const topic = reader.compactString();
      compactList(reader, () => {
        const place = { topic, partition: reader.int32() };
        check(reader.int16(), `TxnOffsetCommit of ${topic}-${place.partition} by ${owner.transactionalId}`, place);
      });
    });
  });
}

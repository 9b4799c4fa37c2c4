/**
 * The requests that we write and read ourselves, at fixed versions that every broker since 2.5 speaks (4.x included).
 * TxnOffsetCommit v3 carries the group's generation and member, and OffsetFetch v7 waits for pending
 * transactional offsets (KIP-447); kafkajs stops at v1 and v4. Newer ones, where the brokers have them:
 * transactions-v2.ts, fetch-by-id.ts, topic-ids.ts.
 */
import { groupBy } from '../../../common/group-by.js';
import { ByteWriter, type ByteReader } from '../../../common/bytes.js';
import type { RawRequest } from './internals.js';
import { check } from './protocol-errors.js';
import { BodyWriter, compactList, list, raw } from './raw-request.js';

/** A producer's identity at the transaction coordinator. */
export interface ProducerIdentity {
  readonly transactionalId: string;
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

export interface TopicPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

export interface PartitionOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** What stands beside a committed offset; empty when it was set by a tool. */
  readonly metadata?: string;
}

/** The new epoch fences every earlier producer of the same transactional id and aborts its open transaction. */
export function initProducerId(transactionalId: string, transactionTimeoutMs: number): RawRequest<ProducerIdentity> {
  const body = new ByteWriter(64).string(transactionalId).int32(transactionTimeoutMs).bytes();
  return raw(22, 1, 'InitProducerId', body, (reader) => {
    reader.throttle();
    check(reader.int16(), `InitProducerId of ${transactionalId}`);
    return { transactionalId, producerId: reader.bigint64(), producerEpoch: reader.int16() };
  });
}

function identified(owner: ProducerIdentity): ByteWriter {
  return new ByteWriter(256).string(owner.transactionalId).bigint64(owner.producerId).int16(owner.producerEpoch);
}

export function addPartitionsToTxn(owner: ProducerIdentity, topics: readonly TopicPartitions[]): RawRequest<void> {
  const out = identified(owner).int32(topics.length);
  for (const { topic, partitions } of topics) {
    out.string(topic).int32(partitions.length);
    for (const partition of partitions) out.int32(partition);
  }
  return raw(24, 1, 'AddPartitionsToTxn', out.bytes(), (reader) => {
    reader.throttle();
    const results = list(reader, () => {
      const topic = reader.string();
      return list(reader, () => ({ topic, partition: reader.int32(), errorCode: reader.int16() }));
    }).flat();
    // OPERATION_NOT_ATTEMPTED (55) stands beside the partition that failed: report the cause, not the bystander.
    const failed =
      results.find((r) => r.errorCode !== 0 && r.errorCode !== 55) ?? results.find((r) => r.errorCode !== 0);
    if (failed)
      check(
        failed.errorCode,
        `AddPartitionsToTxn of ${failed.topic}-${failed.partition} by ${owner.transactionalId}`,
        failed,
      );
  });
}

export function addOffsetsToTxn(owner: ProducerIdentity, groupId: string): RawRequest<void> {
  return raw(25, 1, 'AddOffsetsToTxn', identified(owner).string(groupId).bytes(), (reader) => {
    reader.throttle();
    check(reader.int16(), `AddOffsetsToTxn by ${owner.transactionalId}`);
  });
}

/** The next transaction belongs to the same epoch. */
export function endTxn(owner: ProducerIdentity, committed: boolean): RawRequest<ProducerIdentity> {
  return raw(
    26,
    1,
    'EndTxn',
    identified(owner)
      .int8(committed ? 1 : 0)
      .bytes(),
    (reader) => {
      reader.throttle();
      check(reader.int16(), `EndTxn (${committed ? 'commit' : 'abort'}) by ${owner.transactionalId}`);
      return owner;
    },
  );
}

/** Who we are in the group: the broker refuses offsets from a member of an earlier generation. */
export interface GroupMember {
  readonly groupId: string;
  readonly generationId: number;
  readonly memberId: string;
}

/** Versions 3 to 5 have one layout. */
export function txnOffsetCommit(
  owner: ProducerIdentity,
  member: GroupMember,
  offsets: readonly PartitionOffset[],
  version = 3,
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
  return raw(28, version, 'TxnOffsetCommit', out.bytes(), (reader) => {
    reader.tags();
    reader.throttle();
    compactList(reader, () => {
      const topic = reader.compactString();
      compactList(reader, () => {
        const partition = reader.int32();
        check(reader.int16(), `TxnOffsetCommit of ${topic}-${partition} by ${owner.transactionalId}`, {
          topic,
          partition,
        });
      });
    });
  });
}

/**
 * Committed offsets, -1 where there is none. While a transaction over them is pending: UNSTABLE_OFFSET_COMMIT (retriable)
 * when they are to be stable, else those of before it.
 */
export function offsetFetch(
  groupId: string,
  topics: readonly TopicPartitions[],
  requireStable = true,
): RawRequest<PartitionOffset[]> {
  const out = new ByteWriter(512)
    .uvarint(0)
    .compactString(groupId)
    .uvarint(topics.length + 1);
  for (const { topic, partitions } of topics) {
    out.compactString(topic).uvarint(partitions.length + 1);
    for (const partition of partitions) out.int32(partition);
    out.uvarint(0);
  }
  out.int8(requireStable ? 1 : 0).uvarint(0);
  return raw(9, 7, 'OffsetFetch', out.bytes(), (reader) => {
    reader.tags();
    reader.throttle();
    const offsets = compactList(reader, () => {
      const topic = reader.compactString();
      return compactList(reader, (): PartitionOffset => {
        const partition = reader.int32();
        const offset = reader.int64();
        reader.int32(); // leader epoch
        const metadata = reader.compactNullableString() ?? '';
        check(reader.int16(), `OffsetFetch of ${topic}-${partition} for ${groupId}`);
        return { topic, partition, offset, metadata };
      });
    }).flat();
    check(reader.int16(), `OffsetFetch for ${groupId}`);
    return offsets;
  });
}

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
  /** Sent from where they lie: to stay as they are until the request was answered. */
  readonly bytes: Buffer;
}

/** At most one batch a partition. Error codes are handed back by partition, not thrown. */
export function produce(
  owner: ProducerIdentity,
  batches: readonly SealedBatch[],
  timeoutMs: number,
): RawRequest<ProduceAnswer> {
  const out = new BodyWriter();
  out.string(owner.transactionalId).int16(-1).int32(timeoutMs);
  const byTopic = groupBy(batches, ({ topic }) => topic);
  out.int32(byTopic.size);
  for (const [topic, of] of byTopic) {
    out.string(topic).int32(of.length);
    for (const { partition, bytes } of of) out.int32(partition).int32(bytes.length).refer(bytes);
  }
  return raw<ProduceAnswer>(0, 7, 'Produce', out.pieces(), (reader) => {
    const partitions = list(reader, () => {
      const topic = reader.string();
      return list(reader, () => {
        const result = { topic, partition: reader.int32(), errorCode: reader.int16(), baseOffset: reader.int64() };
        reader.raw(16); // append time, log start offset
        return result;
      });
    }).flat();
    reader.throttle();
    return { partitions, throttleMs: reader.throttleMs };
  });
}

/** How long after the wait that was asked for an answer may take, ms. */
export const FETCH_ANSWER_MS = 5_000;

export interface FetchPosition {
  readonly topic: string;
  /** Undefined where the brokers know of none. */
  readonly topicId?: string | undefined;
  readonly partition: number;
  readonly offset: number;
}

export interface FetchLimits {
  /** How long the broker may wait for data, ms. */
  readonly maxWaitMs: number;
  readonly maxBytes: number;
  readonly maxBytesPerPartition: number;
  readonly isolation: number;
}

export interface FetchAnswer {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  readonly aborted: { producerId: bigint; firstOffset: number }[];
  readonly data: Buffer;
}

const EMPTY = Buffer.alloc(0);

export function fetch(positions: readonly FetchPosition[], limits: FetchLimits): RawRequest<FetchAnswer[]> {
  const out = new ByteWriter(1024)
    .int32(-1)
    .int32(limits.maxWaitMs)
    .int32(1)
    .int32(limits.maxBytes)
    .int8(limits.isolation);
  out.int32(0).int32(-1); // no fetch session
  const byTopic = groupBy(positions, ({ topic }) => topic);
  out.int32(byTopic.size);
  for (const [topic, partitions] of byTopic) {
    out.string(topic).int32(partitions.length);
    for (const { partition, offset } of partitions) {
      out.int32(partition).int32(-1).int64(offset).int64(-1).int32(limits.maxBytesPerPartition);
    }
  }
  out.int32(0).string(''); // nothing forgotten, no rack
  const request = raw(1, 11, 'Fetch', out.bytes(), (reader) => {
    reader.throttle();
    check(reader.int16(), 'Fetch');
    reader.int32(); // session
    return list(reader, () => {
      const topic = reader.string();
      return list(reader, () => readFetchedPartition(reader, topic));
    }).flat();
  });
  return { ...request, requestTimeout: limits.maxWaitMs + FETCH_ANSWER_MS };
}

function readFetchedPartition(reader: ByteReader, topic: string): FetchAnswer {
  const partition = reader.int32();
  const errorCode = reader.int16();
  const highWatermark = reader.int64();
  const lastStableOffset = reader.int64();
  const logStartOffset = reader.int64();
  const aborted = list(reader, () => ({ producerId: reader.bigint64(), firstOffset: reader.int64() }));
  reader.int32(); // preferred read replica
  const size = reader.int32();
  return {
    topic,
    partition,
    errorCode,
    highWatermark,
    lastStableOffset,
    logStartOffset,
    aborted,
    data: size > 0 ? reader.raw(size) : EMPTY,
  };
}

/** The requests about transactions, off the wire and back on it. */
import type { ByteReader } from '../../../common/bytes.js';
import { ByteWriter } from '../../../common/bytes.js';
import { NONE, OPERATION_NOT_ATTEMPTED, UNKNOWN_TOPIC_OR_PARTITION, UNSTABLE_OFFSET_COMMIT } from './codes.js';
import { NO_OFFSET, type CommittedOffset } from './group-offsets.js';
import { groupName, partitionName, type Entry, type MemoryBroker } from './memory-broker.js';
import type { Appended } from './partition-log.js';
import type { Owner } from './transaction-coordinator.js';
import { compactList, list } from './wire.js';

/** The error code with which the node refuses to serve: it does not lead the partition, or coordinate; or a fault. NONE: it serves. */
export type Refusal = (topic?: string, partition?: number) => number;
export type Serve = (broker: MemoryBroker, body: ByteReader, refusal: Refusal) => ByteWriter;

export const initProducerId: Serve = (broker, body, refusal) => {
  const transactionalId = body.string();
  const timeoutMs = body.int32();
  const refused = refusal();
  const { errorCode, producerId, epoch } =
    refused === NONE
      ? broker.transactions.initProducerId(transactionalId, timeoutMs)
      : { errorCode: refused, producerId: -1n, epoch: -1 };
  return answer(errorCode).bigint64(producerId).int16(epoch);
};

export const addPartitionsToTxn: Serve = (broker, body, refusal) => {
  const owner = readOwner(body);
  const topics = list(body, () => ({ topic: body.string(), partitions: list(body, () => body.int32()) }));
  const exists = (topic: string, partition: number): boolean => broker.find(topic, partition) !== undefined;
  const asked = topics.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })));
  const isComplete = asked.every(({ topic, partition }) => exists(topic, partition));
  const names = asked.map(({ topic, partition }) => partitionName(topic, partition));
  const errorCode = refusal() || (isComplete ? broker.transactions.add(owner, names) : OPERATION_NOT_ATTEMPTED);
  const out = new ByteWriter().int32(0).int32(topics.length);
  for (const { topic, partitions } of topics) {
    out.string(topic).int32(partitions.length);
    for (const partition of partitions)
      out.int32(partition).int16(exists(topic, partition) ? errorCode : UNKNOWN_TOPIC_OR_PARTITION);
  }
  return out;
};

export const addOffsetsToTxn: Serve = (broker, body, refusal) => {
  const owner = readOwner(body);
  const participant = groupName(body.string());
  return answer(refusal() || broker.transactions.add(owner, [participant]));
};

export const endTxn: Serve = (broker, body, refusal) => {
  const owner = readOwner(body);
  const isCommit = body.int8() === 1;
  return answer(refusal() || broker.transactions.end(owner, isCommit));
};

/** The beginning of an answer in the flexible layout: what `write` says of each partition that was asked about. */
function byPartition<P>(
  topics: readonly { readonly topic: string; readonly partitions: readonly P[] }[],
  write: (out: ByteWriter, topic: string, partition: P) => void,
): ByteWriter {
  const out = new ByteWriter()
    .uvarint(0)
    .int32(0)
    .uvarint(topics.length + 1);
  for (const { topic, partitions } of topics) {
    out.compactString(topic).uvarint(partitions.length + 1);
    for (const partition of partitions) {
      write(out, topic, partition);
      out.uvarint(0);
    }
    out.uvarint(0);
  }
  return out;
}

const offsetCommit =
  (entry: Entry): Serve =>
  (broker, body, refusal) => {
    body.tags();
    const transactionalId = body.compactString();
    const groupId = body.compactString();
    const owner = { transactionalId, producerId: body.bigint64(), producerEpoch: body.int16() };
    const generationId = body.int32();
    const memberId = body.compactString();
    body.compactNullableString(); // group instance id
    const topics = compactList(body, () => {
      const topic = body.compactString();
      return { topic, partitions: compactList(body, () => readOffset(body)) };
    });
    body.tags();
    const offsets = new Map(
      topics.flatMap(({ topic, partitions }) =>
        partitions.map(({ partition, ...offset }) => [partitionName(topic, partition), offset] as const),
      ),
    );
    const errorCode = refusal() || broker.commitOffsets(groupId, owner, { memberId, generationId }, offsets, entry);
    return byPartition(topics, (out, _, { partition }) => out.int32(partition).int16(errorCode)).uvarint(0);
  };

export const txnOffsetCommit = offsetCommit('verify');
/** Version 5: the group joins with its offsets. */
export const txnOffsetCommitV2 = offsetCommit('join');

/** With require_stable: an offset over which a transaction is pending is not given. */
export const offsetFetch: Serve = (broker, body, refusal) => {
  body.tags();
  const groupId = body.compactString();
  const topics = compactList(body, () => {
    const topic = body.compactString();
    // Plain integers: no tagged fields follow each of them.
    const partitions = Array.from({ length: body.uvarint() - 1 }, () => body.int32());
    return { topic, partitions };
  });
  const isStable = body.int8() === 1;
  body.tags();
  const { offsets } = broker.group(groupId);
  const out = byPartition(topics, (answered, topic, partition) => {
    const name = partitionName(topic, partition);
    const errorCode = isStable && offsets.isPending(name) ? UNSTABLE_OFFSET_COMMIT : NONE;
    const { offset, metadata } = errorCode === NONE ? offsets.committed(name) : NO_OFFSET;
    answered.int32(partition).int64(offset).int32(-1).compactString(metadata).int16(errorCode);
  });
  return out.int16(refusal()).uvarint(0);
};

export const produce: Serve = (broker, body, refusal) => {
  body.nullableString(); // transactional id: the batches name their producer
  body.raw(6); // acks, timeout
  const out = new ByteWriter();
  const topics = body.int32();
  out.int32(topics);
  for (let t = 0; t < topics; t += 1) {
    const topic = body.string();
    const partitions = body.int32();
    out.string(topic).int32(partitions);
    for (let p = 0; p < partitions; p += 1) {
      const partition = body.int32();
      const batch = body.raw(body.int32());
      const { errorCode, baseOffset } = append(broker, refusal, topic, partition, batch, 'verify');
      out.int32(partition).int16(errorCode).int64(baseOffset).int64(-1).int64(0);
    }
  }
  return out.int32(0);
};

/** What a Produce is answered about one partition. */
export function append(
  broker: MemoryBroker,
  refusal: Refusal,
  topic: string,
  partition: number,
  batch: Buffer,
  entry: Entry,
): Appended {
  const refused = refusal(topic, partition);
  return refused === NONE ? broker.append(topic, partition, batch, entry) : { errorCode: refused, baseOffset: -1 };
}

/** Throttle time and error code, with which most answers begin. */
function answer(errorCode: number): ByteWriter {
  return new ByteWriter().int32(0).int16(errorCode);
}

function readOwner(body: ByteReader): Owner {
  return { transactionalId: body.string(), producerId: body.bigint64(), producerEpoch: body.int16() };
}

function readOffset(body: ByteReader): CommittedOffset & { readonly partition: number } {
  const position = { partition: body.int32(), offset: body.int64() };
  body.int32(); // leader epoch
  return { ...position, metadata: body.compactNullableString() ?? '' };
}

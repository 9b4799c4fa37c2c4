/** Which requests a transaction is made of: version 2 (KIP-890) where the cluster has it, version 1 elsewhere. */
import { ByteReader, ByteWriter } from '../../../common/bytes.js';
import type { RawRequest } from './internals.js';
import { check } from './protocol-errors.js';
import { compactList, raw } from './raw-request.js';
import {
  addOffsetsToTxn,
  addPartitionsToTxn,
  endTxn,
  produce,
  txnOffsetCommit,
  type GroupMember,
  type PartitionOffset,
  type ProduceAnswer,
  type ProducerIdentity,
  type SealedBatch,
  type TopicPartitions,
} from './requests.js';
import { endTxnV2, produceV2, txnOffsetCommitV2, VERSIONS } from './transactions-v2.js';

/** The steps of a transaction, each as a request to be sent. */
export interface TransactionProtocol {
  /** Before anything is produced to them; undefined where producing is enough. */
  readonly addPartitions?: (owner: ProducerIdentity, topics: readonly TopicPartitions[]) => RawRequest<void>;
  /** Before offsets are committed; undefined where committing them is enough. */
  readonly addOffsets?: (owner: ProducerIdentity, groupId: string) => RawRequest<void>;
  readonly produce: (
    owner: ProducerIdentity,
    batches: readonly SealedBatch[],
    timeoutMs: number,
  ) => RawRequest<ProduceAnswer>;
  readonly commitOffsets: (
    owner: ProducerIdentity,
    member: GroupMember,
    offsets: readonly PartitionOffset[],
  ) => RawRequest<void>;
  /** Answers with the owner of the next transaction. */
  readonly end: (owner: ProducerIdentity, committed: boolean) => RawRequest<ProducerIdentity>;
}

export const VERSION_1: TransactionProtocol = {
  addPartitions: addPartitionsToTxn,
  addOffsets: addOffsetsToTxn,
  produce,
  commitOffsets: txnOffsetCommit,
  end: endTxn,
};

export const VERSION_2: TransactionProtocol = {
  produce: produceV2,
  commitOffsets: txnOffsetCommitV2,
  end: endTxnV2,
};

/** ApiVersions v3: kafkajs's own, v2, is not told of features. */
const API_VERSIONS = { apiKey: 18, version: 3 };
/** From a broker before 2.4, in the layout of v0. */
const UNSUPPORTED_VERSION = 35;
/** The tagged field that holds what the whole cluster was set to. */
const FINALIZED_FEATURES = 2;

/** A feature is finalized only when every broker has it: any of them may be asked. */
export function askTransactionProtocol(): RawRequest<TransactionProtocol> {
  const body = new ByteWriter(64).uvarint(0).compactString('notification-streams').compactString('1').uvarint(0);
  return raw(API_VERSIONS.apiKey, API_VERSIONS.version, 'ApiVersions', body.bytes(), (reader) => {
    // Its header has no tagged fields in any version, so that every client can read it.
    const errorCode = reader.int16();
    if (errorCode === UNSUPPORTED_VERSION) return VERSION_1;
    check(errorCode, 'ApiVersions');
    const newest = new Map(
      compactList(reader, () => {
        const apiKey = reader.int16();
        reader.int16(); // oldest version
        return [apiKey, reader.int16()] as const;
      }),
    );
    reader.throttle();
    const isSpoken = Object.entries(VERSIONS).every(
      ([apiKey, version]) => (newest.get(Number(apiKey)) ?? 0) >= version,
    );
    return isSpoken && transactionVersion(reader) >= 2 ? VERSION_2 : VERSION_1;
  });
}

/** 0 where it was never set. */
function transactionVersion(reader: ByteReader): number {
  for (let left = reader.uvarint(); left > 0; left -= 1) {
    const tag = reader.uvarint();
    const field = new ByteReader(reader.raw(reader.uvarint()));
    if (tag !== FINALIZED_FEATURES) continue;
    const levels = compactList(field, () => {
      const feature = field.compactString();
      const level = field.int16();
      field.int16(); // lowest level
      return { feature, level };
    });
    return levels.find(({ feature }) => feature === 'transaction.version')?.level ?? 0;
  }
  return 0;
}

/** Which requests a transaction is made of: version 2 (KIP-890) where the cluster has it, version 1 elsewhere. */
import { addOffsetsToTxn } from './add-offsets-to-txn.js';
import { addPartitionsToTxn } from './add-partitions-to-txn.js';
import { ApiKey, type ApiName } from './api-keys.js';
import type { Spoken } from './api-versions.js';
import { END_TXN, endTxn, endTxnBumping } from './end-txn.js';
import type { ProducerIdentity } from './init-producer-id.js';
import type { RawRequest } from './internals.js';
import type { PartitionOffset, TopicPartitions } from './partitions.js';
import { PRODUCE, produce, produceJoining, type ProduceAnswer, type SealedBatch } from './produce.js';
import { TXN_OFFSET_COMMIT, txnOffsetCommit, txnOffsetCommitJoining, type GroupMember } from './txn-offset-commit.js';

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

/** Partitions and the group join with the first write to them, and whoever ends a transaction is given the epoch of the next one. */
export const VERSION_2: TransactionProtocol = {
  produce: produceJoining,
  commitOffsets: txnOffsetCommitJoining,
  end: endTxnBumping,
};

const NEEDED_BY_VERSION_2: readonly (readonly [ApiName, number])[] = [
  ['Produce', PRODUCE.joining],
  ['TxnOffsetCommit', TXN_OFFSET_COMMIT.joining],
  ['EndTxn', END_TXN.bumping],
];

/** `spoken`: what a broker says of itself and its cluster; undefined of one too old to say. */
export function transactionProtocolOf(spoken: Spoken | undefined): TransactionProtocol {
  if (!spoken) return VERSION_1;
  const { newest, features } = spoken;
  const isSpoken = NEEDED_BY_VERSION_2.every(([api, version]) => (newest.get(ApiKey[api]) ?? 0) >= version);
  return isSpoken && (features.get('transaction.version') ?? 0) >= 2 ? VERSION_2 : VERSION_1;
}

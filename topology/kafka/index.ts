/** What the rest of the project may use of the Kafka client. */
export { partitionsOf } from './group/assigner.js';
export { brokerFault } from './cluster/broker-fault.js';
export type { Layout } from './group/assignment.js';
export type { GroupView, MemberView } from './group/group-view.js';
export { alterCommand, cleanupLosses, type CleanupRule } from './cleanup-rules.js';
export { Connections } from './connections.js';
export {
  deafAddresses,
  mayJoin,
  mayWriteTransactions,
  viewCluster,
  type BrokerView,
  type ClusterView,
  type Operation,
  type TopicView,
} from './cluster/cluster-view.js';
export { createCluster, type KafkaSettings } from './cluster/connect.js';
export type { RequestListener } from './cluster/request-meter.js';
export { EventProducer } from './produce/event-producer.js';
export { Fetcher } from './fetch/fetcher.js';
export type { PartitionConsumer } from './fetch/partition-consumer.js';
export type { FetchedPartition } from './fetch/fetched-records.js';
export {
  /** @public Of bench/hot-path, which loads it at run time. */ RecordList,
  type FetchedRecord,
} from './records/record-list.js';
export { loadRequests } from './protocol/internals.js';
export { Leaders } from './cluster/leaders.js';
export { Membership, type MembershipListener } from './group/membership.js';
export { requireMends } from './cluster/mends.js';
export { OutOfRangeError, PartitionFeed, UnreadableError, type ByteCounter } from './fetch/partition-feed.js';
export { holdsRecords, readRange, type PartitionRange } from './fetch/partition-range.js';
export { keyHash, partitionFor } from './records/murmur2.js';
export type { Placement } from './group/placement.js';
export { offsetIn, Offsets, partitionsIn, type OffsetSpec, type TopicPartition } from './cluster/offsets.js';
export { errorType, isMissingRight, isOfARecord, isOutage, isTimeout } from './protocol/protocol-errors.js';
export { OutboundBatches, type TopicBatches } from './produce/outbound-batches.js';
export { BATCH_OVERHEAD, RecordBatch, sizeOf, type OutboundRecord } from './records/record-batch.js';
export { RecordKey } from './records/record-key.js';
export type { GroupMember } from './protocol/txn-offset-commit.js';
export type { PartitionOffset } from './protocol/partitions.js';
export type { TopicIds } from './protocol/metadata.js';
export { withTopicAdmin, type TopicAdmin, type TopicPlan } from './cluster/topics.js';
export { RefusedError, TransactionalProducer } from './produce/transactional-producer.js';
export { bearerSasl, passwordSasl } from './cluster/sasl.js';
export { Tls, tlsFault } from './cluster/tls.js';
export { Tokens } from './cluster/tokens.js';
export { tokenCommand, tokenEndpoint, tokenText, type TokenSource } from './cluster/token-sources.js';

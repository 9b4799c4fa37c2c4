/** What the rest of the project may use of the Kafka client. */
export type { PartitionCounts } from './assignment.js';
export { createCluster, type KafkaSettings } from './connect.js';
export { EventProducer } from './event-producer.js';
export { Fetcher, type PartitionConsumer } from './fetcher.js';
export type { FetchedPartition, FetchedRecord } from './fetched-records.js';
export { Leaders } from './leaders.js';
export { Membership, type MembershipListener } from './membership.js';
export { PartitionFeed } from './partition-feed.js';
export { holdsRecords, type PartitionRange } from './partition-range.js';
export { keyHash, partitionFor } from './murmur2.js';
export type { Placement } from './placement.js';
export { Offsets, type OffsetSpec } from './offsets.js';
export { errorType, isOutage } from './protocol-errors.js';
export type { OutboundRecord } from './record-batch.js';
export type { GroupMember, PartitionOffset } from './requests.js';
export type { TopicIds } from './topic-ids.js';
export { withTopicAdmin, type TopicAdmin, type TopicPlan } from './topics.js';
export { RefusedError, TransactionalProducer } from './transactional-producer.js';

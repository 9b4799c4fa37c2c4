/** Closed lists that label metrics, and are typed and explained where each is decided. A label's value never comes from input. */

/** Why a record was dropped: processors/outcome.ts. */
export const DROP_REASONS = ['tombstone', 'unknown-type', 'duplicate'] as const;

/** `dlq.reason` of a dead letter: processors/outcome.ts. */
export const DEAD_LETTER_REASONS = [
  'bad-magic',
  'unknown-schema',
  'undecodable',
  'wrong-record',
  'invalid-event',
  'unknown-type',
  'too-large',
  'unreadable-batch',
  'failed',
] as const;

/** Why the gateway closes a socket: gateway/close-codes.ts. */
export const CLOSE_REASONS = [
  'shutdown',
  'too-large',
  'internal-error',
  'token-expired',
  'lifetime',
  'flood',
  'behind',
  'too-many-resumes',
  'slow',
  'transport',
] as const;

/** Why the gateway refuses a handshake: gateway/refusals.ts. */
export const REFUSAL_REASONS = [
  'bad-handshake',
  'no-token',
  'token-in-query',
  'bad-token',
  'expired-token',
  'bad-origin',
  'user-full',
  'user-busy',
  'internal-error',
  'full',
  'busy',
  'starting',
  'keys-unavailable',
  'shutting-down',
] as const;

/**
 * What the delivered topic says of a channel, with its reason: processors/channels.ts, and for DELIVERED the gateway.
 * `other`: a channel that nobody knows. `none`: no reason is said.
 */
export const DELIVERIES = [
  { channel: 'IN_APP', status: 'DISPATCHED', reason: 'none' },
  { channel: 'IN_APP', status: 'SKIPPED', reason: 'MUTED' },
  { channel: 'IN_APP', status: 'EXPIRED', reason: 'EXPIRED' },
  { channel: 'IN_APP', status: 'DELIVERED', reason: 'none' },
  { channel: 'EMAIL', status: 'DISPATCHED', reason: 'none' },
  { channel: 'EMAIL', status: 'SKIPPED', reason: 'MUTED' },
  { channel: 'EMAIL', status: 'SKIPPED', reason: 'NO_ADDRESS' },
  { channel: 'EMAIL', status: 'EXPIRED', reason: 'EXPIRED' },
  { channel: 'PUSH', status: 'DISPATCHED', reason: 'none' },
  { channel: 'PUSH', status: 'SKIPPED', reason: 'MUTED' },
  { channel: 'PUSH', status: 'SKIPPED', reason: 'NO_DEVICE' },
  { channel: 'PUSH', status: 'EXPIRED', reason: 'EXPIRED' },
  { channel: 'other', status: 'SKIPPED', reason: 'UNKNOWN_CHANNEL' },
  { channel: 'other', status: 'EXPIRED', reason: 'EXPIRED' },
] as const;

/** The channels to which an event is handed on: processors/channels.ts. */
export const DELIVERY_CHANNELS = ['IN_APP', 'EMAIL', 'PUSH'] as const;

/** Why the registry counts as away: schemas/registry/registry-outage.ts. */
export const REGISTRY_FAULTS = [
  'unreachable',
  'credentials',
  'path',
  'busy',
  'failing',
  'refusing',
  'unusable',
] as const;

/** Requests to brokers that wait there by design, and so say nothing of how fast these are. */
export const KAFKA_LONG_POLLS = ['Fetch', 'JoinGroup', 'SyncGroup'] as const;

/** Requests whose answer comes as soon as the broker has done its work: topology/kafka/protocol/api-keys.ts. */
export const KAFKA_APIS = [
  'Produce',
  'ListOffsets',
  'Metadata',
  'OffsetFetch',
  'FindCoordinator',
  'Heartbeat',
  'LeaveGroup',
  'ApiVersions',
  'DescribeGroups',
  'InitProducerId',
  'AddPartitionsToTxn',
  'AddOffsetsToTxn',
  'EndTxn',
  'TxnOffsetCommit',
  'other',
] as const;

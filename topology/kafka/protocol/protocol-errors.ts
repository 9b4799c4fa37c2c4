/** What went wrong at the broker or on the way to it, by kind and never by message text. */
import { OutageError } from '../../../common/errors.js';
import { ErrorCode, errorName, type ErrorName } from './error-codes.js';

/** The name of kafkajs's error when it finds no coordinator, whatever the brokers answered. */
export const NO_COORDINATOR = 'KafkaJSGroupCoordinatorNotFound';

interface Place {
  readonly topic: string;
  /** Undefined when it is about the whole topic. */
  readonly partition?: number;
}

/** A broker answered with an error code. */
export class BrokerError extends Error {
  override readonly name = 'BrokerError';
  readonly type: string;
  readonly errorCode: number;
  /** The topic or partition that it is about, when it is about one. */
  readonly place: Place | undefined;

  constructor(errorCode: number, what: string, place?: Place) {
    const type = errorName(errorCode);
    super(`${what}: ${type} (${errorCode})`);
    this.type = type;
    this.errorCode = errorCode;
    this.place = place;
  }
}

/** Throws unless the code says that there is no error. */
export function check(errorCode: number, what: string, place?: Place): void {
  if (errorCode !== ErrorCode.NONE) throw new BrokerError(errorCode, what, place);
}

export interface Named {
  readonly name?: unknown;
  readonly type?: unknown;
  readonly code?: unknown;
  readonly cause?: unknown;
  readonly originalError?: unknown;
}

/** kafkajs wraps the error that it gave up on; the innermost one says what happened. */
export function innermost(error: unknown): Named {
  let current = error as Named | undefined | null;
  for (let depth = 0; depth < 5 && current?.cause instanceof Error; depth += 1) current = current.cause;
  return current ?? {};
}

/** The protocol's name of the error (`NOT_COORDINATOR_FOR_GROUP`), or undefined when no broker answered with one. */
export function errorType(error: unknown): string | undefined {
  const { type } = innermost(error);
  return typeof type === 'string' ? type : undefined;
}

/**
 * What an answer means for whoever asked, by the protocol's names: each that a produce, a commit of offsets or a step of a
 * transaction can have (the lists of Kafka's own ProduceResponse, TxnOffsetCommitResponse, EndTxnResponse and the like), and
 * more. A name that is not here means a new producer, or the end of the worker where nobody knows a way on.
 *
 *   later    a broker is starting, electing, or short of replicas: ask again
 *   moved    the metadata or the coordinator that we know is out of date: look it up, ask again
 *   fenced   another owner has the transactional id, or the transaction is gone: this producer is of no more use
 *   member   the group does not take us for the member that we claim to be
 *   record   a record is the cause, and will be again: the commit is halved until it stands alone
 *   right    we lack a right: wait for it
 *   refused  our clock, a setting of ours or of the cluster: nothing was appended, another record would fare alike: wait
 *   open     the outcome is not known: a new producer settles it, then again
 */
type Consequence = 'later' | 'moved' | 'fenced' | 'member' | 'record' | 'right' | 'refused' | 'open';

export const CONSEQUENCES: Readonly<Record<string, Consequence>> = {
  REQUEST_TIMED_OUT: 'later',
  NOT_ENOUGH_REPLICAS: 'later',
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: 'later',
  NETWORK_EXCEPTION: 'later',
  CONCURRENT_TRANSACTIONS: 'later',
  UNSTABLE_OFFSET_COMMIT: 'later',
  THROTTLING_QUOTA_EXCEEDED: 'later',
  // Fewer brokers are up than a new topic is to have replicas.
  INVALID_REPLICATION_FACTOR: 'later',
  // Damaged on its way: the bytes that we send again are whole.
  CORRUPT_MESSAGE: 'later',
  UNKNOWN: 'later',
  // An authentication was cut short: the broker closes that connection, the next one begins afresh.
  ILLEGAL_SASL_STATE: 'later',

  NOT_LEADER_FOR_PARTITION: 'moved',
  LEADER_NOT_AVAILABLE: 'moved',
  FENCED_LEADER_EPOCH: 'moved',
  UNKNOWN_LEADER_EPOCH: 'moved',
  UNKNOWN_TOPIC_OR_PARTITION: 'moved',
  UNKNOWN_TOPIC_ID: 'moved',
  INCONSISTENT_TOPIC_ID: 'moved',
  REPLICA_NOT_AVAILABLE: 'moved',
  KAFKA_STORAGE_ERROR: 'moved',
  NOT_COORDINATOR_FOR_GROUP: 'moved',
  GROUP_COORDINATOR_NOT_AVAILABLE: 'moved',
  GROUP_LOAD_IN_PROGRESS: 'moved',

  INVALID_PRODUCER_EPOCH: 'fenced',
  PRODUCER_FENCED: 'fenced',
  INVALID_TXN_STATE: 'fenced',
  UNKNOWN_PRODUCER_ID: 'fenced',
  INVALID_PRODUCER_ID_MAPPING: 'fenced',
  OUT_OF_ORDER_SEQUENCE_NUMBER: 'fenced',

  ILLEGAL_GENERATION: 'member',
  UNKNOWN_MEMBER_ID: 'member',
  REBALANCE_IN_PROGRESS: 'member',
  FENCED_INSTANCE_ID: 'member',
  STALE_MEMBER_EPOCH: 'member',
  GROUP_ID_NOT_FOUND: 'member',

  MESSAGE_TOO_LARGE: 'record',
  RECORD_LIST_TOO_LARGE: 'record',
  INVALID_RECORD: 'record',

  TOPIC_AUTHORIZATION_FAILED: 'right',
  GROUP_AUTHORIZATION_FAILED: 'right',
  CLUSTER_AUTHORIZATION_FAILED: 'right',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'right',

  INVALID_TIMESTAMP: 'refused',
  POLICY_VIOLATION: 'refused',
  INVALID_TOPIC_EXCEPTION: 'refused',
  INVALID_REQUIRED_ACKS: 'refused',
  UNSUPPORTED_FOR_MESSAGE_FORMAT: 'refused',
  UNSUPPORTED_COMPRESSION_TYPE: 'refused',
  // In what we commit: `offset.metadata.max.bytes` of the brokers is small.
  OFFSET_METADATA_TOO_LARGE: 'refused',
  INVALID_COMMIT_OFFSET_SIZE: 'refused',

  TRANSACTION_COORDINATOR_FENCED: 'open',
  TRANSACTION_ABORTABLE: 'open',
} satisfies Partial<Record<ErrorName, Consequence>>;

function means(error: unknown, ...consequences: Consequence[]): boolean {
  const type = errorType(error);
  const consequence = type === undefined ? undefined : CONSEQUENCES[type];
  return consequence !== undefined && consequences.includes(consequence);
}

export function isProducerFenced(error: unknown): boolean {
  return means(error, 'fenced');
}

export function isStaleMember(error: unknown): boolean {
  return means(error, 'member');
}

/** Nothing was appended, and sending it again at once will fail again. */
export function isRefused(error: unknown): boolean {
  return means(error, 'record', 'right', 'refused');
}

/** We lack a right. */
export function isMissingRight(error: unknown): boolean {
  return means(error, 'right');
}

export function isOfARecord(error: unknown): boolean {
  return means(error, 'record');
}

export function hasMoved(error: unknown): boolean {
  return means(error, 'moved');
}

/** The topic was deleted, or is one of which this broker has not heard yet. */
const UNKNOWN_TOPIC: ReadonlySet<string> = new Set<ErrorName>([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNKNOWN_TOPIC_ID',
  'INCONSISTENT_TOPIC_ID',
]);

export function isUnknownTopic(error: unknown): boolean {
  return UNKNOWN_TOPIC.has(errorType(error) ?? '');
}

export function isRetriable(error: unknown): boolean {
  return means(error, 'moved', 'later');
}

/** A broker did not answer in time, or said that it could not: the request may be too large for the line. */
export function isTimeout(error: unknown): boolean {
  return innermost(error).name === 'KafkaJSRequestTimeoutError' || errorType(error) === 'REQUEST_TIMED_OUT';
}

const OUTAGE_NAMES = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSBrokerNotFound',
  'KafkaJSMetadataNotLoaded',
  'KafkaJSTopicMetadataNotLoaded',
  'KafkaJSGroupCoordinatorNotFound',
  'KafkaJSLockTimeout',
]);

/** No broker answered, or one that will answer later, or once we have the right: wait and try again. */
export function isOutage(error: unknown): boolean {
  if (error instanceof OutageError || innermost(error) instanceof OutageError) return true;
  if (means(error, 'moved', 'later', 'right')) return true;
  const { name, code } = innermost(error);
  return (
    (typeof name === 'string' && OUTAGE_NAMES.has(name)) ||
    code === 'ECONNREFUSED' ||
    code === 'ECONNRESET' ||
    code === 'ETIMEDOUT' ||
    code === 'EPIPE'
  );
}

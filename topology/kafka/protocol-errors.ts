/** What went wrong at the broker or on the way to it, by kind and never by message text. */
import { OutageError } from '../errors.js';
import { createErrorFromCode } from './internals.js';

/** Error codes that kafkajs 2.2.4 does not know (it stops at 88). */
const LATER_CODES: Readonly<Record<number, string>> = {
  89: 'THROTTLING_QUOTA_EXCEEDED',
  90: 'PRODUCER_FENCED',
  97: 'THROTTLING_QUOTA_EXCEEDED',
  100: 'UNKNOWN_TOPIC_ID',
  103: 'INCONSISTENT_TOPIC_ID',
  120: 'TRANSACTION_ABORTABLE',
};

interface Place {
  readonly topic: string;
  /** Undefined when it is about the whole topic. */
  readonly partition?: number;
}

/** What we say ourselves of a topic that the brokers did not mention. */
export const UNKNOWN_TOPIC_OR_PARTITION = 3;
/** What we say ourselves of a partition without a leader. */
export const LEADER_NOT_AVAILABLE = 5;

/** A broker answered with an error code. */
export class BrokerError extends Error {
  override readonly name = 'BrokerError';
  readonly type: string;
  readonly errorCode: number;
  /** The topic or partition that it is about, when it is about one. */
  readonly place: Place | undefined;

  constructor(errorCode: number, what: string, place?: Place) {
    const known = createErrorFromCode(errorCode);
    const type =
      known.type === 'KAFKAJS_UNKNOWN_ERROR_CODE' ? (LATER_CODES[errorCode] ?? `CODE_${errorCode}`) : known.type;
    super(`${what}: ${type} (${errorCode})`);
    this.type = type;
    this.errorCode = errorCode;
    this.place = place;
  }
}

/** Throws when the code is not 0. */
export function check(errorCode: number, what: string, place?: Place): void {
  if (errorCode !== 0) throw new BrokerError(errorCode, what, place);
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

/** Another owner has the transactional id, or the transaction is gone: this producer is of no more use. */
const FENCED = new Set([
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
  'INVALID_TXN_STATE',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_ID_MAPPING',
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
]);

export function isProducerFenced(error: unknown): boolean {
  return FENCED.has(errorType(error) ?? '');
}

/** The group does not take us for the member that we claim to be. */
const STALE_MEMBER = new Set([
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'REBALANCE_IN_PROGRESS',
  'FENCED_INSTANCE_ID',
]);

export function isStaleMember(error: unknown): boolean {
  return STALE_MEMBER.has(errorType(error) ?? '');
}

/** The broker refused the batch and appended nothing: sending it again at once will fail again. */
const REFUSED = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_TIMESTAMP',
  'INVALID_RECORD',
  'TOPIC_AUTHORIZATION_FAILED',
]);

export function isRefused(error: unknown): boolean {
  return REFUSED.has(errorType(error) ?? '');
}

/** Of these a record is the cause. A missing right, or the time of our own clock, is not any record's fault. */
const OF_A_RECORD = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD']);

export function isOfARecord(error: unknown): boolean {
  return OF_A_RECORD.has(errorType(error) ?? '');
}

/** The metadata or the coordinator that we know is out of date. */
const MOVED = new Set([
  'NOT_LEADER_FOR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNKNOWN_TOPIC_ID',
  'INCONSISTENT_TOPIC_ID',
  'REPLICA_NOT_AVAILABLE',
  'KAFKA_STORAGE_ERROR',
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
]);

export function hasMoved(error: unknown): boolean {
  return MOVED.has(errorType(error) ?? '');
}

/** The topic was deleted, or is one of which this broker has not heard yet. */
const UNKNOWN_TOPIC = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID', 'INCONSISTENT_TOPIC_ID']);

export function isUnknownTopic(error: unknown): boolean {
  return UNKNOWN_TOPIC.has(errorType(error) ?? '');
}

/** Answers that mean "later, or elsewhere": a broker is starting, electing, or short of replicas. */
const LATER = new Set([
  'REQUEST_TIMED_OUT',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'NETWORK_EXCEPTION',
  'CONCURRENT_TRANSACTIONS',
  'UNSTABLE_OFFSET_COMMIT',
  // Damaged on its way: the bytes that we send again are whole.
  'CORRUPT_MESSAGE',
  'UNKNOWN',
]);

export function isRetriable(error: unknown): boolean {
  return hasMoved(error) || LATER.has(errorType(error) ?? '');
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

/** No broker answered, or one that will answer later: wait and try again. */
export function isOutage(error: unknown): boolean {
  if (error instanceof OutageError || isRetriable(error)) return true;
  const { name, code } = innermost(error);
  return (
    (typeof name === 'string' && OUTAGE_NAMES.has(name)) ||
    code === 'ECONNREFUSED' ||
    code === 'ECONNRESET' ||
    code === 'ETIMEDOUT' ||
    code === 'EPIPE'
  );
}

/** What waits for the brokers waits for, from a closed list: of an error only its class, code and place are looked at. */
import { OutageError } from '../../../common/errors.js';
import type { Reason, ReasonCode } from '../../../common/reasons.js';
import type { ErrorName } from '../protocol/error-codes.js';
import { BrokerError, errorType, innermost, NO_COORDINATOR, type Named } from '../protocol/protocol-errors.js';

/** By the protocol's names. */
const BY_TYPE: ReadonlyMap<unknown, ReasonCode> = new Map<ErrorName, ReasonCode>([
  ['NOT_LEADER_FOR_PARTITION', 'no-leader'],
  ['LEADER_NOT_AVAILABLE', 'no-leader'],
  ['FENCED_LEADER_EPOCH', 'no-leader'],
  ['UNKNOWN_LEADER_EPOCH', 'no-leader'],
  ['REPLICA_NOT_AVAILABLE', 'no-leader'],
  ['UNKNOWN_TOPIC_OR_PARTITION', 'unknown-topic'],
  ['UNKNOWN_TOPIC_ID', 'unknown-topic'],
  ['INCONSISTENT_TOPIC_ID', 'unknown-topic'],
  ['NOT_COORDINATOR_FOR_GROUP', 'no-coordinator'],
  ['GROUP_COORDINATOR_NOT_AVAILABLE', 'no-coordinator'],
  ['GROUP_LOAD_IN_PROGRESS', 'no-coordinator'],
  ['NOT_ENOUGH_REPLICAS', 'too-few-replicas'],
  ['INVALID_REPLICATION_FACTOR', 'too-few-replicas'],
  ['NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'too-few-replicas'],
  ['CONCURRENT_TRANSACTIONS', 'unsettled-transaction'],
  ['UNSTABLE_OFFSET_COMMIT', 'unsettled-transaction'],
  ['TOPIC_AUTHORIZATION_FAILED', 'missing-right'],
  ['GROUP_AUTHORIZATION_FAILED', 'missing-right'],
  ['TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'missing-right'],
  ['CLUSTER_AUTHORIZATION_FAILED', 'missing-right'],
  ['REBALANCE_IN_PROGRESS', 'group-moves'],
  ['MESSAGE_TOO_LARGE', 'refused'],
  ['RECORD_LIST_TOO_LARGE', 'refused'],
  ['INVALID_RECORD', 'refused'],
  ['INVALID_TIMESTAMP', 'refused'],
  ['CORRUPT_MESSAGE', 'refused'],
  ['POLICY_VIOLATION', 'refused'],
  ['THROTTLING_QUOTA_EXCEEDED', 'throttled'],
]);

const RIGHTS: ReadonlyMap<unknown, Reason['right']> = new Map<ErrorName, Reason['right']>([
  ['TOPIC_AUTHORIZATION_FAILED', 'topic'],
  ['GROUP_AUTHORIZATION_FAILED', 'group'],
  ['TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'transactional id'],
  ['CLUSTER_AUTHORIZATION_FAILED', 'cluster'],
]);

/** By the system's, OpenSSL's and our own codes. */
const BY_CODE: ReadonlyMap<unknown, ReasonCode> = new Map<string, ReasonCode>([
  ['EMFILE', 'no-descriptors'],
  ['ENFILE', 'no-descriptors'],
  ['EPROTO', 'not-kafka'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'not-kafka'],
  ['ERR_NOT_KAFKA', 'not-kafka'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'untrusted-broker'],
  ['CERT_HAS_EXPIRED', 'untrusted-broker'],
  ['CERT_NOT_YET_VALID', 'untrusted-broker'],
  ['CERT_REJECTED', 'untrusted-broker'],
  ['CERT_UNTRUSTED', 'untrusted-broker'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'untrusted-broker'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'untrusted-broker'],
  ['UNABLE_TO_GET_ISSUER_CERT', 'untrusted-broker'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'untrusted-broker'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'untrusted-broker'],
]);

/** What the other side of TLS says of our certificate, or of there being none. OpenSSL's names differ by its version. */
const CERTIFICATE_ALERT = /^ERR_SSL_.*_ALERT_(UNKNOWN_CA|(BAD|NO|UNSUPPORTED)_CERTIFICATE|CERTIFICATE_\w+)$/;

export function isCertificateAlert(code: unknown): boolean {
  return CERTIFICATE_ALERT.test(String(code));
}

export function brokerFault(error: unknown): Reason {
  const cause = innermost(error);
  for (const outage of [error, cause]) if (outage instanceof OutageError && outage.reason) return outage.reason;
  const type = errorType(error);
  if (type !== undefined && isProtocolError(cause, type)) {
    const code = BY_TYPE.get(type) ?? 'broker-error';
    const place = cause instanceof BrokerError ? cause.place : undefined;
    return { code, error: type, topic: place?.topic, partition: place?.partition, right: RIGHTS.get(type) };
  }
  if (cause.name === NO_COORDINATOR) return { code: 'no-coordinator' };
  if (isCertificateAlert(cause.code)) return { code: 'client-certificate' };
  return { code: BY_CODE.get(cause.code) ?? 'no-broker' };
}

/** What another library calls the type of an error may be anything. */
function isProtocolError({ name }: Named, type: string): boolean {
  return BY_TYPE.has(type) || name === 'BrokerError' || (typeof name === 'string' && name.startsWith('KafkaJS'));
}

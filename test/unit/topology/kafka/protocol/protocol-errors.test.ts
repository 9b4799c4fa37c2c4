import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { CommitUnknownError, OutageError } from '../../../../../common/errors.js';
import {
  BrokerError,
  check,
  CONSEQUENCES,
  errorType,
  hasMoved,
  isOutage,
  isProducerFenced,
  isRefused,
  isRetriable,
  isStaleMember,
} from '../../../../../topology/kafka/protocol/protocol-errors.js';

const kafkajsErrors = createRequire(import.meta.url)('kafkajs/src/errors') as Record<
  string,
  new (...args: unknown[]) => Error
>;

describe('an error code of the protocol', () => {
  // Codes from org.apache.kafka.common.protocol.Errors.
  it.each<[number, string, string, (error: unknown) => boolean]>([
    [3, 'UNKNOWN_TOPIC_OR_PARTITION', 'moved', hasMoved],
    [5, 'LEADER_NOT_AVAILABLE', 'moved', hasMoved],
    [6, 'NOT_LEADER_FOR_PARTITION', 'moved', hasMoved],
    [14, 'GROUP_LOAD_IN_PROGRESS', 'moved', hasMoved],
    [15, 'GROUP_COORDINATOR_NOT_AVAILABLE', 'moved', hasMoved],
    [16, 'NOT_COORDINATOR_FOR_GROUP', 'moved', hasMoved],
    [7, 'REQUEST_TIMED_OUT', 'to be tried again', isRetriable],
    [19, 'NOT_ENOUGH_REPLICAS', 'to be tried again', isRetriable],
    [51, 'CONCURRENT_TRANSACTIONS', 'to be tried again', isRetriable],
    [88, 'UNSTABLE_OFFSET_COMMIT', 'to be tried again', isRetriable],
    [10, 'MESSAGE_TOO_LARGE', 'refused', isRefused],
    [18, 'RECORD_LIST_TOO_LARGE', 'refused', isRefused],
    [29, 'TOPIC_AUTHORIZATION_FAILED', 'refused', isRefused],
    [32, 'INVALID_TIMESTAMP', 'refused', isRefused],
    [87, 'INVALID_RECORD', 'refused', isRefused],
    [45, 'OUT_OF_ORDER_SEQUENCE_NUMBER', 'fenced', isProducerFenced],
    [47, 'INVALID_PRODUCER_EPOCH', 'fenced', isProducerFenced],
    [48, 'INVALID_TXN_STATE', 'fenced', isProducerFenced],
    [49, 'INVALID_PRODUCER_ID_MAPPING', 'fenced', isProducerFenced],
    [59, 'UNKNOWN_PRODUCER_ID', 'fenced', isProducerFenced],
    [90, 'PRODUCER_FENCED', 'fenced', isProducerFenced],
    [22, 'ILLEGAL_GENERATION', 'a stale member', isStaleMember],
    [25, 'UNKNOWN_MEMBER_ID', 'a stale member', isStaleMember],
    [27, 'REBALANCE_IN_PROGRESS', 'a stale member', isStaleMember],
  ])('%i is %s: %s', (code, type, _, is) => {
    const error = new BrokerError(code, 'asked');
    expect(error.type).toBe(type);
    expect(error.message).toBe(`asked: ${type} (${code})`);
    expect([isRefused, isProducerFenced, isStaleMember, isRetriable].filter((test) => test(error))).toHaveLength(1);
    expect(is(new CommitUnknownError('outer', error))).toBe(true);
  });

  // From the lists in Kafka's ProduceResponse, AddPartitionsToTxnResponse, TxnOffsetCommitResponse, EndTxnResponse, InitProducerIdResponse.
  it.each([
    [
      'Produce',
      [
        -1, 2, 3, 5, 6, 7, 10, 13, 17, 18, 19, 20, 21, 29, 31, 32, 43, 45, 47, 48, 49, 51, 53, 56, 59, 74, 76, 87, 100,
        120,
      ],
    ],
    [
      'TxnOffsetCommit',
      [-1, 3, 7, 12, 14, 15, 16, 22, 25, 27, 28, 29, 30, 43, 47, 48, 49, 51, 53, 69, 82, 90, 113, 120],
    ],
    ['EndTxn, AddPartitionsToTxn, AddOffsetsToTxn', [-1, 3, 7, 14, 15, 16, 29, 30, 47, 48, 49, 51, 52, 53, 90, 120]],
    [
      'Metadata, Fetch, OffsetFetch, Heartbeat',
      [-1, 3, 5, 6, 7, 9, 13, 14, 15, 16, 22, 25, 27, 29, 30, 56, 74, 75, 82, 88, 89, 100, 103],
    ],
  ] as const)('that %s can answer has one consequence', (_, codes) => {
    const unknown = codes.filter((code) => CONSEQUENCES[new BrokerError(code, 'asked').type] === undefined);
    expect(unknown).toEqual([]);
  });

  it("is a record's fault for three names alone; a right, a clock, a quota, a setting is waited for", () => {
    const errorsOf = (consequence: string): string[] =>
      Object.keys(CONSEQUENCES).filter((type) => CONSEQUENCES[type] === consequence);
    expect(errorsOf('record')).toEqual(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD']);
    expect(errorsOf('right')).toHaveLength(4);
    for (const [code, isWaitedFor] of [
      [29, true],
      [30, true],
      [31, true],
      [53, true],
      [89, true],
      [10, false],
      [47, false],
    ] as const)
      expect(isOutage(new BrokerError(code, 'asked'))).toBe(isWaitedFor);
  });

  it('that nobody knows keeps its number', () => {
    expect(new BrokerError(1234, 'asked').type).toBe('CODE_1234');
  });

  it('0 is none', () => {
    expect(() => check(0, 'asked')).not.toThrow();
    expect(() => check(1, 'asked')).toThrow(BrokerError);
  });
});

describe('isOutage', () => {
  it('is true of what kafkajs throws when no broker answers, wrapped as it wraps it', () => {
    const lost = new kafkajsErrors['KafkaJSConnectionError']!('Connection error', {
      broker: 'b:1',
      code: 'ECONNREFUSED',
    });
    for (const error of [
      lost,
      new kafkajsErrors['KafkaJSNumberOfRetriesExceeded']!(lost, { retryCount: 2, retryTime: 50 }),
      new kafkajsErrors['KafkaJSRequestTimeoutError']!('timed out', {}),
      new kafkajsErrors['KafkaJSConnectionClosedError']!('closed', {}),
      new OutageError('nobody'),
      new CommitUnknownError('outer', lost),
      new BrokerError(15, 'asked'),
      Object.assign(new Error('reset'), { code: 'ECONNRESET' }),
    ]) {
      expect(isOutage(error), error.name).toBe(true);
    }
  });

  it('is not true of a wrong password or a mistake of ours', () => {
    for (const error of [
      new kafkajsErrors['KafkaJSSASLAuthenticationError']!('bad credentials'),
      new BrokerError(24, 'asked'),
      new BrokerError(42, 'asked'),
      new TypeError('x is not a function'),
      undefined,
      'text',
    ]) {
      expect(isOutage(error)).toBe(false);
    }
  });

  it('goes by class and code, never by what a message says', () => {
    expect(isOutage(new Error('ECONNREFUSED KafkaJSConnectionError'))).toBe(false);
    expect(errorType(new Error('ILLEGAL_GENERATION'))).toBeUndefined();
  });
});

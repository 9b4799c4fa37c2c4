/**
 * Fetch, by name (v11) and by id (v13, brokers since 3.1): by its id, a topic that was deleted and recreated is never
 * read at an offset of the one before it. The broker answers UNKNOWN_TOPIC_ID instead.
 */
import { ByteWriter, type ByteReader } from '../../../common/bytes.js';
import { groupBy } from '../../../common/group-by.js';
import { newestVersion } from './api-versions.js';
import type { Broker, RawRequest } from './internals.js';
import { check } from './protocol-errors.js';
import { compactList, list, raw, type AnswerReader } from './raw-request.js';
import { idBytes, ID_BYTES, idOf } from './topic-id.js';

const FETCH = { byName: 11, byId: 13 } as const;
/** How long after the wait that was asked for an answer may take, ms. */
const ANSWER_MS = 5_000;
const EMPTY = Buffer.alloc(0);

export interface FetchPosition {
  readonly topic: string;
  /** Undefined where the brokers know of none. */
  readonly topicId?: string | undefined;
  readonly partition: number;
  readonly offset: number;
}

interface IdentifiedPosition extends FetchPosition {
  readonly topicId: string;
}

export interface FetchLimits {
  /** How long the broker may wait for data, ms. */
  readonly maxWaitMs: number;
  readonly maxBytes: number;
  readonly maxBytesPerPartition: number;
  readonly isolation: number;
}

export interface FetchAnswer {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  readonly aborted: { producerId: bigint; firstOffset: number }[];
  readonly data: Buffer;
}

/** By id where every topic's is known and the broker takes it, else by name. */
export function fetch(
  broker: Broker,
  positions: readonly FetchPosition[],
  limits: FetchLimits,
): RawRequest<FetchAnswer[]> {
  const request = canFetchById(broker, positions) ? fetchById(positions, limits) : fetchByName(positions, limits);
  return { ...request, requestTimeout: limits.maxWaitMs + ANSWER_MS };
}

/** Every topic's id is known, and the broker takes it. */
export function canFetchById(broker: Broker, positions: readonly FetchPosition[]): positions is IdentifiedPosition[] {
  return newestVersion(broker, 'Fetch') >= FETCH.byId && positions.every(({ topicId }) => topicId !== undefined);
}

function fetchByName(positions: readonly FetchPosition[], limits: FetchLimits): RawRequest<FetchAnswer[]> {
  const out = new ByteWriter(1024);
  writeLimits(out, limits);
  const byTopic = groupBy(positions, ({ topic }) => topic);
  out.int32(byTopic.size);
  for (const [topic, partitions] of byTopic) {
    out.string(topic).int32(partitions.length);
    for (const { partition, offset } of partitions) {
      out.int32(partition).int32(-1).int64(offset).int64(-1).int32(limits.maxBytesPerPartition);
    }
  }
  out.int32(0).string(''); // nothing forgotten, no rack
  return raw('Fetch', FETCH.byName, out.bytes(), (reader) => {
    readHead(reader);
    return list(reader, () => {
      const topic = reader.string();
      return list(reader, () => readPartition(reader, topic));
    }).flat();
  });
}

function fetchById(positions: readonly IdentifiedPosition[], limits: FetchLimits): RawRequest<FetchAnswer[]> {
  const out = new ByteWriter(1024).uvarint(0);
  writeLimits(out, limits);
  const byId = groupBy(positions, ({ topicId }) => topicId);
  const names = new Map(positions.map(({ topic, topicId }) => [topicId, topic]));
  out.uvarint(byId.size + 1);
  for (const [topicId, partitions] of byId) {
    out.raw(idBytes(topicId)).uvarint(partitions.length + 1);
    for (const { partition, offset } of partitions) {
      out.int32(partition).int32(-1).int64(offset).int32(-1).int64(-1).int32(limits.maxBytesPerPartition).uvarint(0);
    }
    out.uvarint(0);
  }
  out.uvarint(1).compactString('').uvarint(0); // nothing forgotten, no rack
  return raw('Fetch', FETCH.byId, out.bytes(), (reader) => {
    reader.tags();
    readHead(reader);
    return compactList(reader, () => {
      const topic = names.get(idOf(reader.raw(ID_BYTES))) ?? '';
      return compactList(reader, () => readCompactPartition(reader, topic));
    }).flat();
  });
}

function writeLimits(out: ByteWriter, { maxWaitMs, maxBytes, isolation }: FetchLimits): void {
  out.int32(-1).int32(maxWaitMs).int32(1).int32(maxBytes).int8(isolation); // no replica; from the first byte on
  out.int32(0).int32(-1); // no fetch session
}

function readHead(reader: AnswerReader): void {
  reader.throttle();
  check(reader.int16(), 'Fetch');
  reader.int32(); // session
}

function readPartition(reader: ByteReader, topic: string): FetchAnswer {
  const ends = readEnds(reader);
  const aborted = list(reader, () => readAborted(reader));
  reader.int32(); // preferred read replica
  const size = reader.int32();
  return { topic, ...ends, aborted, data: size > 0 ? reader.raw(size) : EMPTY };
}

function readCompactPartition(reader: ByteReader, topic: string): FetchAnswer {
  const ends = readEnds(reader);
  const aborted = compactList(reader, () => readAborted(reader));
  reader.int32(); // preferred read replica
  const size = reader.uvarint() - 1;
  return { topic, ...ends, aborted, data: size > 0 ? reader.raw(size) : EMPTY };
}

function readEnds(reader: ByteReader): Omit<FetchAnswer, 'topic' | 'aborted' | 'data'> {
  return {
    partition: reader.int32(),
    errorCode: reader.int16(),
    highWatermark: reader.int64(),
    lastStableOffset: reader.int64(),
    logStartOffset: reader.int64(),
  };
}

function readAborted(reader: ByteReader): FetchAnswer['aborted'][number] {
  return { producerId: reader.bigint64(), firstOffset: reader.int64() };
}

/**
 * Fetch v13 (brokers since 3.1): topics are named by their ids, so that a topic that was deleted and made again is
 * never read at an offset of the one before it. The broker answers UNKNOWN_TOPIC_ID instead.
 */
import { ByteWriter, type ByteReader } from '../../../common/bytes.js';
import { groupBy } from '../../../common/group-by.js';
import type { Broker, RawRequest } from './internals.js';
import { check } from './protocol-errors.js';
import { compactList, raw } from './raw-request.js';
import { FETCH_ANSWER_MS, type FetchAnswer, type FetchLimits, type FetchPosition } from './requests.js';
import { idBytes, idOf, newestVersion } from './topic-ids.js';

const FETCH = 1;
const VERSION = 13;
const EMPTY = Buffer.alloc(0);

export interface IdentifiedPosition extends FetchPosition {
  readonly topicId: string;
}

/** Every topic's id is known, and the broker takes it. */
export function canFetchById(broker: Broker, positions: readonly FetchPosition[]): positions is IdentifiedPosition[] {
  return newestVersion(broker, FETCH) >= VERSION && positions.every(({ topicId }) => topicId !== undefined);
}

export function fetchById(positions: readonly IdentifiedPosition[], limits: FetchLimits): RawRequest<FetchAnswer[]> {
  const out = new ByteWriter(1024)
    .uvarint(0)
    .int32(-1)
    .int32(limits.maxWaitMs)
    .int32(1)
    .int32(limits.maxBytes)
    .int8(limits.isolation)
    .int32(0) // no fetch session
    .int32(-1);
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
  const request = raw(FETCH, VERSION, 'Fetch', out.bytes(), (reader) => {
    reader.tags();
    reader.throttle();
    check(reader.int16(), 'Fetch');
    reader.int32(); // session
    return compactList(reader, () => {
      const topic = names.get(idOf(reader.raw(16))) ?? '';
      return compactList(reader, () => readPartition(reader, topic));
    }).flat();
  });
  return { ...request, requestTimeout: limits.maxWaitMs + FETCH_ANSWER_MS };
}

function readPartition(reader: ByteReader, topic: string): FetchAnswer {
  const partition = reader.int32();
  const errorCode = reader.int16();
  const highWatermark = reader.int64();
  const lastStableOffset = reader.int64();
  const logStartOffset = reader.int64();
  const aborted = compactList(reader, () => ({ producerId: reader.bigint64(), firstOffset: reader.int64() }));
  reader.int32(); // preferred read replica
  const size = reader.uvarint() - 1;
  const data = size > 0 ? reader.raw(size) : EMPTY;
  return { topic, partition, errorCode, highWatermark, lastStableOffset, logStartOffset, aborted, data };
}

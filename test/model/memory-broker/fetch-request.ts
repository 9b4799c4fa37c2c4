/** Fetch v11: what is stable of each partition asked for, waiting for it when there is nothing yet. */
import { ByteWriter, type ByteReader } from '../../../topology/bytes.js';
import { NONE, NOT_LEADER_FOR_PARTITION, OFFSET_OUT_OF_RANGE, UNKNOWN_TOPIC_OR_PARTITION } from './codes.js';
import type { MemoryBroker } from './memory-broker.js';
import type { AbortedRange } from './partition-log.js';
import { list } from './wire.js';

interface Position {
  readonly partition: number;
  readonly offset: number;
  readonly maxBytes: number;
}

interface Found {
  readonly errorCode: number;
  readonly data: Buffer;
  readonly aborted: readonly AbortedRange[];
}

const READ_COMMITTED = 1;
const EMPTY: Omit<Found, 'errorCode'> = { data: Buffer.alloc(0), aborted: [] };

export function serveFetch(
  broker: MemoryBroker,
  body: ByteReader,
  isElsewhere: () => boolean,
): ByteWriter | Promise<ByteWriter> {
  body.int32(); // replica
  const maxWaitMs = body.int32();
  body.raw(8); // min and max bytes
  const isolation = body.int8();
  body.raw(8); // session
  const topics = list(body, () => ({ topic: body.string(), positions: list(body, () => readPosition(body)) }));
  return broker.longPoll(maxWaitMs, (isLast) => {
    const found = topics.map(({ topic, positions }) =>
      positions.map((position) => find(broker, topic, position, isolation === READ_COMMITTED, isElsewhere())),
    );
    const isWorthIt = found.flat().some(({ errorCode, data }) => errorCode !== NONE || data.length > 0);
    if (!isWorthIt && !isLast) return undefined;
    const out = new ByteWriter().int32(0).int16(NONE).int32(0).int32(topics.length);
    topics.forEach(({ topic, positions }, t) => {
      out.string(topic).int32(positions.length);
      positions.forEach(({ partition }, p) => writePartition(out, broker, topic, partition, found[t]![p]!));
    });
    return out;
  });
}

function find(
  broker: MemoryBroker,
  topic: string,
  { partition, offset, maxBytes }: Position,
  isCommitted: boolean,
  isElsewhere: boolean,
): Found {
  const log = broker.find(topic, partition);
  if (!log) return { errorCode: UNKNOWN_TOPIC_OR_PARTITION, ...EMPTY };
  if (isElsewhere) return { errorCode: NOT_LEADER_FOR_PARTITION, ...EMPTY };
  if (offset < log.startOffset || offset > log.endOffset) return { errorCode: OFFSET_OUT_OF_RANGE, ...EMPTY };
  const { data, aborted } = log.read(offset, isCommitted ? log.lastStableOffset : log.endOffset, maxBytes);
  return { errorCode: NONE, data, aborted: isCommitted ? aborted : [] };
}

function writePartition(
  out: ByteWriter,
  broker: MemoryBroker,
  topic: string,
  partition: number,
  { errorCode, data, aborted }: Found,
): void {
  // With an error nothing is told of the log.
  const log = errorCode === NONE ? broker.find(topic, partition) : undefined;
  out.int32(partition).int16(errorCode);
  out
    .int64(log?.endOffset ?? -1)
    .int64(log?.lastStableOffset ?? -1)
    .int64(log?.startOffset ?? -1);
  out.int32(aborted.length);
  for (const { producerId, firstOffset } of aborted) out.bigint64(producerId).int64(firstOffset);
  out.int32(-1).int32(data.length).raw(data);
}

function readPosition(body: ByteReader): Position {
  const partition = body.int32();
  body.int32(); // leader epoch
  const offset = body.int64();
  body.int64(); // log start
  return { partition, offset, maxBytes: body.int32() };
}

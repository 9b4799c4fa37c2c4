/** Fetch: what is stable of each partition asked for, waiting for it when there is nothing yet. */
import type { ByteReader, ByteWriter } from '../../../common/bytes.js';
import { NONE, OFFSET_OUT_OF_RANGE, UNKNOWN_TOPIC_ID, UNKNOWN_TOPIC_OR_PARTITION } from './codes.js';
import { byId, byName, type FetchFormat, type PartitionAnswer, type Position } from './fetch-formats.js';
import type { MemoryBroker } from './memory-broker.js';
import type { Refusal } from './requests-of-transactions.js';
import type { Topic } from './topics.js';

/** How a version names a topic, and what it says of one that is not there. */
interface Version {
  readonly format: FetchFormat;
  readonly find: (broker: MemoryBroker, topic: string) => Topic | undefined;
  readonly unknown: number;
}

const VERSIONS: Readonly<Record<number, Version>> = {
  11: { format: byName, find: ({ topics }, name) => topics.named(name), unknown: UNKNOWN_TOPIC_OR_PARTITION },
  13: { format: byId, find: ({ topics }, id) => topics.withId(id), unknown: UNKNOWN_TOPIC_ID },
};

const READ_COMMITTED = 1;
/** With an error nothing is said of the log. */
const NOTHING = { endOffset: -1, lastStableOffset: -1, startOffset: -1, aborted: [], data: Buffer.alloc(0) };

export function serveFetch(
  broker: MemoryBroker,
  apiVersion: number,
  body: ByteReader,
  refusal: Refusal,
): ByteWriter | Promise<ByteWriter> {
  const { format, find, unknown } = VERSIONS[apiVersion]!;
  const { maxWaitMs, isolation, topics } = format.read(body);
  const read = (topic: string, position: Position): PartitionAnswer => {
    const { partition } = position;
    const found = find(broker, topic);
    if (!found) return { partition, errorCode: unknown, ...NOTHING };
    const refused = refusal(found.name, partition);
    if (refused !== NONE) return { partition, errorCode: refused, ...NOTHING };
    const answer = readPartition(found, position, isolation === READ_COMMITTED);
    return broker.faults.damaged.has(found.name) ? damaged(answer) : answer;
  };
  return broker.longPoll(maxWaitMs, (isLast) => {
    const answers = topics.map(({ topic, positions }) => ({
      topic,
      partitions: positions.map((position) => read(topic, position)),
    }));
    const isWorthIt = answers.some(({ partitions }) =>
      partitions.some(({ errorCode, data }) => errorCode !== NONE || data.length > 0),
    );
    return isWorthIt || isLast ? format.write(answers) : undefined;
  });
}

function readPartition(
  { partitions }: Topic,
  { partition, offset, maxBytes }: Position,
  isCommitted: boolean,
): PartitionAnswer {
  const log = partitions[partition];
  if (!log) return { partition, errorCode: UNKNOWN_TOPIC_OR_PARTITION, ...NOTHING };
  const { startOffset, endOffset, lastStableOffset } = log;
  if (offset < startOffset || offset > endOffset) return { partition, errorCode: OFFSET_OUT_OF_RANGE, ...NOTHING };
  const { data, aborted } = log.read(offset, isCommitted ? lastStableOffset : endOffset, maxBytes);
  const ends = { startOffset, endOffset, lastStableOffset };
  return { partition, errorCode: NONE, ...ends, aborted: isCommitted ? aborted : [], data };
}

/** Damaged on its way: the log's own bytes stay whole. */
function damaged(answer: PartitionAnswer): PartitionAnswer {
  const data = Buffer.from(answer.data);
  if (data.length > 0) data[data.length - 1]! ^= 1;
  return { ...answer, data };
}

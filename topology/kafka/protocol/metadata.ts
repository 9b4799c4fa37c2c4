/**
 * Metadata v10 (brokers since 2.8) tells the ids of topics; kafkajs stops at v6. A topic that was deleted and recreated
 * has the same name and another id, and its offsets mean something else.
 */
import { ByteWriter } from '../../../common/bytes.js';
import { newestVersion } from './api-versions.js';
import type { Broker, RawRequest } from './internals.js';
import { check } from './protocol-errors.js';
import { compactList, raw, type AnswerReader } from './raw-request.js';
import { ID_BYTES, idOf } from './topic-id.js';

const VERSION = 10;
/** The id that a broker gives to a topic that was made before topics had one. */
const NONE = idOf(Buffer.alloc(ID_BYTES));

/** By topic; without the topics that have none. */
export type TopicIds = ReadonlyMap<string, string>;

/** An older broker knows of no ids: then there are none. Throws when a topic does not exist (BrokerError, retriable). */
export async function askTopicIds(broker: Broker, topics: readonly string[]): Promise<TopicIds> {
  if (topics.length === 0 || newestVersion(broker, 'Metadata') < VERSION) return new Map();
  return broker.connectionPool.send(metadata(topics));
}

export function metadata(topics: readonly string[]): RawRequest<TopicIds> {
  return metadataRequest(topics, false, ({ topics: found }): TopicIds => {
    for (const { topic, errorCode } of found) check(errorCode, `Metadata of ${topic}`, { topic });
    return new Map(found.flatMap(({ topic, id }) => (id === NONE ? [] : [[topic, id] as const])));
  });
}

interface NodeMetadata {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

export interface TopicMetadata {
  readonly topic: string;
  /** About the topic alone: the others are answered all the same. */
  readonly errorCode: number;
  readonly id: string;
  readonly partitions: readonly { readonly leader: number; readonly replicas: number; readonly inSync: number }[];
  /** What we may do with it, a bit for each operation of ACLs by its code (KIP-430). */
  readonly operations: number;
}

export interface ClusterMetadata {
  readonly brokers: readonly NodeMetadata[];
  readonly topics: readonly TopicMetadata[];
}

/** The cluster's brokers, these topics, and what we may do with each. */
export function describeCluster(topics: readonly string[]): RawRequest<ClusterMetadata> {
  return metadataRequest(topics, true, (found) => found);
}

function metadataRequest<T>(
  topics: readonly string[],
  withOperations: boolean,
  made: (found: ClusterMetadata) => T,
): RawRequest<T> {
  const out = new ByteWriter(256).uvarint(0).uvarint(topics.length + 1);
  for (const topic of topics) out.raw(Buffer.alloc(ID_BYTES)).compactString(topic).uvarint(0);
  // Never create; operations on the cluster, on the topics.
  out.int8(0).int8(0).int8(Number(withOperations)).uvarint(0);
  return raw('Metadata', VERSION, out.bytes(), (reader) => made(readMetadata(reader)));
}

function readMetadata(reader: AnswerReader): ClusterMetadata {
  reader.tags();
  reader.throttle();
  const brokers = compactList(reader, () => {
    const broker = { nodeId: reader.int32(), host: reader.compactString(), port: reader.int32() };
    reader.compactNullableString(); // rack
    return broker;
  });
  reader.compactNullableString(); // cluster id
  reader.int32(); // controller
  return { brokers, topics: compactList(reader, () => readTopic(reader)) };
}

function readTopic(reader: AnswerReader): TopicMetadata {
  const errorCode = reader.int16();
  const topic = reader.compactString();
  const id = idOf(reader.raw(ID_BYTES));
  reader.int8(); // internal
  const partitions = compactList(reader, () => {
    reader.raw(6); // error, partition
    const leader = reader.int32();
    reader.int32(); // leader epoch
    const [replicas, inSync] = [skipNodes(reader), skipNodes(reader)];
    skipNodes(reader); // offline
    return { leader, replicas, inSync };
  });
  return { topic, errorCode, id, partitions, operations: reader.int32() };
}

/** How many there were. */
function skipNodes(reader: AnswerReader): number {
  const count = reader.uvarint() - 1;
  reader.raw(4 * count);
  return count;
}

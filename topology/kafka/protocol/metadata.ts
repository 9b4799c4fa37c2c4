/**
 * Metadata v10 (brokers since 2.8) tells the ids of topics; kafkajs stops at v6. A topic that was deleted and recreated
 * has the same name and another id, and its offsets mean something else.
 */
import { ByteWriter } from '../../../common/bytes.js';
import { newestVersion } from './api-versions.js';
import type { Broker, RawRequest } from './internals.js';
import { check } from './protocol-errors.js';
import { compactList, raw } from './raw-request.js';
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
  const out = new ByteWriter(256).uvarint(0).uvarint(topics.length + 1);
  for (const topic of topics) out.raw(Buffer.alloc(ID_BYTES)).compactString(topic).uvarint(0);
  out.int8(0).int8(0).int8(0).uvarint(0); // never create, no authorized operations
  return raw('Metadata', VERSION, out.bytes(), (reader): TopicIds => {
    reader.tags();
    reader.throttle();
    compactList(reader, () => {
      reader.int32(); // node id
      reader.compactString();
      reader.int32(); // port
      reader.compactNullableString();
    });
    reader.compactNullableString(); // cluster id
    reader.int32(); // controller
    const ids = new Map<string, string>();
    compactList(reader, () => {
      const errorCode = reader.int16();
      const topic = reader.compactString();
      const id = idOf(reader.raw(ID_BYTES));
      reader.int8(); // internal
      compactList(reader, () => {
        reader.raw(14); // error, partition, leader, leader epoch
        for (let lists = 0; lists < 3; lists += 1) reader.raw(4 * (reader.uvarint() - 1)); // replicas, in sync, offline
      });
      reader.int32(); // authorized operations
      check(errorCode, `Metadata of ${topic}`, { topic });
      if (id !== NONE) ids.set(topic, id);
    });
    return ids;
  });
}

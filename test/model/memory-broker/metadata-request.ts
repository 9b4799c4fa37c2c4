/** Metadata v10 (KIP-516): a topic's id. What kafkajs asks in older versions, memory-cluster.ts answers without the bytes. */
import { ByteWriter } from '../../../common/bytes.js';
import { NONE, UNKNOWN_TOPIC_OR_PARTITION } from './codes.js';
import type { Serve } from './requests-of-transactions.js';
import { compactList, writeCompactList } from './wire.js';

const ID_BYTES = 16;
/** Authorized operations that were not asked for. */
const NOT_ASKED = -0x8000_0000;

export const metadata: Serve = (broker, body) => {
  body.tags();
  const names = compactList(body, () => {
    body.raw(ID_BYTES); // asked by name
    return body.compactString();
  });
  body.raw(3); // neither create, nor tell what we may do
  body.tags();
  const out = new ByteWriter().uvarint(0).int32(0);
  writeCompactList(out, [0, 1], (nodeId) => out.int32(nodeId).compactString('localhost').int32(9092).uvarint(0));
  out.compactString('memory').int32(broker.leader);
  writeCompactList(out, names, (name) => {
    const topic = broker.topics.named(name);
    out.int16(topic ? NONE : UNKNOWN_TOPIC_OR_PARTITION).compactString(name);
    out.raw(topic ? Buffer.from(topic.id, 'base64url') : Buffer.alloc(ID_BYTES)).int8(0);
    writeCompactList(out, [...(topic?.partitions.keys() ?? [])], (partition) => {
      const leader = broker.leaderOf(name);
      out.int16(NONE).int32(partition).int32(leader).int32(0);
      out.uvarint(2).int32(leader).uvarint(2).int32(leader).uvarint(1); // replicas, in sync, offline
    });
    out.int32(NOT_ASKED);
  });
  return out.int32(NOT_ASKED).uvarint(0);
};

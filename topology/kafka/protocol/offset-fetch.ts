/** OffsetFetch: the committed offsets of a group. kafkajs stops at v4, which does not wait for pending ones (KIP-447). */
import { ByteWriter } from '../../../common/bytes.js';
import type { RawRequest } from './internals.js';
import type { PartitionOffset, TopicPartitions } from './partitions.js';
import { check } from './protocol-errors.js';
import { compactList, raw } from './raw-request.js';

const VERSION = 7;

/**
 * Committed offsets, -1 where there is none. While a transaction over them is pending: UNSTABLE_OFFSET_COMMIT (retriable)
 * when they must be stable, else those of before it.
 */
export function offsetFetch(
  groupId: string,
  topics: readonly TopicPartitions[],
  requireStable = true,
): RawRequest<PartitionOffset[]> {
  const out = new ByteWriter(512)
    .uvarint(0)
    .compactString(groupId)
    .uvarint(topics.length + 1);
  for (const { topic, partitions } of topics) {
    out.compactString(topic).uvarint(partitions.length + 1);
    for (const partition of partitions) out.int32(partition);
    out.uvarint(0);
  }
  out.int8(requireStable ? 1 : 0).uvarint(0);
  return raw('OffsetFetch', VERSION, out.bytes(), (reader) => {
    reader.tags();
    reader.throttle();
    const offsets = compactList(reader, () => {
      const topic = reader.compactString();
      return compactList(reader, (): PartitionOffset => {
        const partition = reader.int32();
        const offset = reader.int64();
        reader.int32(); // leader epoch
        const metadata = reader.compactNullableString() ?? '';
        check(reader.int16(), `OffsetFetch of ${topic}-${partition} for ${groupId}`);
        return { topic, partition, offset, metadata };
      });
    }).flat();
    check(reader.int16(), `OffsetFetch for ${groupId}`);
    return offsets;
  });
}

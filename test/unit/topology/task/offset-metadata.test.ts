import { describe, expect, it } from 'vitest';
import {
  isOfTask,
  metadataFor,
  partitionsAtFirstIn,
  streamTimeIn,
  topicIdIn,
} from '../../../../topology/task/offset-metadata.js';

const committed = (metadata: string) => ({ topic: 't', partition: 0, offset: 5, metadata });

describe("an offset's metadata", () => {
  it('is read as it was written', () => {
    const ours = committed(
      metadataFor(
        { topicId: 'b3wtAT8MTGS0Xz2n3Eqk1A', streamTime: 1_760_000_000_123, nextOffset: 5, notifyFrom: 0 },
        6,
      ),
    );
    expect([isOfTask(ours), topicIdIn(ours), partitionsAtFirstIn(ours), streamTimeIn(ours)]).toEqual([
      ...[true, 'b3wtAT8MTGS0Xz2n3Eqk1A', 6, 1_760_000_000_123],
    ]);
  });

  it.each(['', 'written by a tool'])('says nothing when a tool set the offset: "%s"', (metadata) => {
    const offset = committed(metadata);
    expect([topicIdIn(offset), partitionsAtFirstIn(offset), streamTimeIn(offset)]).toEqual([undefined, undefined, -1]);
  });

  it.each(['topic-id:x', 'topic-id:x;partitions:', 'topic-id:x;partitions:six', 'topic-id:x;partitions:1e999'])(
    'has no number of partitions when it only begins as ours: %s',
    (metadata) => expect(partitionsAtFirstIn(committed(metadata))).toBeUndefined(),
  );
});

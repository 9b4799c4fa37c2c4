/** The committed records of one partition between two offsets, piece by piece. */
import type { FetchedPartition } from './fetched-records.js';
import type { Fetcher } from './fetcher.js';
import { PartitionFeed, type FeedOptions } from './partition-feed.js';

export interface PartitionRange extends FeedOptions {
  readonly topic: string;
  readonly topicId: string | undefined;
  readonly partition: number;
  readonly from: number;
  /** A high watermark: what is not stable yet is waited for. Infinity: until the reader ends it. */
  readonly to: number;
}

/** Rejects when the signal aborts, or with FatalError when the range cannot be read: OutOfRangeError when it is not there, UnreadableError when it is damaged. */
export async function* readRange(
  { topic, topicId, partition, from, to, ...options }: PartitionRange,
  fetcher: Fetcher,
  signal: AbortSignal,
): AsyncGenerator<FetchedPartition> {
  // Aborted by now: the next reader of the partition may be at work already, on this worker too.
  signal.throwIfAborted();
  const feed = new PartitionFeed(`${topic}-${partition}`, options);
  let position = from;
  if (position < to) fetcher.add(topic, partition, position, feed, topicId);
  try {
    while (position < to) {
      const piece = await feed.next(signal);
      yield piece;
      position = piece.nextOffset;
    }
  } finally {
    fetcher.remove(topic, partition, feed);
  }
}

/** False when the range holds nothing but aborted records and markers. */
export async function holdsRecords(range: PartitionRange, fetcher: Fetcher, signal: AbortSignal): Promise<boolean> {
  for await (const { records } of readRange(range, fetcher, signal)) if (records.length > 0) return true;
  return false;
}

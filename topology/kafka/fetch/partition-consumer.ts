/** What a partition's owner is asked, and told of what was fetched. */
import type { FetchedPartition } from './fetched-records.js';

export interface PartitionConsumer {
  /** False while its buffer is full: the partition is left out of the next fetch. */
  hasRoom(): boolean;
  /** True while what it holds waits for something else than time to process it: it will not have room soon. */
  isPaused(): boolean;
  /** Called when fetching begins: `wake` must be called when there is room after there was none. */
  begin?(wake: () => void): void;
  /** Committed records in order, none when the fetched range held only control or aborted records. */
  deliver(fetched: FetchedPartition, lastStableOffset: number, highWatermark: number): void;
  /** The position is before the start or past the end of the log: nothing more is fetched until it is sought. */
  outOfRange(position: number): void;
  /** The topic was deleted and recreated, with this id: nothing of the new one is fetched. */
  recreated(topicId: string): void;
  /** What is at the position is damaged, however often it is fetched: nothing more is fetched, until it is sought or tried again. */
  unreadable(position: number, error: unknown): void;
}

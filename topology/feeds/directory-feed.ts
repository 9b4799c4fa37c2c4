/** Keeps the user directory on this worker up to date from the compacted directory topic. */
import { setTimeout as delay } from 'node:timers/promises';
import type { DirectoryEntry } from '../../state/directory/directory-entry.js';
import type { FreeSpace } from '../../state/lmdb/free-space.js';
import type { UserDirectory } from '../../state/directory/user-directory.js';
import type { Clock } from '../../common/clock.js';
import { decodeFeed, type FeedDecoder } from './decode-feed.js';
import { directoryFit } from './directory-fit.js';
import {
  holdsRecords,
  offsetIn,
  PartitionFeed,
  partitionsIn,
  type Fetcher,
  type Offsets,
  type TopicPartition,
} from '../kafka/index.js';
import type { Logger } from '../../common/log.js';
import type { Metrics } from '../../common/metrics.js';

export interface DirectoryFeedServices {
  /** Physical name of the directory topic. */
  readonly topic: string;
  readonly partitions: number;
  readonly directory: UserDirectory;
  readonly space: FreeSpace;
  readonly fetcher: Fetcher;
  readonly offsets: Offsets;
  readonly decoder: FeedDecoder;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Logger;
}

const ANSWER_MS = 15_000;
const LOOK_MS = 10;

export class DirectoryFeed {
  readonly #services: DirectoryFeedServices;
  readonly #positions: number[] = [];
  #topicId: string | undefined;

  constructor(services: DirectoryFeedServices) {
    this.#services = services;
  }

  /** Finds where the store stands. Rejects when the brokers do not answer: then it must be called again; with FatalError when the store must be kept. */
  async begin(signal: AbortSignal): Promise<void> {
    const { topic, offsets, directory, space, log } = this.#services;
    this.#topicId = (await offsets.topicIds([topic], ANSWER_MS)).get(topic);
    const starts = await offsets.at('earliest', this.#partitions(), ANSWER_MS);
    const ends = await offsets.highWatermarks(this.#partitions(), ANSWER_MS);
    const endOf = (partition: number): number => offsetIn(ends, { topic, partition })!.offset;
    const fit = await directoryFit(directory, {
      topic,
      topicId: this.#topicId,
      ends: starts.map((_, partition) => endOf(partition)),
      holdsRecords: () => this.#holdsRecords(starts, endOf, signal),
    });
    if (fit !== 'read-on')
      log.warn(
        { topic, topicId: this.#topicId, fit },
        'the stored user directory is not of this topic, or ahead of it: read from the start',
      );
    if (fit === 'wipe') await space.write(() => directory.wipe(), signal);
    if (fit !== 'read-on' || directory.topicId !== this.#topicId)
      await space.write(() => directory.follow(this.#topicId, fit !== 'read-on'), signal);
    for (const { partition, offset } of starts) {
      this.#positions[partition] = Math.max(offset, directory.position(partition) ?? 0);
    }
  }

  /** Reads each partition from there until the signal aborts. Rejects when the store cannot be written. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#positions.map((_, partition) => this.#follow(partition, signal)));
  }

  /** Resolves when the directory holds everything that was committed to its topic when it was asked. */
  async caughtUp(signal: AbortSignal): Promise<void> {
    const ends = await this.#services.offsets.highWatermarks(this.#partitions(), ANSWER_MS);
    while (ends.some(({ partition, offset }) => (this.#positions[partition] ?? -1) < offset)) {
      await delay(LOOK_MS, undefined, { signal });
    }
  }

  #partitions(): TopicPartition[] {
    return partitionsIn(this.#services.topic, this.#services.partitions);
  }

  async #holdsRecords(
    starts: readonly { readonly partition: number; readonly offset: number }[],
    endOf: (partition: number) => number,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { topic, fetcher } = this.#services;
    for (const { partition, offset } of starts) {
      const range = { topic, topicId: this.#topicId, partition, from: offset, to: endOf(partition) };
      if (await holdsRecords(range, fetcher, signal)) return true;
    }
    return false;
  }

  async #follow(partition: number, signal: AbortSignal): Promise<void> {
    const { topic, fetcher, directory, space, metrics, clock } = this.#services;
    const feed = new PartitionFeed(`${topic}-${partition}`);
    fetcher.add(topic, partition, this.#positions[partition]!, feed, this.#topicId);
    while (!signal.aborted) {
      const piece = await feed.next(signal);
      const entries: DirectoryEntry[] = [];
      for (const { value, offset } of piece.records) {
        const entry =
          value && (await decodeFeed('USER_DIRECTORY', value, offset, this.#services, signal, piece.records));
        if (entry) entries.push(entry);
      }
      await space.write(() => directory.apply(partition, entries, piece.nextOffset, clock.now()), signal);
      metrics.restore_records_total.inc({ store: 'directory' }, piece.records.length);
      this.#positions[partition] = piece.nextOffset;
    }
  }
}

/**
 * Finds events that are not in the partition that their key gives, as a producer with another partitioner sends them: a
 * copy of one that is sent rightly lands on another task, and is not known as a repeat there.
 */
import type { Logger } from '../../common/log.js';
import type { Metrics } from '../../common/metrics.js';
import { origin, type SourceRecord } from '../../common/record.js';
import { keyHash } from '../kafka/index.js';

/** One of 16 records is looked at, chosen by its offset: to hash every key would cost more than it tells. */
const SAMPLE_BITS = 4;
/** 2^32 divided by the golden ratio: spreads offsets evenly, also those of every second record (the others end transactions). */
const SPREAD = 0x9e3779b1;

export interface KeyPlacementOptions {
  /** How many partitions the topic (its logical name) has now; 0 when that is not known. */
  partitionCount(topic: string): number;
  readonly metrics: Pick<Metrics, 'misplaced_records_total'>;
  readonly log: Logger;
}

export class KeyPlacement {
  readonly #options: KeyPlacementOptions;
  /** Topics that were warned of. */
  readonly #warned = new Set<string>();

  constructor(options: KeyPlacementOptions) {
    this.#options = options;
  }

  /** Hot path: a multiplication for most records. `partitionsAtFirst`: how many partitions the topic had when this one was first read. */
  look(record: SourceRecord, partitionsAtFirst: ReadonlyMap<string, number>): void {
    if (isSampled(record.offset) && this.#isMisplaced(record, partitionsAtFirst.get(record.source)))
      this.#found(record);
  }

  #isMisplaced({ topic, partition, key, defect }: SourceRecord, partitionsAtFirst = 0): boolean {
    // What is left of a record that is too large may be no whole key.
    if (key === null || defect !== undefined) return false;
    const partitions = this.#options.partitionCount(topic);
    // Metadata that does not know the partition yet is older than it.
    if (partition >= partitions) return false;
    const hash = keyHash(key);
    // Records from before the topic grew are where they belonged.
    return hash % partitions !== partition && hash % partitionsAtFirst !== partition;
  }

  #found(record: SourceRecord): void {
    const { topic } = record;
    this.#options.metrics.misplaced_records_total.inc({ topic });
    if (this.#warned.has(topic)) return;
    this.#warned.add(topic);
    this.#options.log.warn(
      { origin: origin(record), partitions: this.#options.partitionCount(topic) },
      'an event is in another partition than its key gives: a copy in the right one is not known as a repeat. Let the producer partition by murmur2, as Java does (librdkafka: partitioner=murmur2_random)',
    );
  }
}

function isSampled(offset: number): boolean {
  return Math.imul(offset, SPREAD) >>> (32 - SAMPLE_BITS) === 0;
}

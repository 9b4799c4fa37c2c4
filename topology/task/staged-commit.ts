/**
 * What a commit will make of the records processed so far: outputs, dedup entries, positions. Lives in memory until
 * Kafka has committed it (then it is written to the store) or refused it (then it is dropped whole).
 */
import type { Digest } from '../context.js';
import type { Processed } from '../executor.js';
import type { SourceName, SourceRecord, SourceTopic } from '../record.js';
import type { StagedOutputs } from './staged-outputs.js';
import { userKey, type DirectoryEntry } from '../../state/directory-entry.js';
import type { BucketEntries, ChangelogEntry, SourcePosition } from '../../state/changelog-entry.js';
import { bucketOf, type WindowShape } from '../../state/stream-time.js';

/** Counted when the commit succeeds, never before. */
export interface Tally {
  readonly topic: SourceTopic;
  records: number;
  readonly dropped: Map<string, number>;
  readonly deadLettered: Map<string, number>;
}

/** What a bucket is to get, as it comes. */
interface GrowingBucket extends BucketEntries {
  readonly digests: Digest[];
}

type Moving<T> = { -readonly [K in keyof T]: T[K] };

export class StagedCommit {
  readonly #shape: WindowShape;
  readonly outputs: StagedOutputs;
  readonly digests = new Map<Digest, number>();
  readonly directory = new Map<string, DirectoryEntry>();
  readonly #positions: Map<SourceName, Moving<SourcePosition>>;
  readonly tallies = new Map<SourceTopic, Tally>();
  readonly #buckets: GrowingBucket[] = [];
  /** The one that took the last digest: most events of a commit go where the one before went. */
  #lastBucket: GrowingBucket | undefined;
  /** performance.now() when it ceased to be empty. */
  openedAt = 0;
  /** The clock for every record of this commit. */
  now = 0;
  /** Source records processed. */
  records = 0;
  /** The one that is blamed when the broker refuses a commit of a single record. */
  last: SourceRecord | undefined;
  #positionsMoved = false;

  /** Begins where the commit before it ends. `outputs` are empty. */
  constructor(positions: ReadonlyMap<SourceName, SourcePosition>, shape: WindowShape, outputs: StagedOutputs) {
    this.outputs = outputs;
    this.#positions = new Map([...positions].map(([source, position]) => [source, { ...position }]));
    this.#shape = shape;
  }

  /** Where the commit leaves each source. */
  get positions(): ReadonlyMap<SourceName, SourcePosition> {
    return this.#positions;
  }

  get isEmpty(): boolean {
    return this.records === 0 && !this.#positionsMoved;
  }

  streamTime(source: SourceName): number {
    return this.#positions.get(source)!.streamTime;
  }

  setStreamTime(source: SourceName, streamTime: number): void {
    this.#positions.get(source)!.streamTime = streamTime;
  }

  /** Moves past control records that no record stands behind. */
  moveTo(source: SourceName, nextOffset: number): void {
    const position = this.#positions.get(source)!;
    if (nextOffset <= position.nextOffset) return;
    position.nextOffset = nextOffset;
    if (this.isEmpty) this.openedAt = performance.now();
    this.#positionsMoved = true;
  }

  /** Takes a record whose outputs are among `outputs` already. */
  add(record: SourceRecord, processed: Exclude<Processed, { kind: 'unresolved' }>): void {
    const { topic, source } = record;
    this.records += 1;
    this.last = record;
    this.#positions.get(source)!.nextOffset = record.offset + 1;
    const tally = this.#tally(topic);
    tally.records += 1;
    switch (processed.kind) {
      case 'forwarded':
        this.#remember(source, processed.digest);
        if (processed.directory) {
          this.directory.set(userKey(processed.directory.tenantId, processed.directory.userId), processed.directory);
        }
        return;
      case 'dropped':
        tally.dropped.set(processed.reason, (tally.dropped.get(processed.reason) ?? 0) + 1);
        return;
      case 'dead-lettered':
        tally.deadLettered.set(processed.cause.reason, (tally.deadLettered.get(processed.cause.reason) ?? 0) + 1);
        return;
    }
  }

  /** What the changelog and the store are told. */
  entry(): ChangelogEntry {
    return { positions: this.#positions, buckets: this.#buckets };
  }

  #remember(source: SourceName, digest: Digest): void {
    const bucket = bucketOf(this.streamTime(source), this.#shape);
    this.digests.set(digest, bucket);
    if (this.#lastBucket?.source !== source || this.#lastBucket.bucket !== bucket) {
      this.#lastBucket = this.#buckets.find((one) => one.source === source && one.bucket === bucket);
      if (!this.#lastBucket) this.#buckets.push((this.#lastBucket = { source, bucket, digests: [] }));
    }
    this.#lastBucket.digests.push(digest);
  }

  #tally(topic: SourceTopic): Tally {
    let tally = this.tallies.get(topic);
    if (!tally) {
      tally = { topic, records: 0, dropped: new Map(), deadLettered: new Map() };
      this.tallies.set(topic, tally);
    }
    return tally;
  }
}

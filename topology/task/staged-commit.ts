/**
 * What a commit will make of the records processed so far: outputs, dedup entries, positions. Lives in memory until
 * Kafka has committed it (then it is written to the store) or refused it (then it is dropped whole).
 */
import type { Correction } from '../../common/correction.js';
import type { Finished } from '../graph/executor.js';
import { nextOffsetOf, type SourceName, type SourceRecord, type SourceTopic } from '../../common/record.js';
import { StagedDigests } from './staged-digests.js';
import type { StagedOutputs } from './staged-outputs.js';
import { userKey, type DirectoryEntry } from '../../state/directory/directory-entry.js';
import type { ChangelogEntry, SourcePosition } from '../../state/dedup/changelog-entry.js';
import { bucketOf, type WindowShape } from '../../state/dedup/stream-time.js';

/** Counted when the commit succeeds, never before. */
export interface Tally {
  readonly topic: SourceTopic;
  records: number;
  readonly dropped: Map<string, number>;
  readonly deadLettered: Map<string, number>;
}

type Moving<T> = { -readonly [K in keyof T]: T[K] };

export class StagedCommit {
  readonly #shape: WindowShape;
  readonly outputs: StagedOutputs;
  readonly digests: StagedDigests;
  readonly directory = new Map<string, DirectoryEntry>();
  readonly #positions: Map<SourceName, Moving<SourcePosition>>;
  readonly tallies = new Map<SourceTopic, Tally>();
  /** Counted like the tallies. Few: most events have none. */
  readonly corrections: Correction[] = [];
  /** performance.now() when it ceased to be empty. */
  openedAt = 0;
  /** The clock for every record of this commit. */
  now = 0;
  /** Source records processed. */
  records = 0;
  /** The one that is blamed when the broker refuses a commit of a single record. */
  last: SourceRecord | undefined;
  #positionsMoved = false;
  /** Of the source that was asked for last: records come by slices of one source. */
  #source: SourceName | undefined;
  #position: Moving<SourcePosition> | undefined;

  /** Begins where the commit before it ends. `outputs` and `digests` are empty. */
  constructor(
    positions: ReadonlyMap<SourceName, SourcePosition>,
    shape: WindowShape,
    outputs: StagedOutputs,
    digests = new StagedDigests(),
  ) {
    this.outputs = outputs;
    this.digests = digests;
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

  /** Where it leaves one source. */
  position(source: SourceName): SourcePosition {
    return this.#positionOf(source);
  }

  streamTime(source: SourceName): number {
    return this.position(source).streamTime;
  }

  setStreamTime(source: SourceName, streamTime: number): void {
    this.#positionOf(source).streamTime = streamTime;
  }

  /** Moves past control records that no record stands behind. */
  moveTo(source: SourceName, nextOffset: number): void {
    const position = this.#positionOf(source);
    if (nextOffset <= position.nextOffset) return;
    position.nextOffset = nextOffset;
    if (this.isEmpty) this.openedAt = performance.now();
    this.#positionsMoved = true;
  }

  /** Takes a record whose outputs are among `outputs` already. */
  add(record: SourceRecord, processed: Finished): void {
    const { topic, source } = record;
    this.records += 1;
    this.last = record;
    this.#positionOf(source).nextOffset = nextOffsetOf(record);
    const tally = this.#tally(topic);
    tally.records += 1;
    switch (processed.kind) {
      case 'forwarded':
        this.digests.add(source, bucketOf(this.streamTime(source), this.#shape), processed.digest);
        if (processed.corrections) this.corrections.push(...processed.corrections);
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
    return { positions: this.#positions, buckets: this.digests.buckets };
  }

  #positionOf(source: SourceName): Moving<SourcePosition> {
    if (source !== this.#source) {
      this.#source = source;
      this.#position = this.#positions.get(source)!;
    }
    return this.#position!;
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

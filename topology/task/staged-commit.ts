/**
 * What a commit will make of the records processed so far: outputs, changes of the stores, positions. Lives in memory
 * until Kafka has committed it (then it is written to the stores) or refused it (then it is dropped whole).
 */
import type { SourcePosition } from '../../common/source-position.js';
import { nextOffsetOf, type SourceName, type SourceRecord } from '../../common/record.js';
import type { Finished } from '../graph/executor.js';
import type { Layer, Positions, StateChanges } from '../graph/task-state.js';
import type { StagedOutputs } from './staged-outputs.js';

/** Counted when the commit succeeds, never before. */
export interface Tally {
  readonly topic: string;
  records: number;
  readonly dropped: Map<string, number>;
  readonly deadLettered: Map<string, number>;
}

/** Records of one source partition, and the dead letters among them. */
export interface SourceCounts {
  records: number;
  deadLetters: number;
}

interface Counted {
  readonly source: SourceName;
  readonly counts: SourceCounts;
  readonly tally: Tally;
}

type Moving<T> = { -readonly [K in keyof T]: T[K] };

export class StagedCommit implements Layer<StateChanges> {
  readonly outputs: StagedOutputs;
  readonly changes: StateChanges;
  readonly #positions: Map<SourceName, Moving<SourcePosition>>;
  readonly tallies = new Map<string, Tally>();
  readonly counts = new Map<SourceName, SourceCounts>();
  /** performance.now() when it ceased to be empty. */
  openedAt = 0;
  /** The clock for every record of this commit. */
  now = 0;
  /** Source records processed. */
  records = 0;
  /** The one that is blamed when the broker refuses a commit of a single record. */
  last: SourceRecord | undefined;
  #positionsMoved = false;
  /** The timestamp of each source's first record in it. */
  readonly #oldest = new Map<SourceName, number>();
  /** The source that was asked for last: records come by slices of one source. */
  #source: SourceName | undefined;
  #position: Moving<SourcePosition> | undefined;
  /** What is counted of the source whose record was added last. */
  #counted: Counted | undefined;

  /** Begins where the commit before it ends. `outputs` and `changes` are empty. */
  constructor(positions: Positions, outputs: StagedOutputs, changes: StateChanges) {
    this.outputs = outputs;
    this.changes = changes;
    this.#positions = new Map([...positions].map(([source, position]) => [source, { ...position }]));
  }

  /** Where the commit leaves each source. */
  get positions(): Positions {
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

  /** A source's records come next, from one with this timestamp on: once a slice of them, not once a record. */
  begins(source: SourceName, timestamp: number): void {
    if (!this.#oldest.has(source)) this.#oldest.set(source, timestamp);
  }

  /** The timestamp of the source's first record in it; undefined when it has none. */
  oldest(source: SourceName): number | undefined {
    return this.#oldest.get(source);
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
    const { tally, counts } = this.#countedOf(source, topic);
    tally.records += 1;
    counts.records += 1;
    switch (processed.kind) {
      case 'forwarded':
        this.changes.add(record, processed.value, this.streamTime(source));
        return;
      case 'dropped':
        tally.dropped.set(processed.reason, (tally.dropped.get(processed.reason) ?? 0) + 1);
        return;
      case 'dead-lettered':
        counts.deadLetters += 1;
        tally.deadLettered.set(processed.cause.reason, (tally.deadLettered.get(processed.cause.reason) ?? 0) + 1);
        return;
    }
  }

  #positionOf(source: SourceName): Moving<SourcePosition> {
    if (source !== this.#source) {
      this.#source = source;
      this.#position = this.#positions.get(source)!;
    }
    return this.#position!;
  }

  #countedOf(source: SourceName, topic: string): Counted {
    if (this.#counted?.source === source) return this.#counted;
    const counts = this.counts.get(source) ?? { records: 0, deadLetters: 0 };
    this.counts.set(source, counts);
    return (this.#counted = { source, counts, tally: this.#tally(topic) });
  }

  #tally(topic: string): Tally {
    let tally = this.tallies.get(topic);
    if (!tally) {
      tally = { topic, records: 0, dropped: new Map(), deadLettered: new Map() };
      this.tallies.set(topic, tally);
    }
    return tally;
  }
}

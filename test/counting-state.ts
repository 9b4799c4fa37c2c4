/** The engine's second state: how often each word came. Small, to show that the engine knows nothing of the first one. */
import type { SourcePosition, Checkpoint } from '../common/source-position.js';
import { FatalError } from '../common/errors.js';
import type { SourceRecord } from '../common/record.js';
import { clear, writeAtomically, type StateEnvironment } from '../state/lmdb/environment.js';
import type { Table } from '../state/lmdb/table.js';
import type { ChangelogRecord, Layer, Positions, StateChanges, TaskState } from '../topology/graph/task-state.js';

/** A word, and how often it has come with this record. */
export interface Counted {
  readonly word: string;
  readonly count: number;
}

export interface CountStores {
  readonly counts: { get(word: string): number };
}

/** A changelog entry is a fact: the counts after the commit, not what it adds to them. */
export interface CountEntry {
  readonly positions: Record<string, SourcePosition>;
  readonly counts: Record<string, number>;
}

export class CountChanges implements StateChanges<Counted> {
  readonly counts = new Map<string, number>();

  add(_: SourceRecord, { word, count }: Counted): void {
    this.counts.set(word, count);
  }

  count(): void {
    // There is nothing to count but what the engine counts.
  }

  clear(): void {
    this.counts.clear();
  }
}

const CHECKPOINT = Buffer.from([0]);
const keyOf = (word: string): Buffer => Buffer.from(`w${word}`);

export class CountingState implements TaskState<CountStores, CountChanges, CountEntry> {
  readonly #table: Table;
  #checkpoint: Checkpoint | undefined;
  #changelogId: string | undefined;

  constructor(environment: StateEnvironment, task: number) {
    this.#table = environment.table(`task-${task}`);
    const stored = this.#table.get(CHECKPOINT);
    if (!stored) return;
    const { positions, ...rest } = JSON.parse(stored.toString()) as Checkpoint & Pick<CountEntry, 'positions'>;
    this.#checkpoint = { ...rest, positions: new Map(Object.entries(positions)) };
    this.#changelogId = this.#checkpoint.changelogId;
  }

  get checkpoint(): Checkpoint | undefined {
    return this.#checkpoint;
  }

  get entries(): number {
    return this.#table.entryCount;
  }

  /** What is stored, whatever is staged. */
  stored(word: string): number {
    return Number(this.#table.get(keyOf(word))?.toString() ?? 0);
  }

  view(layers: () => readonly Layer<CountChanges>[]): CountStores {
    const staged = (word: string): number | undefined =>
      layers()
        .map(({ changes }) => changes.counts.get(word))
        .find((count) => count !== undefined);
    return { counts: { get: (word) => staged(word) ?? this.stored(word) } };
  }

  stage(): CountChanges {
    return new CountChanges();
  }

  advance(streamTime: number, timestamp: number): number {
    return Math.max(streamTime, timestamp);
  }

  encode({ counts }: CountChanges, positions: Positions): Buffer[] {
    const entry: CountEntry = { positions: Object.fromEntries(positions), counts: Object.fromEntries(counts) };
    return [Buffer.from(JSON.stringify(entry))];
  }

  decode(value: Buffer | null, where: string): CountEntry {
    if (!value) throw new FatalError(`${where} is no count`);
    return JSON.parse(value.toString()) as CountEntry;
  }

  apply({ counts }: CountChanges, positions: Positions, _: number, nextOffset: number): Promise<void> {
    return this.#write(new Map(positions), counts, nextOffset);
  }

  replay(records: readonly ChangelogRecord<CountEntry>[], nextOffset: number): Promise<void> {
    const positions = new Map(this.#checkpoint?.positions);
    const counts = new Map<string, number>();
    for (const { entry } of records) {
      for (const [source, position] of Object.entries(entry.positions)) positions.set(source, position);
      for (const [word, count] of Object.entries(entry.counts)) counts.set(word, count);
    }
    return this.#write(positions, counts, nextOffset);
  }

  async wipe(): Promise<void> {
    await clear(this.#table);
    this.#checkpoint = undefined;
  }

  follow(changelogId: string | undefined): void {
    this.#changelogId = changelogId;
  }

  load = (): Promise<void> => Promise.resolve();
  settle = (): Promise<void> => Promise.resolve();
  applied = (): void => undefined;
  forget = (): void => undefined;
  expect = (): void => undefined;

  async #write(
    positions: Map<string, SourcePosition>,
    counts: ReadonlyMap<string, number>,
    changelogOffset: number,
  ): Promise<void> {
    const checkpoint = { changelogId: this.#changelogId, changelogOffset, positions };
    await writeAtomically(this.#table, (batch) => {
      for (const [word, count] of counts) batch.put(keyOf(word), Buffer.from(String(count)));
      batch.put(CHECKPOINT, Buffer.from(JSON.stringify({ ...checkpoint, positions: Object.fromEntries(positions) })));
    });
    this.#checkpoint = checkpoint;
  }
}

/** The words that a task's stores hold. */
export function countedWords(environment: StateEnvironment, task: number): string[] {
  const keys = environment.table(`task-${task}`).keys();
  return keys.filter((key) => key[0] === 0x77).map((key) => key.subarray(1).toString());
}

/** Places in the dead-letter topic, as a set: what has been replayed. */
import type { LetterPlace } from './dead-letter.js';

/** By partition: single offsets and runs of neighbours, `{"0":"5-9,12"}`. */
export type PlaceRanges = Readonly<Record<string, string>>;

export class PlaceSet {
  readonly #offsets = new Map<number, Set<number>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has({ partition, offset }: LetterPlace): boolean {
    return this.#offsets.get(partition)?.has(offset) ?? false;
  }

  add({ partition, offset }: LetterPlace): void {
    const offsets = this.#offsets.get(partition) ?? new Set();
    if (!offsets.has(offset)) this.#size += 1;
    this.#offsets.set(partition, offsets.add(offset));
  }

  addRanges(ranges: PlaceRanges): void {
    for (const [partition, text] of Object.entries(ranges)) {
      for (const [first, last = first] of text.split(',').map((range) => range.split('-').map(Number)))
        for (let offset = first!; offset <= last!; offset += 1) this.add({ partition: Number(partition), offset });
    }
  }
}

/** What `addRanges` reads. */
export function rangesOf(places: readonly LetterPlace[]): PlaceRanges {
  const byPartition = new Map<number, number[]>();
  for (const { partition, offset } of places)
    byPartition.set(partition, [...(byPartition.get(partition) ?? []), offset]);
  return Object.fromEntries([...byPartition].map(([partition, offsets]) => [partition, rangeText(offsets)]));
}

function rangeText(offsets: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const offset of [...new Set(offsets)].sort((a, b) => a - b)) {
    const before = runs.at(-1);
    if (before?.[1] === offset - 1) before[1] = offset;
    else runs.push([offset, offset]);
  }
  return runs.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
}

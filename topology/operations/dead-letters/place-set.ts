/** Places in the dead-letter topic, as a set: what has been replayed. */
import { groupBy } from '../../../common/group-by.js';
import { ascending, runText } from '../../../common/runs.js';
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
  const groups = groupBy(places, ({ partition }) => partition);
  const textOf = (group: readonly LetterPlace[]): string => runText(ascending(group.map(({ offset }) => offset)));
  return Object.fromEntries([...groups].map(([partition, group]) => [partition, textOf(group)]));
}

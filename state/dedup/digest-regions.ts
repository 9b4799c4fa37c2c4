/**
 * Entries of the dedup index, packed: a region's lie in the order of their slots, without gaps, and beside them the
 * number of entries of each slot. A look-up counts its way to its slot and sees the one or two entries there.
 *
 *     entry, 24 bits or 32: hash bits, place
 */
import { PackedBlocks } from './packed-blocks.js';

export const SLOTS = 48;
/** Entries of one slot: a count has four bits. */
const MOST = 15;
/** Counts of a region, eight slots a word. */
const COUNT_WORDS = SLOTS / 8;
const PIECE_BITS = 9;
const PIECE_REGIONS = 1 << PIECE_BITS;
/** Blocks grow by so many words. */
const STEP_WORDS = 3;

/** Entries of three bytes or of four. */
export type Width = 3 | 4;

/** Entries and their slots, out of a region or to go into one. */
export class Entries {
  size = 0;
  readonly entries = new Uint32Array(SLOTS * MOST);
  readonly slots = new Uint8Array(SLOTS * MOST);

  push(entry: number, slot: number): void {
    this.entries[this.size] = entry;
    this.slots[this.size] = slot;
    this.size += 1;
  }
}

export class DigestRegions {
  /** The entries of each region that has any, behind the block's number. */
  readonly #blocks = new PackedBlocks();
  /** By region, in pieces. */
  readonly #counts: Uint32Array[] = [];
  readonly #found = new Entries();
  /** While `addAll` is at a region: entries of each slot before and after, and where the next one of it goes. */
  readonly #before = new Uint8Array(SLOTS);
  readonly #after = new Uint8Array(SLOTS);
  readonly #next = new Int32Array(SLOTS);

  get bytes(): number {
    return this.#blocks.bytes + this.#counts.length * PIECE_REGIONS * COUNT_WORDS * 4;
  }

  /** What lies in the slot, until the next call. */
  entriesOf(region: number, width: Width, slot: number): Entries {
    const found = this.#found;
    found.size = 0;
    const counts = this.#countsOf(region);
    const first = firstCount(region);
    const count = countOf(counts, first, slot);
    if (count === 0) return found;
    const address = this.#blocks.addressOf(region);
    const { bytes } = this.#blocks.chunkOf(address);
    let at = this.#blocks.offsetOf(address) * 4 + countBefore(counts, first, slot) * width;
    for (let left = count; left > 0; left -= 1, at += width) found.push(read(bytes, at, width), slot);
    return found;
  }

  /** False when the slot is full. */
  add(region: number, width: Width, slot: number, entry: number): boolean {
    const counts = this.#countsOf(region);
    const first = firstCount(region);
    if (countOf(counts, first, slot) === MOST) return false;
    const size = countBefore(counts, first, SLOTS);
    const from = lengthOf(size, width);
    const to = lengthOf(size + 1, width);
    if (from !== to) this.#blocks.resize(region, from, to);
    const address = this.#blocks.addressOf(region);
    const { bytes } = this.#blocks.chunkOf(address);
    const start = this.#blocks.offsetOf(address) * 4;
    const at = start + countBefore(counts, first, slot) * width;
    const end = start + size * width;
    if (at < end) bytes.copyWithin(at + width, at, end);
    write(bytes, at, width, entry);
    change(counts, first, slot, 1);
    return true;
  }

  /**
   * The same of many entries of one region, those from `from` to `to`, in one step. Those whose slot is full are not
   * taken, and put behind the others: says where they begin.
   */
  addAll(region: number, width: Width, entries: Int32Array, slots: Uint8Array, from: number, to: number): number {
    const counts = this.#countsOf(region);
    const first = firstCount(region);
    const before = this.#before;
    const size = unpackCounts(counts, first, before);
    const after = this.#after;
    after.set(before);
    const end = countIn(after, entries, slots, from, to);
    if (from === end) return end;
    const length = lengthOf(size, width);
    const longer = lengthOf(size + end - from, width);
    if (length !== longer) this.#blocks.resize(region, length, longer);
    packCounts(after, counts, first);
    const address = this.#blocks.addressOf(region);
    const { bytes } = this.#blocks.chunkOf(address);
    const last = this.#blocks.offsetOf(address) * 4 + size * width;
    openGaps(bytes, width, last, last + (end - from) * width, before, after, this.#next);
    writeAll(bytes, width, entries, slots, from, end, this.#next);
    return end;
  }

  /** Leaves out of the region what is not to be kept. */
  keep(region: number, width: Width, isKept: (entry: number) => boolean): void {
    const address = this.#blocks.addressOf(region);
    if (address === 0) return;
    const counts = this.#countsOf(region);
    const first = firstCount(region);
    const { bytes } = this.#blocks.chunkOf(address);
    const start = this.#blocks.offsetOf(address) * 4;
    let at = start;
    let to = start;
    for (let index = first; index < first + COUNT_WORDS; index += 1) {
      const word = counts[index]!;
      for (let shift = 0; shift < 32; shift += 4) {
        for (let left = (word >>> shift) & MOST; left > 0; left -= 1, at += width) {
          const entry = read(bytes, at, width);
          if (!isKept(entry)) {
            counts[index]! -= 1 << shift;
            continue;
          }
          if (to < at) write(bytes, to, width, entry);
          to += width;
        }
      }
    }
    const from = lengthOf((at - start) / width, width);
    const length = lengthOf((to - start) / width, width);
    if (from !== length) this.#blocks.resize(region, from, length);
  }

  /** Takes all entries of the region out of it. */
  take(region: number, width: Width, into: Entries): void {
    into.size = 0;
    const address = this.#blocks.addressOf(region);
    if (address === 0) return;
    const counts = this.#countsOf(region);
    const first = firstCount(region);
    const { bytes } = this.#blocks.chunkOf(address);
    let at = this.#blocks.offsetOf(address) * 4;
    for (let slot = 0; slot < SLOTS; slot += 1) {
      for (let left = countOf(counts, first, slot); left > 0; left -= 1, at += width)
        into.push(read(bytes, at, width), slot);
    }
    counts.fill(0, first, first + COUNT_WORDS);
    this.#blocks.resize(region, lengthOf(into.size, width), 0);
  }

  /** Puts entries into a region that is empty, in the order of their slots. */
  put(region: number, width: Width, { size, entries, slots }: Entries): void {
    if (size === 0) return;
    this.#blocks.resize(region, 0, lengthOf(size, width));
    const address = this.#blocks.addressOf(region);
    const counts = this.#countsOf(region);
    const first = firstCount(region);
    const { bytes } = this.#blocks.chunkOf(address);
    let at = this.#blocks.offsetOf(address) * 4;
    for (let index = 0; index < size; index += 1, at += width) {
      write(bytes, at, width, entries[index]!);
      change(counts, first, slots[index]!, 1);
    }
  }

  #countsOf(region: number): Uint32Array {
    return (this.#counts[region >>> PIECE_BITS] ??= new Uint32Array(PIECE_REGIONS * COUNT_WORDS));
  }
}

/** Words of a block with so many entries, its number among them. */
function lengthOf(size: number, width: Width): number {
  return size === 0 ? 0 : 1 + STEP_WORDS * (((size * width - 1) / (4 * STEP_WORDS) + 1) | 0);
}

/** Where the region's counts begin in their piece. */
function firstCount(region: number): number {
  return (region & (PIECE_REGIONS - 1)) * COUNT_WORDS;
}

function countOf(counts: Uint32Array, first: number, slot: number): number {
  return (counts[first + (slot >>> 3)]! >>> ((slot & 7) << 2)) & MOST;
}

/** The counts of all slots, a byte each; says how many entries that is. */
function unpackCounts(counts: Uint32Array, first: number, into: Uint8Array): number {
  let size = 0;
  for (let index = 0, slot = 0; index < COUNT_WORDS; index += 1) {
    for (let word = counts[first + index]!, left = 8; left > 0; left -= 1, word >>>= 4, slot += 1) {
      into[slot] = word & MOST;
      size += word & MOST;
    }
  }
  return size;
}

function packCounts(from: Uint8Array, counts: Uint32Array, first: number): void {
  for (let index = 0; index < COUNT_WORDS; index += 1) {
    let word = 0;
    for (let slot = index * 8 + 7; slot >= index * 8; slot -= 1) word = (word << 4) | from[slot]!;
    counts[first + index] = word;
  }
}

/** Counts those in that their slots can take; the others go behind them: says where they begin. */
function countIn(counts: Uint8Array, entries: Int32Array, slots: Uint8Array, from: number, to: number): number {
  let end = to;
  for (let index = from; index < end;) {
    const slot = slots[index]!;
    if (counts[slot]! < MOST) {
      counts[slot]! += 1;
      index += 1;
    } else {
      end -= 1;
      swap(entries, index, end);
      swap(slots, index, end);
    }
  }
  return end;
}

export function swap(column: Int32Array | Uint8Array, one: number, other: number): void {
  const kept = column[one]!;
  column[one] = column[other]!;
  column[other] = kept;
}

/** From the end on: each of the old entries is moved once, or not at all. `next` says where each slot's new ones begin. */
function openGaps(
  bytes: Uint8Array,
  width: Width,
  last: number,
  into: number,
  before: Uint8Array,
  after: Uint8Array,
  next: Int32Array,
): void {
  let from = last;
  let to = into;
  for (let slot = SLOTS - 1; to > from; slot -= 1) {
    to -= (after[slot]! - before[slot]!) * width;
    next[slot] = to;
    for (let left = before[slot]! * width; left > 0; left -= 1) bytes[--to] = bytes[--from]!;
  }
}

function writeAll(
  bytes: Uint8Array,
  width: Width,
  entries: Int32Array,
  slots: Uint8Array,
  from: number,
  to: number,
  next: Int32Array,
): void {
  for (let index = from; index < to; index += 1) {
    const slot = slots[index]!;
    const at = next[slot]!;
    next[slot] = at + width;
    write(bytes, at, width, entries[index]!);
  }
}

function change(counts: Uint32Array, first: number, slot: number, by: number): void {
  counts[first + (slot >>> 3)]! += by << ((slot & 7) << 2);
}

/** Entries of all slots before this one. Counts of eight slots are added at a time. */
function countBefore(counts: Uint32Array, first: number, slot: number): number {
  const whole = first + (slot >>> 3);
  // In each byte: at most 12 counts of 15.
  let sums = 0;
  for (let at = first; at < whole; at += 1) {
    const word = counts[at]!;
    sums = (sums + (word & 0x0f0f_0f0f) + ((word >>> 4) & 0x0f0f_0f0f)) | 0;
  }
  if ((slot & 7) !== 0) {
    const word = counts[whole]! & ((1 << ((slot & 7) << 2)) - 1);
    sums = (sums + (word & 0x0f0f_0f0f) + ((word >>> 4) & 0x0f0f_0f0f)) | 0;
  }
  const pairs = (sums & 0x00ff_00ff) + ((sums >>> 8) & 0x00ff_00ff);
  return (pairs & 0xffff) + (pairs >>> 16);
}

function read(bytes: Uint8Array, at: number, width: Width): number {
  const low = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
  return width === 3 ? low : low | (bytes[at + 3]! << 24);
}

function write(bytes: Uint8Array, at: number, width: Width, entry: number): void {
  bytes[at] = entry;
  bytes[at + 1] = entry >>> 8;
  bytes[at + 2] = entry >>> 16;
  if (width === 4) bytes[at + 3] = entry >>> 24;
}

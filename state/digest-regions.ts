/**
 * Entries of the dedup index, packed: a region's lie in the order of their homes, without gaps, and beside them the
 * number of entries of each home. A look-up counts its way to its home and sees the one or two entries there.
 *
 *     entry, 24 bits or 32: hash bits, place
 */
import { PackedBlocks } from './packed-blocks.js';

export const HOMES = 48;
/** Entries of one home: a count has four bits. */
const MOST = 15;
/** Counts of a region, eight homes a word. */
const COUNT_WORDS = HOMES / 8;
const PIECE_BITS = 9;
const PIECE_REGIONS = 1 << PIECE_BITS;
/** Blocks grow by so many words. */
const STEP_WORDS = 3;

const NONE = -1;

/** Entries of three bytes or of four. */
export type Width = 3 | 4;

/** Entries and their homes, out of a region or to go into one. */
export class Entries {
  size = 0;
  readonly entries = new Uint32Array(HOMES * MOST);
  readonly homes = new Uint8Array(HOMES * MOST);

  get isFull(): boolean {
    return this.size === this.entries.length;
  }

  push(entry: number, home: number): void {
    this.entries[this.size] = entry;
    this.homes[this.size] = home;
    this.size += 1;
  }
}

export class DigestRegions {
  /** The entries of each region that has any, behind the block's number. */
  readonly #blocks = new PackedBlocks();
  /** By region, in pieces. */
  readonly #counts: Uint32Array[] = [];
  readonly #found = new Entries();
  /** Of those that `addAll` was given: how many each home gets, the last of them, and of each the one before it. */
  readonly #newOfHome = new Uint8Array(HOMES);
  readonly #lastOfHome = new Int16Array(HOMES);
  readonly #beforeIt = new Int16Array(HOMES * MOST);

  get bytes(): number {
    return this.#blocks.bytes + this.#counts.length * PIECE_REGIONS * COUNT_WORDS * 4;
  }

  /** What lies in the home, until the next call. */
  entriesOf(region: number, width: Width, home: number): Entries {
    const found = this.#found;
    found.size = 0;
    const counts = this.#countsOf(region);
    const first = firstCount(region);
    const count = countOf(counts, first, home);
    if (count === 0) return found;
    const address = this.#blocks.addressOf(region);
    const { bytes } = this.#blocks.chunkOf(address);
    let at = this.#blocks.offsetOf(address) * 4 + countBefore(counts, first, home) * width;
    for (let left = count; left > 0; left -= 1, at += width) found.push(read(bytes, at, width), home);
    return found;
  }

  /** False when the home is full. */
  add(region: number, width: Width, home: number, entry: number): boolean {
    const counts = this.#countsOf(region);
    const first = firstCount(region);
    if (countOf(counts, first, home) === MOST) return false;
    const size = countBefore(counts, first, HOMES);
    const from = lengthOf(size, width);
    const to = lengthOf(size + 1, width);
    if (from !== to) this.#blocks.resize(region, from, to);
    const address = this.#blocks.addressOf(region);
    const { bytes } = this.#blocks.chunkOf(address);
    const start = this.#blocks.offsetOf(address) * 4;
    const at = start + countBefore(counts, first, home) * width;
    const end = start + size * width;
    if (at < end) bytes.copyWithin(at + width, at, end);
    write(bytes, at, width, entry);
    change(counts, first, home, 1);
    return true;
  }

  /** The same of many entries of one region, in one step; `refused` hears which had a home that was full. */
  addAll(region: number, width: Width, added: Entries, refused: (entry: number, home: number) => void): void {
    const counts = this.#countsOf(region);
    const first = firstCount(region);
    const size = countBefore(counts, first, HOMES);
    const count = this.#linkByHome(counts, first, added, refused);
    if (count === 0) return;
    const from = lengthOf(size, width);
    const to = lengthOf(size + count, width);
    if (from !== to) this.#blocks.resize(region, from, to);
    const address = this.#blocks.addressOf(region);
    const { bytes } = this.#blocks.chunkOf(address);
    // From the end on, until all that are new have their place: each of the old entries is moved once, or not at all.
    let end = this.#blocks.offsetOf(address) * 4 + size * width;
    let into = end + count * width;
    for (let home = HOMES - 1; into > end; home -= 1) {
      for (let left = countOf(counts, first, home) * width; left > 0; left -= 1) bytes[--into] = bytes[--end]!;
      if (this.#newOfHome[home] === 0) continue;
      change(counts, first, home, this.#newOfHome[home]!);
      for (let nth = this.#lastOfHome[home]!; nth !== NONE; nth = this.#beforeIt[nth]!) {
        into -= width;
        write(bytes, into, width, added.entries[nth]!);
      }
    }
  }

  /** Links those that their homes have room for, by home; gives their number. */
  #linkByHome(
    counts: Uint32Array,
    first: number,
    { size, entries, homes }: Entries,
    refused: (entry: number, home: number) => void,
  ): number {
    this.#newOfHome.fill(0);
    this.#lastOfHome.fill(NONE);
    let count = 0;
    for (let nth = 0; nth < size; nth += 1) {
      const home = homes[nth]!;
      if (countOf(counts, first, home) + this.#newOfHome[home]! === MOST) {
        refused(entries[nth]!, home);
        continue;
      }
      this.#newOfHome[home]! += 1;
      this.#beforeIt[nth] = this.#lastOfHome[home]!;
      this.#lastOfHome[home] = nth;
      count += 1;
    }
    return count;
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
    for (let nth = first; nth < first + COUNT_WORDS; nth += 1) {
      const word = counts[nth]!;
      for (let shift = 0; shift < 32; shift += 4) {
        for (let left = (word >>> shift) & MOST; left > 0; left -= 1, at += width) {
          const entry = read(bytes, at, width);
          if (!isKept(entry)) {
            counts[nth]! -= 1 << shift;
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
    for (let home = 0; home < HOMES; home += 1) {
      for (let left = countOf(counts, first, home); left > 0; left -= 1, at += width)
        into.push(read(bytes, at, width), home);
    }
    counts.fill(0, first, first + COUNT_WORDS);
    this.#blocks.resize(region, lengthOf(into.size, width), 0);
  }

  /** Puts entries into a region that is empty, in the order of their homes. */
  put(region: number, width: Width, { size, entries, homes }: Entries): void {
    if (size === 0) return;
    this.#blocks.resize(region, 0, lengthOf(size, width));
    const address = this.#blocks.addressOf(region);
    const counts = this.#countsOf(region);
    const first = firstCount(region);
    const { bytes } = this.#blocks.chunkOf(address);
    let at = this.#blocks.offsetOf(address) * 4;
    for (let nth = 0; nth < size; nth += 1, at += width) {
      write(bytes, at, width, entries[nth]!);
      change(counts, first, homes[nth]!, 1);
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

function countOf(counts: Uint32Array, first: number, home: number): number {
  return (counts[first + (home >>> 3)]! >>> ((home & 7) << 2)) & MOST;
}

function change(counts: Uint32Array, first: number, home: number, by: number): void {
  counts[first + (home >>> 3)]! += by << ((home & 7) << 2);
}

/** Entries of all homes before this one. Counts of eight homes are added at a time. */
function countBefore(counts: Uint32Array, first: number, home: number): number {
  const whole = first + (home >>> 3);
  // In each byte: at most 12 counts of 15.
  let sums = 0;
  for (let at = first; at < whole; at += 1) {
    const word = counts[at]!;
    sums = (sums + (word & 0x0f0f_0f0f) + ((word >>> 4) & 0x0f0f_0f0f)) | 0;
  }
  if ((home & 7) !== 0) {
    const word = counts[whole]! & ((1 << ((home & 7) << 2)) - 1);
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

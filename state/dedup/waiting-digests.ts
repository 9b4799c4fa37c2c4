/**
 * Digests on their way into the index, many at a time: in groups of regions, so that what comes to one region waits
 * for its like and costs one change of the region together.
 */
import { DIGEST_BYTES } from './digest-bytes.js';
import { hashAt, slotAt } from './digest-hash.js';
import { swap } from './digest-regions.js';

/** The last bits of a hash say its group, and are the last bits of its region's number whatever the index's level. */
const GROUP_BITS = 6;
const GROUPS = 1 << GROUP_BITS;
/** A group is full with so many for each of its regions: what lies there is moved once for all of them. */
const PER_REGION = 64;
/** With fewer, when fewer are to come: a standby is brought a few at a time for ever. But with one for each region. */
const LEAST_DIGESTS = 64;
/** 34 MB for all groups, when more than four million are to come. */
const MOST_DIGESTS = 65_536;
/** The part of their capacity over which groups are full the first time: what is brought in sooner is brought in often. */
const FIRST_SPREAD = 1 / 8;
const SLOT_BITS = 6;
const SLOT_MASK = (1 << SLOT_BITS) - 1;

/** The digests of a group in the order of their regions, and what is known of each. */
export class SortedDigests {
  readonly hashes: Int32Array;
  readonly places: Int32Array;
  readonly slots: Uint8Array;
  /** By the group's regions: where the digests of each end, and those of the next begin. */
  ends = new Int32Array(0);

  constructor(capacity: number) {
    this.hashes = new Int32Array(capacity);
    this.places = new Int32Array(capacity);
    this.slots = new Uint8Array(capacity);
  }

  get bytes(): number {
    return this.hashes.byteLength + this.places.byteLength + this.slots.byteLength;
  }

  /** Puts those whose hash has the bit behind those that lack it; says where they begin. */
  divide(from: number, to: number, bit: number): number {
    let middle = to;
    for (let index = from; index < middle;) {
      if ((this.hashes[index]! & bit) === 0) index += 1;
      else {
        middle -= 1;
        swap(this.hashes, index, middle);
        swap(this.places, index, middle);
        swap(this.slots, index, middle);
      }
    }
    return middle;
  }
}

export class WaitingDigests {
  readonly #capacity: number;
  readonly #hashes: Int32Array;
  /** Place and slot of each. */
  readonly #placesAndSlots: Int32Array;
  readonly #sizes = new Int32Array(GROUPS);
  /** When each is full: the first time one after another, since hashes fill them alike. */
  readonly #limits = new Int32Array(GROUPS);
  readonly #sorted: SortedDigests;

  /** `level`: how many of a hash's last bits say its region. `toCome`: about how many digests, if anybody knows. */
  constructor(level: number, toCome: number) {
    this.#capacity = capacityFor(level, toCome);
    this.#hashes = new Int32Array(GROUPS * this.#capacity);
    this.#placesAndSlots = new Int32Array(GROUPS * this.#capacity);
    this.#sorted = new SortedDigests(this.#capacity);
    for (let group = 0; group < GROUPS; group += 1)
      this.#limits[group] = this.#capacity - Math.floor((this.#capacity * FIRST_SPREAD * group) / GROUPS);
  }

  get bytes(): number {
    return this.#hashes.byteLength + this.#placesAndSlots.byteLength + this.#sorted.bytes;
  }

  /** The index has grown, or more are to come than was known: more should wait for each other. */
  isSmallFor(level: number, toCome: number): boolean {
    return this.#capacity < capacityFor(level, toCome) / 2;
  }

  /** `onFull` hears of each group that is full: it must be taken then. */
  push(packed: Buffer, place: number, onFull: (group: number) => void): void {
    const hashes = this.#hashes;
    const placesAndSlots = this.#placesAndSlots;
    const sizes = this.#sizes;
    const limits = this.#limits;
    const capacity = this.#capacity;
    for (let at = 0; at < packed.length; at += DIGEST_BYTES) {
      const hash = hashAt(packed, at);
      const group = hash & (GROUPS - 1);
      const size = sizes[group]!;
      hashes[group * capacity + size] = hash;
      placesAndSlots[group * capacity + size] = (place << SLOT_BITS) | slotAt(packed, at);
      sizes[group] = size + 1;
      if (size + 1 === limits[group]!) onFull(group);
    }
  }

  /** A group that is not empty. */
  someGroup(): number | undefined {
    const group = this.#sizes.findIndex((size) => size > 0);
    return group < 0 ? undefined : group;
  }

  /** Empties the group. What it gives is good until the next call, and the caller's to change. */
  take(group: number, level: number): SortedDigests {
    const from = group * this.#capacity;
    const to = from + this.#sizes[group]!;
    this.#sizes[group] = 0;
    this.#limits[group] = this.#capacity;
    const hashes = this.#hashes;
    const placesAndSlots = this.#placesAndSlots;
    const sorted = this.#sorted;
    const regions = regionsOfGroup(level);
    if (sorted.ends.length !== regions) sorted.ends = new Int32Array(regions);
    const ends = sorted.ends.fill(0);
    const mask = regions - 1;
    // How many each region gets; then where each begins, which becomes its end as they are put there.
    for (let at = from; at < to; at += 1) ends[(hashes[at]! >>> GROUP_BITS) & mask]! += 1;
    for (let region = 0, begin = 0; region < regions; region += 1) {
      const count = ends[region]!;
      ends[region] = begin;
      begin += count;
    }
    for (let at = from; at < to; at += 1) {
      const hash = hashes[at]!;
      const region = (hash >>> GROUP_BITS) & mask;
      const into = ends[region]!;
      ends[region] = into + 1;
      sorted.hashes[into] = hash;
      sorted.places[into] = placesAndSlots[at]! >>> SLOT_BITS;
      sorted.slots[into] = placesAndSlots[at]! & SLOT_MASK;
    }
    return sorted;
  }
}

/** The number of one of the group's regions. */
export function regionOf(group: number, index: number, level: number): number {
  return ((index << GROUP_BITS) | group) & ((1 << level) - 1);
}

function capacityFor(level: number, toCome: number): number {
  const regions = regionsOfGroup(level);
  const wanted = Math.min(Math.ceil(toCome / GROUPS), PER_REGION * regions);
  return Math.min(Math.max(wanted, regions, LEAST_DIGESTS), MOST_DIGESTS);
}

function regionsOfGroup(level: number): number {
  return 1 << Math.max(0, level - GROUP_BITS);
}

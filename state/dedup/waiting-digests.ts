/**
 * Digests on their way into the index, many at a time: in groups of regions, so that what comes to one region waits
 * for its like and costs one change of the region together.
 */
import { DIGEST_BYTES } from './digest-bytes.js';
import { hashAt, homeAt } from './digest-hash.js';
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
/** The part of their room over which groups are full the first time: what is brought in sooner is brought in often. */
const FIRST_SPREAD = 1 / 8;
const HOME_BITS = 6;
const HOME_MASK = (1 << HOME_BITS) - 1;

/** The digests of a group in the order of their regions, and what is known of each. */
export class SortedDigests {
  readonly hashes: Int32Array;
  readonly places: Int32Array;
  readonly homes: Uint8Array;
  /** By the group's regions: where the digests of each end, and those of the next begin. */
  ends = new Int32Array(0);

  constructor(room: number) {
    this.hashes = new Int32Array(room);
    this.places = new Int32Array(room);
    this.homes = new Uint8Array(room);
  }

  get bytes(): number {
    return this.hashes.byteLength + this.places.byteLength + this.homes.byteLength;
  }

  /** Puts those whose hash has the bit behind those that lack it; says where they begin. */
  divide(from: number, to: number, bit: number): number {
    let middle = to;
    for (let nth = from; nth < middle;) {
      if ((this.hashes[nth]! & bit) === 0) nth += 1;
      else {
        middle -= 1;
        swap(this.hashes, nth, middle);
        swap(this.places, nth, middle);
        swap(this.homes, nth, middle);
      }
    }
    return middle;
  }
}

export class WaitingDigests {
  readonly #room: number;
  readonly #hashes: Int32Array;
  /** Place and home of each. */
  readonly #placesAndHomes: Int32Array;
  readonly #sizes = new Int32Array(GROUPS);
  /** When each is full: the first time one after another, since hashes fill them alike. */
  readonly #limits = new Int32Array(GROUPS);
  readonly #sorted: SortedDigests;

  /** `level`: how many of a hash's last bits say its region. `toCome`: about how many digests, if anybody knows. */
  constructor(level: number, toCome: number) {
    this.#room = roomFor(level, toCome);
    this.#hashes = new Int32Array(GROUPS * this.#room);
    this.#placesAndHomes = new Int32Array(GROUPS * this.#room);
    this.#sorted = new SortedDigests(this.#room);
    for (let group = 0; group < GROUPS; group += 1)
      this.#limits[group] = this.#room - Math.floor((this.#room * FIRST_SPREAD * group) / GROUPS);
  }

  get bytes(): number {
    return this.#hashes.byteLength + this.#placesAndHomes.byteLength + this.#sorted.bytes;
  }

  /** The index has grown, or more are to come than was known: more should wait for each other. */
  isSmallFor(level: number, toCome: number): boolean {
    return this.#room < roomFor(level, toCome) / 2;
  }

  /** `onFull` hears of each group that has no more room: it is to be taken then. */
  push(packed: Buffer, place: number, onFull: (group: number) => void): void {
    const hashes = this.#hashes;
    const placesAndHomes = this.#placesAndHomes;
    const sizes = this.#sizes;
    const limits = this.#limits;
    const room = this.#room;
    for (let at = 0; at < packed.length; at += DIGEST_BYTES) {
      const hash = hashAt(packed, at);
      const group = hash & (GROUPS - 1);
      const size = sizes[group]!;
      hashes[group * room + size] = hash;
      placesAndHomes[group * room + size] = (place << HOME_BITS) | homeAt(packed, at);
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
    const from = group * this.#room;
    const to = from + this.#sizes[group]!;
    this.#sizes[group] = 0;
    this.#limits[group] = this.#room;
    const hashes = this.#hashes;
    const placesAndHomes = this.#placesAndHomes;
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
      sorted.places[into] = placesAndHomes[at]! >>> HOME_BITS;
      sorted.homes[into] = placesAndHomes[at]! & HOME_MASK;
    }
    return sorted;
  }
}

/** The number of the group's nth region. */
export function regionOf(group: number, nth: number, level: number): number {
  return ((nth << GROUP_BITS) | group) & ((1 << level) - 1);
}

function roomFor(level: number, toCome: number): number {
  const regions = regionsOfGroup(level);
  const wanted = Math.min(Math.ceil(toCome / GROUPS), PER_REGION * regions);
  return Math.min(Math.max(wanted, regions, LEAST_DIGESTS), MOST_DIGESTS);
}

function regionsOfGroup(level: number): number {
  return 1 << Math.max(0, level - GROUP_BITS);
}

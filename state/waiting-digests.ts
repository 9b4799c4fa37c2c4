/**
 * Digests on their way into the index, many at a time: in groups of regions, so that what comes to one region waits
 * for its like and costs one change of the region together.
 */

/** The last bits of a hash say its group, and are the last bits of its region's number whatever the index's level. */
const GROUP_BITS = 6;
const GROUPS = 1 << GROUP_BITS;
/** A group is full with so many for each of its regions: what lies there is moved once for all of them. */
const PER_REGION = 64;
/** With fewer, when fewer are to come: a standby is brought a few at a time for ever. But with one for each region. */
const LEAST_DIGESTS = 64;
/** 34 MB for all groups, when more than four million are to come. */
const MOST_DIGESTS = 65_536;
const HOME_BITS = 6;
const HOME_MASK = (1 << HOME_BITS) - 1;
const NONE = -1;

/** Takes a group's digests, and hears when it has had all of one region. */
export interface RegionVisitor {
  addDigest(hash: number, home: number, place: number): void;
  endRegion(): void;
}

export class WaitingDigests {
  readonly #room: number;
  readonly #hashes: Int32Array;
  /** Place and home of each. */
  readonly #placesAndHomes: Int32Array;
  readonly #sizes = new Int32Array(GROUPS);
  /** When each is full: at first not all at the same time, since hashes fill them alike. */
  readonly #limits = new Int32Array(GROUPS);
  /** Of the group that is taken: by region, the last that came; and for each, the one before it. */
  #lasts = new Int32Array(0);
  readonly #befores: Int32Array;

  /** `level`: how many of a hash's last bits say its region. `toCome`: about how many digests, if anybody knows. */
  constructor(level: number, toCome: number) {
    this.#room = roomFor(level, toCome);
    this.#hashes = new Int32Array(GROUPS * this.#room);
    this.#placesAndHomes = new Int32Array(GROUPS * this.#room);
    this.#befores = new Int32Array(this.#room);
    for (let group = 0; group < GROUPS; group += 1)
      this.#limits[group] = Math.ceil((this.#room * (group + 1)) / GROUPS);
  }

  get bytes(): number {
    return this.#hashes.byteLength + this.#placesAndHomes.byteLength;
  }

  /** The index has grown, or more are to come than was known: more should wait for each other. */
  isSmallFor(level: number, toCome: number): boolean {
    return this.#room < roomFor(level, toCome) / 2;
  }

  /** The group when it has no more room: it is to be taken then. */
  push(hash: number, home: number, place: number): number | undefined {
    const group = hash & (GROUPS - 1);
    const nth = this.#sizes[group]!;
    const at = group * this.#room + nth;
    this.#hashes[at] = hash;
    this.#placesAndHomes[at] = (place << HOME_BITS) | home;
    this.#sizes[group] = nth + 1;
    return nth + 1 >= this.#limits[group]! ? group : undefined;
  }

  /** A group that is not empty. */
  someGroup(): number | undefined {
    const group = this.#sizes.findIndex((size) => size > 0);
    return group < 0 ? undefined : group;
  }

  /** Empties the group, region by region. */
  take(group: number, level: number, visitor: RegionVisitor): void {
    const from = group * this.#room;
    const size = this.#sizes[group]!;
    const hashes = this.#hashes;
    const placesAndHomes = this.#placesAndHomes;
    const regions = regionsOfGroup(level);
    if (this.#lasts.length !== regions) this.#lasts = new Int32Array(regions);
    const lasts = this.#lasts.fill(NONE);
    const befores = this.#befores;
    for (let nth = 0; nth < size; nth += 1) {
      const region = (hashes[from + nth]! >>> GROUP_BITS) & (regions - 1);
      befores[nth] = lasts[region]!;
      lasts[region] = nth;
    }
    this.#sizes[group] = 0;
    this.#limits[group] = this.#room;
    for (let region = 0; region < regions; region += 1) {
      const last = lasts[region]!;
      if (last === NONE) continue;
      for (let nth = last; nth !== NONE; nth = befores[nth]!) {
        const placeAndHome = placesAndHomes[from + nth]!;
        visitor.addDigest(hashes[from + nth]!, placeAndHome & HOME_MASK, placeAndHome >>> HOME_BITS);
      }
      visitor.endRegion();
    }
  }
}

function roomFor(level: number, toCome: number): number {
  const regions = regionsOfGroup(level);
  const wanted = Math.min(Math.ceil(toCome / GROUPS), PER_REGION * regions);
  return Math.min(Math.max(wanted, regions, LEAST_DIGESTS), MOST_DIGESTS);
}

function regionsOfGroup(level: number): number {
  return 1 << Math.max(0, level - GROUP_BITS);
}

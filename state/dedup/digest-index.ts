/**
 * Where each digest of a task may lie on the disk, in memory: a hash table that names segments, 3.5 to 4 bytes a digest.
 * An event that was never seen, which most are, costs no look into the store.
 *
 *     digest (a hash)   w0: …………………………rrrrrrrr                 w1: ssssssss………………
 *                           hash bits  │ region                      │ slot, 0 to 47
 *                                      ▼                             ▼
 *     regions           [ 0 ][ 1 ] … [ r ] …      in each, 48 slots [ ][ ][entry entry][ ][entry] …
 *
 *     entry             [ hash bits │ place ]     24 bits, or 32 in a large index
 *     place             the number of a segment here: #counts[place] digests, or GONE when the segment has expired
 *     level             how many bits of the hash say the region, and so how many bits of an entry say the place
 *     overflow          places of what did not fit into its slot (15 entries): by an attacker, or one digest in many places
 *     waiting, group    digests that a restore brings, until there are many for the same regions (waiting-digests.ts)
 *
 * Whether the digest is in the segment, only the segment itself can say: it is asked for 1.2 % of those that were never
 * seen when there are ten million, and for 2 % at most. Regions lie packed, without empty slots (digest-regions.ts), as
 * blocks of memory that move as they grow (packed-blocks.ts): words, pages and chunks are of that file alone.
 *
 * As the places of a level run out, its regions are divided in two, a few with each new place (linear hashing): by the
 * entry's next hash bit, which its region says from then on. No digest has to be read again, and there is no moment at
 * which everything is moved. Entries of places that are gone are swept out likewise.
 *
 * Tried instead: one open-addressed table in 4096 shards, with 32 hash bits and the place in a slot of eight bytes, some
 * 130 lines. Ten million took 11 bytes each and not 3.6, came in at three times the CPU in a restore, and were looked up
 * at 1.5 to 2 times: what it reads does not fit into the caches.
 */
import type { Digest } from './digest-bytes.js';
import { FatalError } from '../../common/errors.js';
import { DIGEST_BYTES } from './digest-bytes.js';
import { hashAt, hashOf, slotAt, slotOf } from './digest-hash.js';
import { DigestRegions, Entries, SLOTS, type Width } from './digest-regions.js';
import { regionOf, WaitingDigests, type SortedDigests } from './waiting-digests.js';

const PLACE_BITS = 22;
const LEAST_LEVEL = 4;
/** From this level on, some 14 million digests in full segments, entries have four bytes. */
const WIDE_LEVEL = 18;
/** The hash bits that an entry of three bytes is made from. */
const NARROW = 0xff_ffff;
const ALL = -1;
/** Regions divided for each new place in the last eighth of a level's. */
const DIVIDED_PER_OPENED = 8;
const FULL_SEGMENT = 120;
const GONE = -1;

export class DigestIndex {
  readonly #regions = new DigestRegions();
  readonly #wideLevel: number;
  #level = LEAST_LEVEL;
  /** Regions before this one, and as many behind all of the level's, are of the next level already. */
  #divided = 0;
  /** How many digests each place holds; GONE for one that was given up. Places begin at 1. */
  readonly #counts: number[] = [GONE];
  /** By place: 1 when its entries may have been made with three bytes and lack the other hash bits. */
  #short = new Uint8Array(0);
  /** What did not fit into its slot, which takes an attacker, or one digest in many places: places by hash and slot. */
  readonly #overflow = new Map<number, number[]>();
  /** What `addAll` was given, and is not in the regions yet. */
  #waiting: WaitingDigests | undefined;
  /** The next region to sweep. */
  #swept = 0;
  /** Given up before this round of sweeping began; named nowhere when it ends. */
  #leaving: number[] = [];
  /** Given up since. */
  #givenUp: number[] = [];
  /** Given up, and named nowhere: to be used again. */
  #free: number[] = [];
  #size = 0;
  #expected = 0;
  readonly #taken = new Entries();
  /** While a region is divided: what stays, and what its other half gets. */
  readonly #low = new Entries();
  readonly #high = new Entries();

  /** `expected`: about how many digests will be added. `wideLevel`: for tests. */
  constructor(expected = 0, wideLevel = WIDE_LEVEL) {
    this.#wideLevel = wideLevel;
    this.expect(expected);
  }

  /** About how many digests there will be: an index that is still empty begins with regions for them, and so many may wait. */
  expect(digests: number): void {
    this.#expected = digests;
    if (this.#counts.length > 1) return;
    while (this.#level < PLACE_BITS && placesOf(this.#level) < digests / FULL_SEGMENT + 2) this.#level += 1;
  }

  /** Digests in places that were not given up. */
  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.#regions.bytes + (this.#waiting?.bytes ?? 0);
  }

  /** A place for the digests of a new segment. @throws FatalError when there are none left: 2^22 segments. */
  open(): number {
    const place = this.#free.pop() ?? this.#counts.length;
    if (place >= 1 << PLACE_BITS) {
      throw new FatalError(
        `a task has ${this.#size} dedup entries in ${place - 1} segments, more than it can find again: shorten DEDUP_WINDOW, or give the source topics more partitions`,
      );
    }
    this.#counts[place] = 0;
    if (this.#level >= this.#wideLevel) this.#short[place] = 0;
    while (this.#divided < DIVIDED_PER_OPENED * (this.#counts.length - placesOf(this.#level))) this.#divide();
    return place;
  }

  /** Says that these digests lie in the place. */
  add(packed: Buffer, place: number): void {
    for (let at = 0; at < packed.length; at += DIGEST_BYTES) {
      this.#add(hashAt(packed, at), slotAt(packed, at), place);
    }
  }

  #add(hash: number, slot: number, place: number): void {
    const level = this.#levelOf(hash);
    this.#counts[place]! += 1;
    this.#size += 1;
    const isIn = this.#regions.add(hash & below(level), this.#widthOf(level), slot, entryOf(hash, place, level));
    if (!isIn) this.#addToOverflow(hash, slot, place);
  }

  /** The same, faster where there are many; they are found when `settle` has had its way. */
  addAll(packed: Buffer, place: number): void {
    const toCome = this.#expected - this.#size;
    if (this.#waiting?.isSmallFor(this.#level, toCome)) this.settle();
    const waiting = (this.#waiting ??= new WaitingDigests(this.#level, toCome));
    waiting.push(packed, place, (group) => this.#bringIn(waiting, group));
    const count = packed.length / DIGEST_BYTES;
    this.#counts[place]! += count;
    this.#size += count;
  }

  /** Whether everything that was added is found. */
  get isSettled(): boolean {
    return this.#waiting === undefined;
  }

  /** Brings in up to so many groups of what `addAll` has left waiting. */
  settle(groups = Infinity): void {
    for (let left = groups; this.#waiting && left > 0; left -= 1) {
      const group = this.#waiting.someGroup();
      if (group === undefined) this.#waiting = undefined;
      else this.#bringIn(this.#waiting, group);
    }
  }

  #bringIn(waiting: WaitingDigests, group: number): void {
    const level = this.#level;
    const sorted = waiting.take(group, level);
    let from = 0;
    for (let index = 0; index < sorted.ends.length; index += 1) {
      const to = sorted.ends[index]!;
      if (from === to) continue;
      const region = regionOf(group, index, level);
      if (region < this.#divided) {
        const middle = sorted.divide(from, to, 1 << level);
        this.#bringInto(region, level + 1, sorted, from, middle);
        this.#bringInto(region | (1 << level), level + 1, sorted, middle, to);
      } else {
        this.#bringInto(region, level, sorted, from, to);
      }
      from = to;
    }
  }

  /** Makes the region's hashes entries, where they lie. */
  #bringInto(region: number, level: number, sorted: SortedDigests, from: number, to: number): void {
    const { hashes, places, slots } = sorted;
    const counts = this.#counts;
    let end = from;
    for (let index = from; index < to; index += 1) {
      const place = places[index]!;
      if (counts[place] === GONE) continue;
      hashes[end] = entryOf(hashes[index]!, place, level);
      slots[end] = slots[index]!;
      end += 1;
    }
    const fitting = this.#regions.addAll(region, this.#widthOf(level), hashes, slots, from, end);
    // What they are entries of can be read from them.
    for (let index = fitting; index < end; index += 1)
      this.#addToOverflow((hashes[index]! & ~below(level)) | region, slots[index]!, hashes[index]! & below(level));
  }

  #addToOverflow(hash: number, slot: number, place: number): void {
    const key = overflowKey(hash, slot);
    this.#overflow.set(key, [...(this.#overflow.get(key) ?? []), place]);
  }

  /** Nothing lies in the place any more. Its entries stay until they are swept out. */
  giveUp(place: number): void {
    this.#size -= this.#counts[place]!;
    this.#counts[place] = GONE;
    this.#givenUp.push(place);
  }

  /** Whether entries of what was given up may be there. */
  get isToBeSwept(): boolean {
    return this.#givenUp.length + this.#leaving.length > 0;
  }

  /** Takes those entries out of so many regions; the places can be used again when all regions had their turn. */
  sweep(regions: number): void {
    for (let left = regions; left > 0 && this.isToBeSwept; left -= 1) this.#sweepNext();
  }

  /** Calls `visit` with each place in which the digest may lie. */
  lookUp(digest: Digest, visit: (place: number) => void): void {
    const hash = hashOf(digest);
    const slot = slotOf(digest);
    const level = this.#levelOf(hash);
    const places = below(level);
    const { size, entries } = this.#regions.entriesOf(hash & places, this.#widthOf(level), slot);
    for (let index = 0; index < size; index += 1) {
      const entry = entries[index]!;
      const place = entry & places;
      if (((entry ^ hash) & this.#madeOf(place)) >>> level === 0 && this.#counts[place] !== GONE) visit(place);
    }
    if (this.#overflow.size === 0) return;
    for (const place of this.#overflow.get(overflowKey(hash, slot)) ?? [])
      if (this.#counts[place] !== GONE) visit(place);
  }

  #levelOf(hash: number): number {
    return (hash & below(this.#level)) < this.#divided ? this.#level + 1 : this.#level;
  }

  #widthOf(level: number): Width {
    return level < this.#wideLevel ? 3 : 4;
  }

  /** The hash bits that entries of the place are made of. */
  #madeOf(place: number): number {
    return this.#level < this.#wideLevel || this.#short[place] === 1 ? NARROW : ALL;
  }

  #divide(): void {
    const region = this.#divided;
    const bit = 1 << this.#level;
    this.#regions.take(region, this.#widthOf(this.#level), this.#taken);
    this.#low.size = this.#high.size = 0;
    for (let index = 0; index < this.#taken.size; index += 1) {
      const entry = this.#taken.entries[index]!;
      const slot = this.#taken.slots[index]!;
      if (this.#counts[entry & (bit - 1)] === GONE) continue;
      if ((entry & bit) === 0) this.#low.push(entry, slot);
      else this.#high.push(entry ^ bit, slot);
    }
    this.#regions.put(region, this.#widthOf(this.#level + 1), this.#low);
    this.#regions.put(region + bit, this.#widthOf(this.#level + 1), this.#high);
    this.#divided += 1;
    if (this.#divided === bit) this.#nextLevel();
  }

  #nextLevel(): void {
    this.#level += 1;
    this.#divided = 0;
    if (this.#level === this.#wideLevel) this.#short = new Uint8Array(this.#counts.length).fill(1);
  }

  /** Takes what was given up out of the region. */
  #clean(region: number, level: number): void {
    const places = below(level);
    const counts = this.#counts;
    this.#regions.keep(region, this.#widthOf(level), (entry) => counts[entry & places] !== GONE);
  }

  /** Cleans the next region. */
  #sweepNext(): void {
    const region = this.#swept;
    const bit = 1 << this.#level;
    const level = region < this.#divided || region >= bit ? this.#level + 1 : this.#level;
    this.#clean(region, level);
    this.#swept += 1;
    if (this.#swept < bit + this.#divided) return;
    this.#swept = 0;
    for (const [key, places] of this.#overflow) {
      const left = places.filter((place) => this.#counts[place] !== GONE);
      if (left.length > 0) this.#overflow.set(key, left);
      else this.#overflow.delete(key);
    }
    this.settle(); // what waits may name a place that will be used again
    this.#free.push(...this.#leaving);
    this.#leaving = this.#givenUp;
    this.#givenUp = [];
  }
}

/** The bits of a hash that say its region, and of an entry that say its place. */
function below(level: number): number {
  return (1 << level) - 1;
}

function entryOf(hash: number, place: number, level: number): number {
  return (hash & ~below(level)) | place;
}

function overflowKey(hash: number, slot: number): number {
  return (hash >>> 0) * SLOTS + slot;
}

/** How many places a level has before its regions are divided. */
function placesOf(level: number): number {
  return (1 << level) - (1 << (level - 3));
}

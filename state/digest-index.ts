/**
 * Where each digest of a task may lie on the disk, in memory: a hash table of four bytes a slot, so that an event that
 * was never seen, which most are, costs no look into the store.
 *
 * A slot names the place of a segment (22 bits) beside a fingerprint (10 bits of the digest); whether the digest is
 * there, only the segment itself can say. Open addressing with linear probing; slots of a place that was given up are
 * tombstones, which an addition takes over. A table that gets full is followed by a larger one, which is filled a
 * little with each addition (as Redis does it): there is no moment at which everything is moved.
 */
import type { Digest } from '../topology/context.js';
import { FatalError } from '../topology/errors.js';

const PLACE_BITS = 22;
const PLACE_MASK = (1 << PLACE_BITS) - 1;
const FINGERPRINT_MASK = (1 << (32 - PLACE_BITS)) - 1;
/** 2^32: a digest's hash, as a part of it, is its part of the table. */
const HASHES = 0x1_0000_0000;
const EMPTY = 0;
const GONE = -1;

const LEAST_SLOTS = 1024;
/** The part of the slots that is taken as a table begins, and when its successor is begun. */
const FIRST_LOAD = 0.6;
const FULL_LOAD = 0.75;
/** Digests moved to the successor for each that is added: it is complete at a load of 0.85 at the latest. */
const MOVED_PER_ADDED = 8;

/** The digests that lie in a place. */
export type DigestsOf = (place: number) => readonly Digest[];

export class DigestIndex {
  #slots: SlotTable;
  #successor: SlotTable | undefined;
  /** Places whose digests are not in the successor yet. */
  #unmoved: number[] = [];
  /** How many digests each place holds; GONE for one that was given up. Places begin at 1. */
  readonly #counts: number[] = [GONE];
  /** Given up, and named by tombstones of the table and its successor. */
  #tombstones: number[] = [];
  /** Given up before the successor was begun, which therefore does not name them. */
  #outgoing: number[] = [];
  /** Given up, and named nowhere: to be used again. */
  #free: number[] = [];
  #size = 0;
  #expected = 0;
  readonly #isGone = (place: number): boolean => this.#counts[place] === GONE;

  /** `expected`: about how many digests will be added. */
  constructor(expected = 0) {
    this.#slots = new SlotTable(expected / FIRST_LOAD);
  }

  /** About how many digests there will be: the next larger table has room for them at once. 0: nobody knows. */
  expect(digests: number): void {
    this.#expected = digests;
  }

  /** Digests in places that were not given up. */
  get size(): number {
    return this.#size;
  }

  /** Bytes of the tables. */
  get bytes(): number {
    return this.#slots.bytes + (this.#successor?.bytes ?? 0);
  }

  /** A place for the digests of a new segment. @throws FatalError when there are none left: 2^22 segments. */
  open(): number {
    const place = this.#free.pop() ?? this.#counts.length;
    if (place > PLACE_MASK) {
      throw new FatalError(
        `a task has ${this.#size} dedup entries in ${PLACE_MASK} segments, more than it can find again: shorten DEDUP_WINDOW, or give the source topics more partitions`,
      );
    }
    this.#counts[place] = 0;
    return place;
  }

  /** Says that the digest lies in the place. */
  add(digest: Digest, place: number): void {
    this.#slots.add(digest, place, this.#isGone);
    this.#successor?.add(digest, place, this.#isGone);
    this.#counts[place]! += 1;
    this.#size += 1;
  }

  /** Nothing lies in the place any more. */
  giveUp(place: number): void {
    this.#size -= this.#counts[place]!;
    this.#counts[place] = GONE;
    this.#tombstones.push(place);
  }

  /** Calls `visit` with each place in which the digest may lie. */
  lookUp(digest: Digest, visit: (place: number) => void): void {
    this.#slots.lookUp(digest, this.#isGone, visit);
  }

  /** To be called after each addition of up to a segment's digests, with how many there were: makes room for more. */
  makeRoom(added: number, digestsOf: DigestsOf): void {
    if (!this.#successor) {
      if (this.#slots.load < FULL_LOAD) return;
      this.#successor = new SlotTable(Math.max(this.#size, this.#expected) / FIRST_LOAD);
      this.#unmoved = [...this.#counts.keys()].filter((place) => !this.#isGone(place));
      this.#outgoing = this.#tombstones;
      this.#tombstones = [];
    }
    let left = added * MOVED_PER_ADDED;
    while (this.#unmoved.length > 0) {
      if (left <= 0) return;
      left -= this.#move(this.#unmoved.pop()!, this.#successor, digestsOf);
    }
    this.#slots = this.#successor;
    this.#successor = undefined;
    this.#free.push(...this.#outgoing);
    this.#outgoing = [];
  }

  #move(place: number, to: SlotTable, digestsOf: DigestsOf): number {
    if (this.#isGone(place)) return 0;
    const digests = digestsOf(place);
    for (const digest of digests) to.add(digest, place, this.#isGone);
    return digests.length;
  }
}

class SlotTable {
  readonly #words: Uint32Array;
  #used = 0;

  constructor(slots: number) {
    this.#words = new Uint32Array(Math.max(LEAST_SLOTS, Math.ceil(slots)));
  }

  get bytes(): number {
    return this.#words.byteLength;
  }

  /** The part of the slots that are not empty, tombstones among them. */
  get load(): number {
    return this.#used / this.#words.length;
  }

  add(digest: Digest, place: number, isGone: (place: number) => boolean): void {
    const words = this.#words;
    let at = homeOf(digest, words.length);
    for (;;) {
      const word = words[at]!;
      if (word === EMPTY) {
        this.#used += 1;
        break;
      }
      if (isGone(word & PLACE_MASK)) break;
      at = at + 1 === words.length ? 0 : at + 1;
    }
    words[at] = ((fingerprintOf(digest) << PLACE_BITS) | place) >>> 0;
  }

  lookUp(digest: Digest, isGone: (place: number) => boolean, visit: (place: number) => void): void {
    const words = this.#words;
    const fingerprint = fingerprintOf(digest);
    let at = homeOf(digest, words.length);
    for (let word = words[at]!; word !== EMPTY; word = words[at]!) {
      if (word >>> PLACE_BITS === fingerprint && !isGone(word & PLACE_MASK)) visit(word & PLACE_MASK);
      at = at + 1 === words.length ? 0 : at + 1;
    }
  }
}

/** Digests are hashes: any of their bytes will do. */
function homeOf(digest: Digest, slots: number): number {
  const hash =
    digest.charCodeAt(0) * 0x100_0000 +
    ((digest.charCodeAt(1) << 16) | (digest.charCodeAt(2) << 8) | digest.charCodeAt(3));
  return Math.floor((hash / HASHES) * slots);
}

function fingerprintOf(digest: Digest): number {
  return ((digest.charCodeAt(4) << 8) | digest.charCodeAt(5)) & FINGERPRINT_MASK;
}

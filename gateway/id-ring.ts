/**
 * The last so many 64-bit ids, packed: 8 bytes each and 4 of a table that finds them (8 beyond 65,535 ids).
 * An index is a number below the capacity that stays the id's own until it is forgotten; what belongs to an id can be kept by it.
 */

export class IdRing {
  readonly capacity: number;
  /** The halves of the id at each index. */
  readonly #ids: Int32Array;
  /** Index + 1, or 0 where there is none; probed one by one from the id's hash on. */
  readonly #table: Uint16Array | Uint32Array;
  readonly #mask: number;
  #first = 0;
  #size = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#ids = new Int32Array(2 * capacity);
    const slots = 2 ** Math.ceil(Math.log2(Math.max(2, 2 * capacity)));
    this.#table = capacity < 0xffff ? new Uint16Array(slots) : new Uint32Array(slots);
    this.#mask = slots - 1;
  }

  get size(): number {
    return this.#size;
  }

  /** The index of an id, or -1. */
  find(low: number, high: number): number {
    const slot = this.#slotOf(low, high);
    return slot < 0 ? -1 : this.#table[slot]! - 1;
  }

  /** Adds an id that is not there, and forgets the oldest when it is full; returns its index. */
  push(low: number, high: number): number {
    if (this.#size === this.capacity) this.#forgetOldest();
    const index = this.indexAt(this.#size);
    this.#size += 1;
    this.#ids[2 * index] = low;
    this.#ids[2 * index + 1] = high;
    let slot = hashOf(low, high) & this.#mask;
    while (this.#table[slot] !== 0) slot = (slot + 1) & this.#mask;
    this.#table[slot] = index + 1;
    return index;
  }

  /** The index of the id that is `age`-th in the order in which they came, 0 for the oldest. */
  indexAt(age: number): number {
    const index = this.#first + age;
    return index < this.capacity ? index : index - this.capacity;
  }

  /** The halves of the id at an index. */
  idAt(index: number): readonly [low: number, high: number] {
    return [this.#ids[2 * index]!, this.#ids[2 * index + 1]!];
  }

  #slotOf(low: number, high: number): number {
    for (let slot = hashOf(low, high) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const index = this.#table[slot]! - 1;
      if (index < 0) return -1;
      if (this.#ids[2 * index] === low && this.#ids[2 * index + 1] === high) return slot;
    }
  }

  #forgetOldest(): void {
    const [low, high] = this.idAt(this.#first);
    let hole = this.#slotOf(low, high);
    // Those behind the hole move up to it when it is on the way from their hash, so that a search finds them still.
    for (let slot = (hole + 1) & this.#mask; this.#table[slot] !== 0; slot = (slot + 1) & this.#mask) {
      const home = hashOf(...this.idAt(this.#table[slot]! - 1)) & this.#mask;
      if (((slot - home) & this.#mask) < ((slot - hole) & this.#mask)) continue;
      this.#table[hole] = this.#table[slot]!;
      hole = slot;
    }
    this.#table[hole] = 0;
    this.#first = this.indexAt(1);
    this.#size -= 1;
  }
}

function hashOf(low: number, high: number): number {
  const mixed = Math.imul(low ^ Math.imul(high, 0x9e37_79b1), 0x85eb_ca6b);
  return mixed ^ (mixed >>> 15);
}

/** The lower and the upper half of a 64-bit id. */
export function halvesOf(id: bigint): { readonly low: number; readonly high: number } {
  return { low: Number(BigInt.asIntN(32, id)), high: Number(BigInt.asIntN(32, id >> 32n)) };
}

/**
 * A bounded cache by user: sets of four places, of which a new user takes the one that was taken longest ago. What a
 * look-up costs is waiting for memory, which a Map with the user's key asks for three times as often.
 */

/** Of a set. */
const PLACES = 4;
/** An id's two halves, of tenant and user. */
const WORDS = 4;

/** The ids that are looked for, as bigints and as the halves that are compared: V8 makes no object of either. */
const ids = new BigInt64Array(2);
const words = new Int32Array(ids.buffer);

export class UserCache<V> {
  readonly #sets: number;
  /** Of each place, tenant and user. */
  readonly #ids: Int32Array;
  readonly #values: (V | undefined)[];
  /** Of each set, the place that is taken next. */
  readonly #next: Uint8Array;

  /** At most 4 · 2^`setBits` users. */
  constructor(setBits: number) {
    this.#sets = 1 << setBits;
    this.#ids = new Int32Array((WORDS * PLACES) << setBits);
    this.#values = Array.from({ length: PLACES << setBits }, () => undefined);
    this.#next = new Uint8Array(this.#sets);
  }

  get(tenantId: bigint, userId: bigint): V | undefined {
    const place = this.#placeOf(tenantId, userId);
    return place < 0 ? undefined : this.#values[place];
  }

  set(tenantId: bigint, userId: bigint, value: V): void {
    let place = this.#placeOf(tenantId, userId);
    if (place < 0) {
      const set = this.#setOf();
      place = PLACES * set + this.#next[set]!;
      this.#next[set] = (this.#next[set]! + 1) % PLACES;
    }
    this.#ids.set(words, WORDS * place);
    this.#values[place] = value;
  }

  clear(): void {
    this.#values.fill(undefined);
  }

  /** -1 when it has none. Leaves the ids in `words`. */
  #placeOf(tenantId: bigint, userId: bigint): number {
    ids[0] = tenantId;
    ids[1] = userId;
    const first = PLACES * this.#setOf();
    for (let place = first; place < first + PLACES; place += 1) {
      if (this.#isAt(WORDS * place) && this.#values[place] !== undefined) return place;
    }
    return -1;
  }

  #isAt(at: number): boolean {
    const held = this.#ids;
    // The user's low half first: it tells most of them apart.
    return held[at + 2] === words[2] && held[at] === words[0] && held[at + 3] === words[3] && held[at + 1] === words[1];
  }

  /** Mixed as MurmurHash3 does: users are often numbered, and spread over tenants, so that a simpler sum meets itself. */
  #setOf(): number {
    const tenant = words[0]! ^ Math.imul(words[1]!, 0x1b87_3593);
    const user = words[2]! ^ Math.imul(words[3]!, 0x1b87_3593);
    let hash = user ^ Math.imul(tenant, 0xcc9e_2d51);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
    return (hash ^ (hash >>> 16)) & (this.#sets - 1);
  }
}

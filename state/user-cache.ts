/**
 * A bounded cache by user: sets of four places, of which a new user takes the one that was taken longest ago. What a
 * look-up costs is waiting for memory, which a Map with the user's key asks for three times as often.
 */

/** Of a set. */
const PLACES = 4;

interface Cached<V> {
  readonly tenantId: bigint;
  readonly userId: bigint;
  readonly value: V;
}

export class UserCache<V> {
  readonly #sets: number;
  /** By place. Numbers that are not exact any more are told apart by `#cached`. */
  readonly #tenants: Float64Array;
  readonly #users: Float64Array;
  readonly #cached: (Cached<V> | undefined)[];
  /** Of each set, the place that is taken next. */
  readonly #next: Uint8Array;

  /** At most 4 · 2^`setBits` users. */
  constructor(setBits: number) {
    this.#sets = 1 << setBits;
    this.#tenants = new Float64Array(PLACES << setBits);
    this.#users = new Float64Array(PLACES << setBits);
    this.#cached = Array.from({ length: PLACES << setBits }, () => undefined);
    this.#next = new Uint8Array(this.#sets);
  }

  get(tenantId: bigint, userId: bigint): V | undefined {
    return this.#cached[this.#placeOf(tenantId, userId)]?.value;
  }

  set(tenantId: bigint, userId: bigint, value: V): void {
    let place = this.#placeOf(tenantId, userId);
    if (place < 0) {
      const set = this.#setOf(tenantId, userId);
      place = PLACES * set + this.#next[set]!;
      this.#next[set] = (this.#next[set]! + 1) % PLACES;
    }
    this.#tenants[place] = Number(tenantId);
    this.#users[place] = Number(userId);
    this.#cached[place] = { tenantId, userId, value };
  }

  clear(): void {
    this.#cached.fill(undefined);
  }

  /** -1 when it has none. */
  #placeOf(tenantId: bigint, userId: bigint): number {
    const tenant = Number(tenantId);
    const user = Number(userId);
    const first = PLACES * this.#setOf(tenantId, userId);
    for (let place = first; place < first + PLACES; place += 1) {
      if (this.#users[place] !== user || this.#tenants[place] !== tenant) continue;
      const cached = this.#cached[place];
      if (cached === undefined) continue;
      const isExact = Number.isSafeInteger(user) && Number.isSafeInteger(tenant);
      if (isExact || (cached.userId === userId && cached.tenantId === tenantId)) return place;
    }
    return -1;
  }

  #setOf(tenantId: bigint, userId: bigint): number {
    // Mixed as MurmurHash3 does: users are often numbered, and spread over tenants, so that a simpler sum meets itself.
    let hash = foldOf(userId) ^ Math.imul(foldOf(tenantId), 0xcc9e_2d51);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
    return (hash ^ (hash >>> 16)) & (this.#sets - 1);
  }
}

/** The id's bits in an int32. */
function foldOf(id: bigint): number {
  const number = Number(id);
  if (Number.isSafeInteger(number)) return number ^ (number / 2 ** 14);
  return Number(BigInt.asIntN(32, id)) ^ Number(BigInt.asIntN(32, id >> 14n));
}

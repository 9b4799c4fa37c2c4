/**
 * A bounded cache in two generations: what is asked for stays, and when the younger one is full the older one is
 * forgotten whole. About a least-recently-used cache, for the price of a Map's look-up: one that keeps an order on
 * each look was 3 % of what an event costs.
 */
export class Generations<K, V> {
  readonly #half: number;
  #young = new Map<K, V>();
  #old = new Map<K, V>();

  /** At most `max` entries. */
  constructor(max: number) {
    this.#half = Math.max(1, Math.floor(max / 2));
  }

  get size(): number {
    return this.#young.size + [...this.#old.keys()].filter((key) => !this.#young.has(key)).length;
  }

  get(key: K): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  /** `undefined` is no value. */
  set(key: K, value: V): void {
    if (this.#young.size >= this.#half && !this.#young.has(key)) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }
}

/** A bounded cache by user, of whom the one that was added longest ago leaves first. */
export class UserCache<V> {
  readonly #most: number;
  readonly #values = new Map<bigint, V>();

  /** `most`: how many users it keeps. */
  constructor(most: number) {
    this.#most = most;
  }

  get(tenantId: bigint, userId: bigint): V | undefined {
    return this.#values.get(keyOf(tenantId, userId));
  }

  set(tenantId: bigint, userId: bigint, value: V): void {
    this.#values.set(keyOf(tenantId, userId), value);
    if (this.#values.size <= this.#most) return;
    const [oldest] = this.#values.keys();
    this.#values.delete(oldest!);
  }

  clear(): void {
    this.#values.clear();
  }
}

/** One number of both: a text costs twice as much. */
function keyOf(tenantId: bigint, userId: bigint): bigint {
  return (tenantId << 64n) | BigInt.asUintN(64, userId);
}

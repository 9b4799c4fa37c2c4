/** A token bucket: so much at once, so many a second in the long run. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

export class RateLimit {
  readonly #burst: number;
  readonly #perMs: number;
  #left: number;
  #at: number;

  constructor(burst: number, perSecond: number, now: number) {
    this.#burst = burst;
    this.#perMs = perSecond / 1000;
    this.#left = burst;
    this.#at = now;
  }

  /** Counts one; false when it is one too many. A clock that stepped back gives nothing and takes nothing. */
  take(now: number): boolean {
    this.#refill(now);
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }

  /** Counts what has been spent already, however much: until that is paid off nothing is left. */
  charge(now: number, count: number): void {
    this.#refill(now);
    this.#left -= count;
  }

  hasLeft(now: number): boolean {
    this.#refill(now);
    return this.#left > 0;
  }

  /** As good as a new one. */
  isFull(now: number): boolean {
    this.#refill(now);
    return this.#left >= this.#burst;
  }

  /** Gives the last one back: we asked for it ourselves. */
  refund(): void {
    this.#left = Math.min(this.#burst, this.#left + 1);
  }

  #refill(now: number): void {
    const refill = Math.max(0, now - this.#at) * this.#perMs;
    this.#at = now;
    this.#left = Math.min(this.#burst, this.#left + refill);
  }
}

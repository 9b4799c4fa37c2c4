/** A token bucket: so much at once, so many a second in the long run. */
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
    const refill = Math.max(0, now - this.#at) * this.#perMs;
    this.#at = now;
    this.#left = Math.min(this.#burst, this.#left + refill);
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }

  /** Gives the last one back: we asked for it ourselves. */
  refund(): void {
    this.#left = Math.min(this.#burst, this.#left + 1);
  }
}

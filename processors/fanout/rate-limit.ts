/** A token bucket: so many messages at once, so many a second in the long run. */
export class InboundRate {
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

  /** Counts a message; false when it is one too many. A clock that stepped back gives nothing and takes nothing. */
  take(now: number): boolean {
    const refill = Math.max(0, now - this.#at) * this.#perMs;
    this.#at = now;
    this.#left = Math.min(this.#burst, this.#left + refill);
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }

  /** Gives the last message back: it was one that we asked for. */
  refund(): void {
    this.#left = Math.min(this.#burst, this.#left + 1);
  }
}

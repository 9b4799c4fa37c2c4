/**
 * How long one caller may wait for schema ids that the registry does not know. Records of many different unknown ids
 * would otherwise stall a partition for seconds each.
 */
export interface RetryBudgetOptions {
  /** Default 6000. */
  readonly limitMs?: number;
  /** Default 30000. */
  readonly windowMs?: number;
  /** Milliseconds, monotonic enough. */
  readonly now?: () => number;
}

export class RetryBudget {
  readonly #limitMs: number;
  readonly #windowMs: number;
  readonly #now: () => number;
  #windowStart = -Infinity;
  #spentMs = 0;

  constructor(options: RetryBudgetOptions = {}) {
    this.#limitMs = options.limitMs ?? 6_000;
    this.#windowMs = options.windowMs ?? 30_000;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Takes `ms` out of the present window; false, and nothing taken, when so much is not left. */
  take(ms: number): boolean {
    const now = this.#now();
    if (now - this.#windowStart >= this.#windowMs) {
      this.#windowStart = now;
      this.#spentMs = 0;
    }
    if (this.#spentMs + ms > this.#limitMs) return false;
    this.#spentMs += ms;
    return true;
  }
}

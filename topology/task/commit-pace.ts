/**
 * How soon one commit may follow another. A drained source is committed at once, for its notifications to be seen; but
 * each transaction costs the brokers the same, however little is in it, and all readers of a partition wait for every
 * transaction that is open in it. A task that committed as often as it can made the slowest of a hundred notifications
 * three times as slow as one that leaves these few milliseconds.
 */
import { setTimeout as delay } from 'node:timers/promises';

/** From the begin of a commit to that of the next, ms; less when the commit interval is. */
const LEAST_BETWEEN_MS = 20;

export class CommitPace {
  readonly #leastMs: number;
  readonly #wake: () => void;
  #lastBegan = Number.NEGATIVE_INFINITY;
  #isWaiting = false;

  /** `wake` is called when a commit that was held back may begin. */
  constructor(commitIntervalMs: number, wake: () => void) {
    this.#leastMs = Math.min(LEAST_BETWEEN_MS, commitIntervalMs);
    this.#wake = wake;
  }

  /** Whether a commit may begin at this time, as performance.now() tells it. */
  allows(now: number): boolean {
    const waitMs = this.#lastBegan + this.#leastMs - now;
    if (waitMs <= 0) return true;
    if (!this.#isWaiting) {
      this.#isWaiting = true;
      void delay(waitMs).then(() => {
        this.#isWaiting = false;
        this.#wake();
      });
    }
    return false;
  }

  began(now: number): void {
    this.#lastBegan = now;
  }
}

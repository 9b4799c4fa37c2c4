/**
 * Sees a producer's transaction that hangs: the last stable offset of a source partition stands behind the high
 * watermark and does not move. Nothing after it may be read, and no lag shows it, since lag ends at that offset.
 */

/** Longer than the transactions of a producer that is well: Kafka's default limit of one is 60 s. */
const WARN_MS = 60_000;

export class StableOffsetWatch {
  #offset = -1;
  #highWatermark = -1;
  /** When the offset was first seen to be held up; undefined while it is not. */
  #since: number | undefined;
  #seenAt = 0;
  #warned = false;

  /** As it was said last. */
  get highWatermark(): number {
    return this.#highWatermark;
  }

  /** How long the offset has stood still behind the high watermark when it was last seen, ms. */
  get heldUpMs(): number {
    return this.#since === undefined ? 0 : this.#seenAt - this.#since;
  }

  /**
   * `highWatermark`: undefined where it was not asked for; it is as far as it was then. `now`: a monotonic clock, ms.
   * True once for each offset that has been held up for long.
   */
  observe(lastStableOffset: number, highWatermark: number | undefined, now: number): boolean {
    if (highWatermark !== undefined) this.#highWatermark = highWatermark;
    const isHeldUp = lastStableOffset < this.#highWatermark;
    if (!isHeldUp || lastStableOffset !== this.#offset) {
      this.#since = undefined;
      this.#warned = false;
    }
    if (isHeldUp) this.#since ??= now;
    this.#offset = lastStableOffset;
    this.#seenAt = now;
    if (this.#warned || this.heldUpMs < WARN_MS) return false;
    this.#warned = true;
    return true;
  }
}

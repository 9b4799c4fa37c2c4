/**
 * A token bucket for each user, so that one cannot take what is there for all. A bucket that is full again is forgotten,
 * since a new one is the same; beyond the most users, the one that was used longest ago is.
 */
import { RateLimit, type Rate } from './rate-limit.js';

/** Some 20 MB of buckets: more users than handshakes let in before the first of their buckets is full again. */
const MOST_USERS = 100_000;

export class UserRateLimit {
  readonly #rate: Rate;
  readonly #now: () => number;
  readonly #mostUsers: number;
  /** In the order of their last use. */
  readonly #buckets = new Map<string, RateLimit>();

  constructor(rate: Rate, now: () => number, mostUsers = MOST_USERS) {
    this.#rate = rate;
    this.#now = now;
    this.#mostUsers = mostUsers;
  }

  /** Users whose buckets are kept. */
  get users(): number {
    return this.#buckets.size;
  }

  /** Counts one; false when it is one too many for this user. */
  take(user: string): boolean {
    return this.#use(user).take(this.#now());
  }

  /** Counts what was spent for the user already, however much. */
  charge(user: string, count: number): void {
    this.#use(user).charge(this.#now(), count);
  }

  /** Whether anything is left to the user. */
  hasLeft(user: string): boolean {
    return this.#buckets.get(user)?.hasLeft(this.#now()) ?? true;
  }

  #use(user: string): RateLimit {
    const { burst, perSecond } = this.#rate;
    const bucket = this.#buckets.get(user) ?? new RateLimit(burst, perSecond, this.#now());
    this.#buckets.delete(user);
    this.#forget();
    this.#buckets.set(user, bucket);
    return bucket;
  }

  #forget(): void {
    for (const [user, bucket] of this.#buckets) {
      if (this.#buckets.size < this.#mostUsers && !bucket.isFull(this.#now())) return;
      this.#buckets.delete(user);
    }
  }
}

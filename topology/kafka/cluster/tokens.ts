/** The token that connections authenticate with now: had once for all of them, and renewed before it ends. */
import { OutageError } from '../../../common/errors.js';
import type { Token, TokenSource } from './token-sources.js';

/** Share of its life after which a new one is asked for, while the old one is still good. */
const RENEWED_AT = 0.8;
/** After a renewal that failed. */
const AGAIN_MS = 5000;
/** Between two tries that fail, however many connections want a token; and from a token to its renewal. */
const LEAST_PAUSE_MS = 1000;
/** A token that is refused is used for so long all the same: whoever refuses it will refuse the next one too. */
const KEPT_MS = 10_000;
/** One of which nobody says when it ends. */
const TAKEN_TO_LIVE_MS = 60_000;
/** A token is of use as long as it outlives its way to the broker. */
const LEAST_LIFE_MS = 1000;
/** Longer waits overflow a timer. */
const LONGEST_MS = 2 ** 31 - 1;

export class Tokens {
  readonly #source: TokenSource;
  readonly #now: () => number;
  #failed: { readonly fault: OutageError; readonly at: number } | undefined;
  #token: { readonly value: string; readonly takenAt: number; readonly endsAt: number } | undefined;
  /** Single flight: connections that come together ask once. */
  #asking: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(source: TokenSource, now: () => number = Date.now) {
    this.#source = source;
    this.#now = now;
  }

  /** Why the last try to have one failed; undefined: it did not. */
  get fault(): string | undefined {
    return this.#failed?.fault.message;
  }

  /** Rejects with an OutageError while none can be had. */
  async current(): Promise<string> {
    if (!this.#isGood()) {
      if (this.#failed && this.#now() - this.#failed.at < LEAST_PAUSE_MS) throw this.#failed.fault;
      await this.#renew();
    }
    return this.#token!.value;
  }

  /** The one at hand is refused: another is asked for. */
  forget(): void {
    if (this.#token && this.#now() - this.#token.takenAt >= KEPT_MS) this.#token = undefined;
  }

  #isGood(): boolean {
    return this.#token !== undefined && this.#token.endsAt - this.#now() > LEAST_LIFE_MS;
  }

  #renew(): Promise<void> {
    return (this.#asking ??= this.#ask().finally(() => (this.#asking = undefined)));
  }

  async #ask(): Promise<void> {
    try {
      this.#take(await this.#source());
      this.#failed = undefined;
    } catch (error) {
      if (error instanceof OutageError) this.#failed = { fault: error, at: this.#now() };
      throw error;
    }
  }

  #take({ value, endsAt: saidEnd }: Token): void {
    const now = this.#now();
    const endsAt = saidEnd ?? now + TAKEN_TO_LIVE_MS;
    const lifeMs = endsAt - now;
    if (lifeMs <= LEAST_LIFE_MS) throw overFault(lifeMs);
    this.#token = { value, takenAt: now, endsAt };
    this.#renewIn(Math.max(lifeMs * RENEWED_AT, LEAST_PAUSE_MS));
  }

  /** Ahead of need, so that an outage of the source that is shorter than what is left of the token is felt by nobody. */
  #renewIn(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => {
        // `fault` says why.
        this.#renew().catch(() => this.#isGood() && this.#renewIn(AGAIN_MS));
      },
      Math.min(ms, LONGEST_MS),
    );
    this.#timer.unref();
  }
}

function overFault(lifeMs: number): OutageError {
  const when = lifeMs > 0 ? 'ends in less than a second' : `has ended already, ${Math.round(-lifeMs / 1000)} s ago`;
  return new OutageError(`the token that we are given ${when}: is the clock right?`, undefined, {
    code: 'token-unreachable',
  });
}

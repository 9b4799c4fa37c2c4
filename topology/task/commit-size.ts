/**
 * How many bytes of outputs one commit may have: what gets through in a second or two. A commit that takes longer than
 * its requests or its transaction may would be retried for ever: over a thin line, or under a quota (KIP-13), where
 * the broker answers at once and then reads nothing more for as long as the bytes were too many (KIP-219).
 *
 * Like TCP's slow start: small at first, twice as large after each one that was quick, and cut to what would have been
 * quick enough after one that was not.
 */
import { ThrottledError, type CommitUnknownError } from '../../common/errors.js';
import { isTimeout } from '../kafka/index.js';

/** The size of the first commit. */
const FIRST_BYTES = 256 * 1024;
const LEAST_BYTES = 8 * 1024;
const QUICK_MS = 500;
const SLOW_MS = 2000;
/** After one that was given up for time, of which nobody knows how long it would have taken. */
const CUT = 8;

export class CommitSize {
  readonly #mostBytes: number;
  #bytes: number;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
    this.#bytes = Math.min(FIRST_BYTES, mostBytes);
  }

  /** A commit with so many bytes is full. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A commit of this size took so long. */
  took(bytes: number, ms: number): void {
    if (ms > SLOW_MS) this.#cut((bytes * SLOW_MS) / ms);
    else if (ms < QUICK_MS && 2 * bytes >= this.#bytes) this.#bytes = Math.min(2 * this.#bytes, this.#mostBytes);
  }

  /** One of this size did not get through: cut when a quota, or the time that it took, was the reason. */
  failed(bytes: number, error: CommitUnknownError): void {
    const { cause } = error;
    if (cause instanceof ThrottledError) this.#cut((bytes * SLOW_MS) / Math.max(SLOW_MS, cause.throttleMs));
    else if (isTimeout(error)) this.#cut(bytes / CUT);
  }

  #cut(bytes: number): void {
    this.#bytes = Math.max(Math.min(LEAST_BYTES, this.#mostBytes), Math.min(this.#bytes, Math.floor(bytes)));
  }
}

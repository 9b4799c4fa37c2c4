/**
 * Errors by their consequence. Recognised by class or `code`, never by message.
 * Poison is not among them: it is an outcome (see outcome.ts), since a poison record is expected input.
 */

import type { Reason } from './reasons.js';

type ErrorCode =
  | 'ERR_RETRYABLE'
  | 'ERR_OUTAGE'
  | 'ERR_FENCED'
  | 'ERR_COMMIT_UNKNOWN'
  | 'ERR_STORE_FULL'
  | 'ERR_STORE_DAMAGED'
  | 'ERR_FATAL'
  | 'ERR_CONFIG';

/** The root of our errors; `code` says the consequence, `cause` the error behind it. */
abstract class StreamsError extends Error {
  abstract readonly code: ErrorCode;

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
  }
}

/** Trying the same record again may cure it; with the contract's back-off, then dead-lettered as `failed`. */
export class RetryableError extends StreamsError {
  readonly code = 'ERR_RETRYABLE';
}

/** A broker or the registry cannot be reached: wait, say so in readiness, lose nothing. */
export class OutageError extends StreamsError {
  readonly code = 'ERR_OUTAGE';
  /** What readiness says, where the error behind it does not. */
  readonly reason: Reason | undefined;

  constructor(message: string, cause?: unknown, reason?: Reason) {
    super(message, cause);
    this.reason = reason;
  }
}

/** A quota holds what we send back for longer than a transaction may take. */
export class ThrottledError extends OutageError {
  /** For how long the broker wants to hear no more of us, ms. */
  readonly throttleMs: number;

  constructor(message: string, throttleMs: number) {
    super(message, undefined, { code: 'throttled' });
    this.throttleMs = throttleMs;
  }
}

/** Another worker owns the task now: close dirty, rejoin. */
export class FencedError extends StreamsError {
  readonly code = 'ERR_FENCED';
}

/** The outcome of a transaction is not known: throw the producer away, then re-read what was committed. */
export class CommitUnknownError extends StreamsError {
  readonly code = 'ERR_COMMIT_UNKNOWN';
}

/** The disk takes no more of the store: wait for free space, then restore from the changelog. Nothing committed is lost. */
export class StoreFullError extends StreamsError {
  readonly code = 'ERR_STORE_FULL';
}

/** The store is not what it was written as: the next start moves it into quarantine, and restored from the changelog. */
export class StoreDamagedError extends StreamsError {
  readonly code = 'ERR_STORE_DAMAGED';
}

/** Nothing that the worker can do cures it; the process ends with a message that names the way out. */
export class FatalError extends StreamsError {
  readonly code = 'ERR_FATAL';
}

/** The configuration is wrong; every fault is listed. Exit code 2. */
export class ConfigError extends StreamsError {
  readonly code = 'ERR_CONFIG';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(
      `The configuration has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n${faults.map((f) => `  - ${f}`).join('\n')}`,
    );
    this.faults = faults;
  }
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

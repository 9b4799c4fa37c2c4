/** What a processor makes of a record: forward it, drop it with a reason, or dead-letter it with a cause. */
import type { DEAD_LETTER_REASONS, DROP_REASONS } from '../common/label-values.js';

/** Each is counted in `notification_streams_records_dropped_total`. */
export type DropReason = (typeof DROP_REASONS)[number];
export type DeadLetterReason = (typeof DEAD_LETTER_REASONS)[number];

/** Why a record cannot be processed; becomes the dead letter's headers. */
export interface DeadLetterCause {
  readonly reason: DeadLetterReason;
  /** Names the value, where it stood and what was expected. Never the payload. */
  readonly message: string;
  /** How often the record was tried in all; 1 unless trying again could have cured it. */
  readonly attempts: number;
  /** The error behind it, when there is one. */
  readonly error?: unknown;
}

/** What was looked for in a store is not there, and may be on its way: to be processed again once `isSettled`. */
export interface Unsettled {
  readonly kind: 'unsettled';
}

export const UNSETTLED: Unsettled = { kind: 'unsettled' };

/** For newer rules that are in the group: to be processed again there, or here once they have left; after too long a dead letter of this cause. */
export interface Waiting {
  readonly kind: 'waiting';
  readonly eventType: string;
  readonly cause: DeadLetterCause;
}

export type Forward<T> = Extract<Outcome<T>, { kind: 'forward' }>;

/** Makes the next part of a value. */
export type Rest<T> = () => Forward<T> | Unsettled;

export type Outcome<T> =
  /** `rest`: the value is a part, and this makes the next. Of the last processor before the sinks: they take a part at a time, and the event loop has its turn in between. */
  | { readonly kind: 'forward'; readonly value: T; readonly rest?: Rest<T> | undefined }
  | { readonly kind: 'drop'; readonly reason: DropReason }
  | Unsettled
  | Waiting
  | { readonly kind: 'dead-letter'; readonly cause: DeadLetterCause };

export function forward<T>(value: T, rest?: Rest<T>): Forward<T> {
  return rest === undefined ? { kind: 'forward', value } : { kind: 'forward', value, rest };
}

export function drop(reason: DropReason): Outcome<never> {
  return { kind: 'drop', reason };
}

export function deadLetter(reason: DeadLetterReason, message: string, error?: unknown, attempts = 1): Outcome<never> {
  return {
    kind: 'dead-letter',
    cause: error === undefined ? { reason, message, attempts } : { reason, message, attempts, error },
  };
}

/** Closed lists that label metrics, and are typed and explained where each is decided. A label's value never comes from input. */

/** Why a record was dropped: processors/outcome.ts. */
export const DROP_REASONS = ['tombstone', 'unknown-type', 'duplicate'] as const;

/** `dlq.reason` of a dead letter: processors/outcome.ts. */
export const DEAD_LETTER_REASONS = [
  'bad-magic',
  'unknown-schema',
  'undecodable',
  'wrong-record',
  'invalid-event',
  'unknown-type',
  'too-large',
  'unreadable-batch',
  'failed',
] as const;

/** Why the gateway closes a socket: gateway/close-codes.ts. */
export const CLOSE_REASONS = [
  'shutdown',
  'too-large',
  'internal-error',
  'token-expired',
  'lifetime',
  'flood',
  'behind',
  'too-many-resumes',
  'slow',
  'transport',
] as const;

/** Why the gateway refuses a handshake: gateway/refusals.ts. */
export const REFUSAL_REASONS = [
  'bad-handshake',
  'no-token',
  'token-in-query',
  'bad-token',
  'expired-token',
  'bad-origin',
  'user-full',
  'user-busy',
  'internal-error',
  'full',
  'busy',
  'starting',
  'keys-unavailable',
  'shutting-down',
] as const;

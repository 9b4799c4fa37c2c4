/** What was left out of an event, or set right in it, though the event was processed: counted once its commit holds. */

/** Why an action URL does not go out. */
export const ACTION_URL_FAULTS = ['scheme', 'credentials', 'characters', 'malformed', 'too-long'] as const;
export type ActionUrlFault = (typeof ACTION_URL_FAULTS)[number];

export type Correction =
  | { readonly kind: 'action-url'; readonly fault: ActionUrlFault }
  /** A request's template is none that this worker has: mailservice is given its code and values. */
  | { readonly kind: 'unknown-template'; readonly code: string }
  /** The event's timestamp gave way to its record's. */
  | { readonly kind: 'account-timestamp' };

/** What most events have. */
export const NO_CORRECTIONS: readonly Correction[] = Object.freeze([]);

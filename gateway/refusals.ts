import type { REFUSAL_REASONS } from '../common/label-values.js';

export type RefusalReason = (typeof REFUSAL_REASONS)[number];

/** Why a handshake is refused, and the HTTP status that says so. Refused handshakes are counted by these names. */
export const REFUSALS = {
  'bad-handshake': '400 Bad Request',
  'no-token': '401 Unauthorized',
  'token-in-query': '401 Unauthorized',
  'bad-token': '401 Unauthorized',
  'expired-token': '401 Unauthorized',
  'bad-origin': '403 Forbidden',
  'user-full': '429 Too Many Requests',
  'user-busy': '429 Too Many Requests',
  'internal-error': '500 Internal Server Error',
  full: '503 Service Unavailable',
  busy: '503 Service Unavailable',
  starting: '503 Service Unavailable',
  'keys-unavailable': '503 Service Unavailable',
  'shutting-down': '503 Service Unavailable',
} as const satisfies Record<RefusalReason, string>;

/** A refused handshake; `message` says what was expected and never holds the token. */
export interface Refusal {
  readonly kind: 'refused';
  readonly reason: RefusalReason;
  readonly message: string;
}

export function refuse(reason: RefusalReason, message: string): Refusal {
  return { kind: 'refused', reason, message };
}

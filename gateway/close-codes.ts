import type { CLOSE_REASONS } from '../common/label-values.js';

export type CloseReason = (typeof CLOSE_REASONS)[number];

/**
 * Why the gateway closes a socket. `again` is what the client should do next: `yes` = connect again after a jittered
 * back-off, `later` = the same, after 5 s or more, `new-token` = the same with a fresh token, `no` = stop, since the same
 * would happen again.
 * A code of null means that the connection is cut without a close frame, and the client sees 1006.
 */
export const CLOSE_CODES = {
  shutdown: { code: 1001, again: 'yes', help: 'The gateway is going away; another one serves.' },
  'too-large': { code: 1009, again: 'no', help: 'The client sent a message over the size limit.' },
  'internal-error': { code: 1011, again: 'yes', help: 'A fault of the gateway.' },
  'token-expired': { code: 4001, again: 'new-token', help: "The token's `exp` has passed." },
  lifetime: { code: 4002, again: 'yes', help: 'The socket has reached its maximum age.' },
  flood: { code: 4003, again: 'no', help: 'The client sent messages faster than allowed.' },
  behind: { code: 4004, again: 'yes', help: 'This gateway has not come as far as the client; another one may have.' },
  'too-many-resumes': {
    code: 4005,
    again: 'later',
    help: 'What the user missed was read to it as often, or as much of it, as it may be for now.',
  },
  slow: {
    code: null,
    again: 'yes',
    help: 'The client reads too slowly; a close frame would only queue up behind the rest.',
  },
  transport: {
    code: null,
    again: 'yes',
    help: 'The WebSocket layer gave up: silent past the idle timeout, a malformed or a huge frame.',
  },
} as const satisfies Record<
  CloseReason,
  { code: number | null; again: 'yes' | 'later' | 'new-token' | 'no'; help: string }
>;

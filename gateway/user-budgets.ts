/** What one user may take of what is there for all: see the table of limits in docs/gateway.md. */
import type { GatewayLimits } from './limits.js';
import { UserRateLimit } from './user-rate-limit.js';

export interface UserBudgets {
  readonly handshakes: UserRateLimit;
  /** Resumes of sockets that missed something: the others cost nothing. */
  readonly resumes: UserRateLimit;
  /** Offsets of the in-app topic that are read again. */
  readonly offsets: UserRateLimit;
  /** Delivery records. */
  readonly records: UserRateLimit;
}

export function userBudgets(limits: GatewayLimits, now: () => number): UserBudgets {
  return {
    handshakes: new UserRateLimit(limits.userHandshakes, now),
    resumes: new UserRateLimit(limits.userResumes, now),
    offsets: new UserRateLimit(limits.userOffsets, now),
    records: new UserRateLimit(limits.userRecords, now),
  };
}

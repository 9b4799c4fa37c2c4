/** Who waits for the brokers and why: readiness shows one reason, from a closed list; the log says what the broker said. */
import { messageOf } from './errors.js';
import { brokerFault } from './kafka/index.js';
import type { Logger } from './log.js';
import type { Role } from './readiness.js';
import { sayReason, type Reason, type Waiter } from './reasons.js';

/** Whoever is in neither list is waited for by both roles. */
const OTHER_ROLE: Readonly<Record<Role, (waiter: Waiter) => boolean>> = {
  stream: (waiter) => waiter === 'gateway',
  gateway: (waiter) => waiter.startsWith('task ') || ['topics', 'group', 'accounts', 'directory'].includes(waiter),
};

export class Outages {
  readonly #waiting = new Map<Waiter, Reason>();
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** The error for which this waiter waits; undefined when it goes on. */
  report(waiter: Waiter, error: unknown): void {
    if (error === undefined) {
      if (this.#waiting.delete(waiter) && this.#waiting.size === 0) this.#log.info('the brokers answer again');
      return;
    }
    const reason: Reason = { ...brokerFault(error), waiter };
    // One line for each kind of trouble, however many wait because of it.
    const isNew = ![...this.#waiting.values()].some((of) => sayReason(bare(of)) === sayReason(bare(reason)));
    this.#waiting.set(waiter, reason);
    if (isNew) {
      const { code } = reason;
      this.#log.warn({ part: waiter, reason: code, error: innermostMessage(error) }, 'waiting for the brokers');
    }
  }

  /** Undefined when nobody waits, or nobody that this role needs. */
  reason(role?: Role): Reason | undefined {
    for (const [waiter, reason] of this.#waiting) if (role === undefined || !OTHER_ROLE[role](waiter)) return reason;
    return undefined;
  }
}

/** Without who waits, and where. */
function bare({ code, error }: Reason): Reason {
  return { code, error };
}

function innermostMessage(error: unknown): string {
  let current = error;
  for (let depth = 0; depth < 5 && current instanceof Error && current.cause instanceof Error; depth += 1)
    current = current.cause;
  return messageOf(current);
}

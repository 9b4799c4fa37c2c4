/** Who waits for the brokers and why: readiness shows one reason, from a closed list; the log says what the broker said. */
import { messageOf } from './errors.js';
import type { Logger } from './log.js';
import type { Role } from './readiness.js';
import { sayReason, type Reason, type Waiter } from './reasons.js';

/** Whoever is in neither list is waited for by both roles. */
const OTHER_ROLE: Readonly<Record<Role, (waiter: Waiter) => boolean>> = {
  stream: (waiter) => waiter === 'gateway',
  gateway: (waiter) => waiter.startsWith('task ') || ['topics', 'group', 'accounts', 'directory'].includes(waiter),
};

/** Trouble that comes and goes is named again after so long. */
const NAMED_AGAIN_MS = 30_000;

export class Outages {
  readonly #waiting = new Map<Waiter, Reason>();
  /** Kinds of trouble that the log has named since nobody waited; and when each was named last, ms. */
  readonly #named = new Set<string>();
  readonly #namedAt = new Map<string, number>();
  readonly #reasonOf: (error: unknown) => Reason;
  readonly #log: Logger;
  readonly #now: () => number;

  /** `reasonOf`: what readiness says of an error, without where a broker is. `now`: monotonic, ms. */
  constructor(reasonOf: (error: unknown) => Reason, log: Logger, now: () => number = () => performance.now()) {
    this.#reasonOf = reasonOf;
    this.#log = log;
    this.#now = now;
  }

  /** The error for which this waiter waits; undefined when it goes on. */
  report(waiter: Waiter, error: unknown): void {
    if (error === undefined) {
      if (!this.#waiting.delete(waiter) || this.#waiting.size > 0 || this.#named.size === 0) return;
      this.#named.clear();
      this.#log.info('the brokers answer again');
      return;
    }
    const reason: Reason = { ...this.#reasonOf(error), waiter };
    this.#waiting.set(waiter, reason);
    this.#name(reason, error);
  }

  /** One line for each kind of trouble, however many wait because of it, and however often it comes and goes. */
  #name(reason: Reason, error: unknown): void {
    const { code, waiter } = reason;
    const kind = sayReason(bare(reason));
    const now = this.#now();
    if (this.#named.has(kind) || now - (this.#namedAt.get(kind) ?? -Infinity) < NAMED_AGAIN_MS) return;
    this.#named.add(kind);
    this.#namedAt.set(kind, now);
    this.#log.warn({ part: waiter, reason: code, error: innermostMessage(error) }, 'waiting for the brokers');
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

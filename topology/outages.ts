/** Who waits for the brokers and why: readiness shows one reason, the log one line when it begins and one when it ends. */
import { messageOf } from './errors.js';
import type { Logger } from './log.js';

export class Outages {
  readonly #waiting = new Map<string, string>();
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** The error for which this part waits; undefined when it goes on. */
  report(part: string, error: unknown): void {
    const was = this.#waiting.size;
    if (error === undefined) this.#waiting.delete(part);
    else this.#waiting.set(part, innermostMessage(error));
    if (was === 0 && this.#waiting.size > 0) this.#log.warn({ part, error: this.reason }, 'waiting for the brokers');
    if (was > 0 && this.#waiting.size === 0) this.#log.info('the brokers answer again');
  }

  /** Undefined when nobody waits. */
  get reason(): string | undefined {
    const first = this.#waiting.entries().next().value;
    return first && `${first[0]} waits: ${first[1]}`;
  }
}

function innermostMessage(error: unknown): string {
  let current = error;
  for (let depth = 0; depth < 5 && current instanceof Error && current.cause instanceof Error; depth += 1)
    current = current.cause;
  return messageOf(current);
}

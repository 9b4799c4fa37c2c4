/** Asks the registry until it answers: an outage is waited out, for as long as it takes. */
import type { Logger } from '../../common/log.js';
import type { RegistryAnswer, RegistryClient, RegistryRequest } from './registry-client.js';
import type { RegistryHealth } from './registry-health.js';
import { RegistryOutageError } from './registry-outage.js';
import type { Wait } from './wait.js';

export interface Patience {
  readonly client: RegistryClient;
  readonly health: RegistryHealth;
  readonly wait: Wait;
  /** The first wait; each further one is twice as long, up to ten times this. */
  readonly backoffMs: number;
  readonly log?: Logger | undefined;
}

const LONGEST_BACKOFF = 10;

/**
 * Resolves with the first answer that `accept` makes something of; `accept` throws a RegistryOutageError for a wrong
 * body. Rejects only with the signal's reason, or with an error of `accept` that is no outage. `excuse` makes something
 * of what looks like an outage and is none, or gives undefined.
 */
export async function untilAnswered<T>(
  patience: Patience,
  request: RegistryRequest & { readonly signal: AbortSignal },
  accept: (answer: RegistryAnswer) => T,
  excuse?: (outage: RegistryOutageError) => Promise<T | undefined>,
): Promise<T> {
  const { client, health, wait, backoffMs, log } = patience;
  const waiter = Symbol(request.path);
  try {
    for (let factor = 1; ; factor = Math.min(factor * 2, LONGEST_BACKOFF)) {
      try {
        return accept(await client.ask(request));
      } catch (error) {
        if (!(error instanceof RegistryOutageError)) throw error;
        const excused = await excuse?.(error);
        if (excused !== undefined) return excused;
        if (health.down(waiter, error)) log?.warn({ err: error }, 'waiting for the schema registry');
        await wait(factor * backoffMs, request.signal);
      }
    }
  } finally {
    health.up(waiter);
  }
}

/** Whether the schema registry answers, for readiness: the registry, and not what it says of one id. */
import type { RegistryFault, RegistryOutageError } from './registry-outage.js';

/** What is wrong, and with which of several addresses. */
type Outage = Pick<RegistryOutageError, 'fault' | 'address'>;

export class RegistryHealth {
  readonly #outages = new Map<symbol, Outage>();

  /** False while something waits for the registry. */
  get ready(): boolean {
    return this.#outages.size === 0;
  }

  /** What is wrong, or undefined when ready. */
  get fault(): RegistryFault | undefined {
    return this.outage?.fault;
  }

  /** As `fault`, with where. */
  get outage(): Outage | undefined {
    return this.#outages.values().next().value;
  }

  /** `waiter` (one for each wait) waits because of this. Returns true when nobody waited because of it yet. */
  down(waiter: symbol, outage: Outage): boolean {
    const isNew = ![...this.#outages.values()].some(({ fault }) => fault === outage.fault);
    this.#outages.set(waiter, outage);
    return isNew;
  }

  /** `waiter` waits no more. */
  up(waiter: symbol): void {
    this.#outages.delete(waiter);
  }
}

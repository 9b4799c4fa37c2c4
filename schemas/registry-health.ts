/** Whether the schema registry answers, for readiness: the registry, and not what it says of one id. */
import type { RegistryFault } from './registry-outage.js';

export class RegistryHealth {
  readonly #outages = new Map<symbol, RegistryFault>();

  /** False while something waits for the registry. */
  get ready(): boolean {
    return this.#outages.size === 0;
  }

  /** What is wrong, or undefined when ready. */
  get fault(): RegistryFault | undefined {
    return this.#outages.values().next().value;
  }

  /** `waiter` (one for each wait) waits because of this. Returns true when nobody waited because of it yet. */
  down(waiter: symbol, fault: RegistryFault): boolean {
    const isNew = ![...this.#outages.values()].includes(fault);
    this.#outages.set(waiter, fault);
    return isNew;
  }

  /** `waiter` waits no more. */
  up(waiter: symbol): void {
    this.#outages.delete(waiter);
  }
}

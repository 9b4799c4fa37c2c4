/** Whether the schema registry answers, for readiness. */
export class RegistryHealth {
  readonly #outages = new Map<symbol, string>();

  /** False while something waits for the registry. */
  get ready(): boolean {
    return this.#outages.size === 0;
  }

  /** What is waited for and why, or undefined when ready. Without credentials. */
  get reason(): string | undefined {
    return this.#outages.values().next().value;
  }

  /** `waiter` (one for each wait) waits because of `reason`. Returns true when this was not known yet. */
  down(waiter: symbol, reason: string): boolean {
    const isNew = !this.#outages.has(waiter);
    this.#outages.set(waiter, reason);
    return isNew;
  }

  /** `waiter` waits no more. */
  up(waiter: symbol): void {
    this.#outages.delete(waiter);
  }
}

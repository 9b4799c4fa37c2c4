/** Work done once for all who ask for it meanwhile. */

interface Flight {
  readonly done: Promise<void>;
  readonly controller: AbortController;
  waiting: number;
}

export class SharedFlights<K> {
  readonly #flights = new Map<K, Flight>();

  /**
   * Starts `work` for the key, or joins it when it is under way. A caller whose signal aborts leaves with the signal's
   * reason; the work itself is aborted only when nobody waits for it any more.
   */
  async join(key: K, signal: AbortSignal, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    signal.throwIfAborted();
    const flight = this.#flights.get(key) ?? this.#start(key, work);
    flight.waiting++;
    let leave: (() => void) | undefined;
    try {
      await Promise.race([
        flight.done,
        new Promise<never>((_, reject) => {
          leave = () => reject(signal.reason as Error);
          signal.addEventListener('abort', leave, { once: true });
        }),
      ]);
    } finally {
      if (leave !== undefined) signal.removeEventListener('abort', leave);
      if (--flight.waiting === 0) {
        // Off the list at once: whoever comes next starts a new one instead of joining work that is ending.
        if (this.#flights.get(key) === flight) this.#flights.delete(key);
        flight.controller.abort(signal.reason);
      }
    }
  }

  #start(key: K, work: (signal: AbortSignal) => Promise<void>): Flight {
    const controller = new AbortController();
    const done = work(controller.signal);
    // When all have left, the work's rejection has nobody to go to; it is then our own abort.
    done.catch(() => undefined);
    const flight: Flight = { done, controller, waiting: 0 };
    this.#flights.set(key, flight);
    return flight;
  }
}

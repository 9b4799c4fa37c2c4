/** Holds records back until the account events that are older are known: see bootstrap.ts. */
import type { SourceRecord } from '../../common/record.js';
import type { SourceQueue } from './source-queue.js';
import type { BootstrapSource } from './task-parts.js';

export class BootstrapGate {
  readonly #bootstrap: BootstrapSource;
  readonly #signal: AbortSignal;
  /** When the record that is being processed came to us. */
  #arrivedAt = 0;
  #timestamp = 0;
  /** Whether whoever the directory does not know will stay unknown, as far as that record goes. */
  readonly isSettled = (): boolean => this.#bootstrap.isSettled(this.#arrivedAt, this.#timestamp);

  /** The signal ends the waits. */
  constructor(bootstrap: BootstrapSource, signal: AbortSignal) {
    this.#bootstrap = bootstrap;
    this.#signal = signal;
  }

  /** Undefined when the queue's next record may be processed, which `isSettled` is asked about from now on; else what it waits for. */
  enter({ arrivedAt }: SourceQueue, { topic, timestamp }: SourceRecord): Promise<void> | undefined {
    this.#arrivedAt = arrivedAt;
    this.#timestamp = timestamp;
    if (topic === this.#bootstrap.source || this.#bootstrap.covers(arrivedAt, timestamp)) return undefined;
    return this.#bootstrap.until(() => this.#bootstrap.covers(arrivedAt, timestamp), this.#signal);
  }

  /** Resolves once `isSettled` would hold for the queue's next record. */
  untilSettled({ arrivedAt }: SourceQueue, { timestamp }: SourceRecord): Promise<void> {
    return this.#bootstrap.until(() => this.#bootstrap.isSettled(arrivedAt, timestamp), this.#signal);
  }
}

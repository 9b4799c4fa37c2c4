/** Holds records back until the account events that are older are known: see bootstrap.ts. */
import type { Bootstrapped } from './bootstrap.js';
import type { SourceRecord, SourceTopic } from '../../common/record.js';
import type { SourceQueue } from './source-queue.js';

export interface BootstrapGateServices {
  readonly bootstrap: Bootstrapped;
  readonly bootstrapTopic: SourceTopic;
}

export class BootstrapGate {
  readonly #bootstrap: Bootstrapped;
  readonly #topic: SourceTopic;
  readonly #signal: AbortSignal;
  /** Of the record that is being processed. */
  #arrivedAt = 0;
  #timestamp = 0;
  /** Whether whoever the directory does not know will stay unknown, as far as that record goes. */
  readonly isSettled = (): boolean => this.#bootstrap.isSettled(this.#arrivedAt, this.#timestamp);

  /** The signal ends the waits. */
  constructor({ bootstrap, bootstrapTopic }: BootstrapGateServices, signal: AbortSignal) {
    this.#bootstrap = bootstrap;
    this.#topic = bootstrapTopic;
    this.#signal = signal;
  }

  /** Undefined when the queue's next record may be processed, which `isSettled` is asked about from now on; else what it waits for. */
  enter({ arrivedAt }: SourceQueue, { topic, timestamp }: SourceRecord): Promise<void> | undefined {
    this.#arrivedAt = arrivedAt;
    this.#timestamp = timestamp;
    if (topic === this.#topic || this.#bootstrap.covers(arrivedAt, timestamp)) return undefined;
    return this.#bootstrap.until(() => this.#bootstrap.covers(arrivedAt, timestamp), this.#signal);
  }

  /** Resolves once `isSettled` would hold for the queue's next record. */
  untilSettled({ arrivedAt }: SourceQueue, { timestamp }: SourceRecord): Promise<void> {
    return this.#bootstrap.until(() => this.#bootstrap.isSettled(arrivedAt, timestamp), this.#signal);
  }
}

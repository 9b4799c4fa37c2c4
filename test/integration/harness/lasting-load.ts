/** Records that keep coming for as long as a test needs them to, however slow the machine is. */
import { setTimeout as delay } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

import { produceAll } from './outcome.js';
import type { Sent } from './workload.js';

const TICK_MS = 150;
/** A share of what is left: so it never comes to its end by itself. */
const SHARE = 0.01;

export class LastingLoad {
  readonly #prefix: string;
  readonly #events: readonly Sent[];
  readonly #producing: Promise<void>;
  #produced = 0;
  #isWanted = true;

  private constructor(prefix: string, events: readonly Sent[]) {
    this.#prefix = prefix;
    this.#events = events;
    this.#producing = this.#produce();
    this.#producing.catch(() => undefined); // reported by finish()
  }

  /** A slice of the events goes out, in their order, every 150 ms or as fast as the brokers take them. */
  static begin(prefix: string, events: readonly Sent[]): LastingLoad {
    const load = new LastingLoad(prefix, events);
    onTestFinished(() => load.#end());
    return load;
  }

  /** Events that are still to come. */
  get left(): number {
    return this.#events.length - this.#produced;
  }

  /** What is left comes at once. Rejects when something could not be produced. */
  async finish(): Promise<void> {
    this.#end();
    await this.#producing;
    await this.#send(this.left);
  }

  #end(): void {
    this.#isWanted = false;
  }

  async #produce(): Promise<void> {
    while (this.#isWanted && this.left > 0) {
      await this.#send(Math.ceil(this.left * SHARE));
      await delay(TICK_MS);
    }
  }

  async #send(count: number): Promise<void> {
    await produceAll(this.#prefix, this.#events.slice(this.#produced, this.#produced + count));
    this.#produced += count;
  }
}

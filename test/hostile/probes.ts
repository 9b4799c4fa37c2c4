/** Records of partitions that nobody attacks, one after another: each is sent when the one before it was committed. */
import { setTimeout as delay } from 'node:timers/promises';

export interface ProbeReport {
  /** For each partition: how many were committed. */
  readonly committed: ReadonlyMap<number, number>;
  /** The longest that one took from its acknowledgement to where a read_committed reader saw it, ms. */
  readonly longestMs: number;
}

const LOOK_MS = 5;

export class Probes {
  readonly #committed = new Map<number, number>();
  readonly #running: Promise<void>[];
  #isStopped = false;
  #longestMs = 0;

  /** `send` appends a record of that event id; `isSeen` says whether its notification is committed. */
  constructor(
    partitions: readonly number[],
    name: string,
    send: (partition: number, eventId: string) => Promise<void>,
    isSeen: (eventId: string) => boolean,
  ) {
    this.#running = partitions.map(async (partition) => {
      this.#committed.set(partition, 0);
      for (let index = 0; this.#goesOn(); index += 1) {
        const eventId = `${name}-${partition}-${index}`;
        await send(partition, eventId);
        const since = performance.now();
        while (!isSeen(eventId) && this.#goesOn()) await delay(LOOK_MS);
        this.#longestMs = Math.max(this.#longestMs, performance.now() - since);
        if (isSeen(eventId)) this.#committed.set(partition, index + 1);
      }
    });
  }

  /** So many of each partition. */
  get least(): number {
    return Math.min(...this.#committed.values());
  }

  get report(): ProbeReport {
    return { committed: this.#committed, longestMs: Math.round(this.#longestMs) };
  }

  #goesOn(): boolean {
    return !this.#isStopped;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#running);
  }
}

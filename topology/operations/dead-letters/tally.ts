/** What came of the letters of a run, counted. */
import type { DeadLetter } from './dead-letter.js';
import type { LeftWhy } from './left-why.js';
import type { ReplayedRecord } from './replayed.js';

/** Letters of one reason that go to one topic. */
export interface SentCount {
  readonly reason: string;
  /** Its name on the brokers. */
  readonly topic: string;
  readonly count: number;
}

export class Tally {
  readonly #sent = new Map<string, SentCount>();
  readonly #left = new Map<LeftWhy, number>();
  #sentCount = 0;
  #retimed = 0;

  get sentCount(): number {
    return this.#sentCount;
  }

  /** The most first. */
  get sentCounts(): readonly SentCount[] {
    return [...this.#sent.values()].sort((a, b) => b.count - a.count);
  }

  get leftCounts(): ReadonlyMap<LeftWhy, number> {
    return this.#left;
  }

  /** Those of all reasons together. */
  get leftCount(): number {
    return [...this.#left.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Sent with the present time, because their own is older than their topic keeps records. */
  get retimed(): number {
    return this.#retimed;
  }

  sent({ reason, origin: { topic } }: DeadLetter, records: readonly ReplayedRecord[]): void {
    if (records.some(({ isRetimed }) => isRetimed)) this.#retimed += 1;
    const name = `${reason} ${topic}`;
    this.#sent.set(name, { reason, topic, count: (this.#sent.get(name)?.count ?? 0) + 1 });
    this.#sentCount += 1;
  }

  left(why: LeftWhy): void {
    this.#left.set(why, (this.#left.get(why) ?? 0) + 1);
  }
}

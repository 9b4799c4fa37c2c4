/** Dead letters by what they have in common. */
import type { DeadLetter } from './dead-letter.js';

/** What sums are made by. */
export const SUM_KEYS = ['reason', 'topic'] as const;
export type SumKey = (typeof SUM_KEYS)[number];

export interface Sum {
  readonly reason?: string;
  /** By its name on the brokers. */
  readonly topic?: string;
  readonly count: number;
  /** When the first of them was appended, and the last, ms since the epoch. */
  readonly oldest: number;
  readonly newest: number;
}

export class Sums {
  readonly #by: readonly SumKey[];
  readonly #sums = new Map<string, Sum>();

  constructor(by: readonly SumKey[]) {
    this.#by = by;
  }

  add({ reason, origin: { topic }, appendedAt }: Pick<DeadLetter, 'reason' | 'origin' | 'appendedAt'>): void {
    const common = { ...(this.#by.includes('reason') && { reason }), ...(this.#by.includes('topic') && { topic }) };
    const key = JSON.stringify(common);
    const { count, oldest, newest } = this.#sums.get(key) ?? { count: 0, oldest: appendedAt, newest: appendedAt };
    this.#sums.set(key, {
      ...common,
      count: count + 1,
      oldest: Math.min(oldest, appendedAt),
      newest: Math.max(newest, appendedAt),
    });
  }

  /** The most first. */
  all(): Sum[] {
    return [...this.#sums.values()].sort((a, b) => b.count - a.count);
  }
}

/** Whether the worker is ready, and for each part that is not, why. */
import type { Metrics } from './metrics.js';

export const PARTS = ['broker', 'registry', 'state', 'group', 'tasks', 'directory', 'gateway'] as const;
export type Part = (typeof PARTS)[number];

export class Readiness {
  readonly #reasons = new Map<Part, string>();
  readonly #probes = new Map<Part, () => string | undefined>();
  readonly #metrics: Metrics;

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  /** The part is not ready because of this; undefined: it is ready. */
  set(part: Part, reason: string | undefined): void {
    if (reason === undefined) this.#reasons.delete(part);
    else this.#reasons.set(part, reason);
    this.#metrics.ready.set({ part }, reason === undefined ? 1 : 0);
  }

  /** A part that is asked each time: the answer is a reason, or undefined when it is ready. */
  probe(part: Part, ask: () => string | undefined): void {
    this.#probes.set(part, ask);
  }

  /** Reasons by part; empty when everything is ready. */
  reasons(): ReadonlyMap<Part, string> {
    for (const [part, ask] of this.#probes) this.set(part, ask());
    return this.#reasons;
  }
}

/** Whether the worker is ready, and for each part that is not, why. */
import type { Metrics } from './metrics.js';
import type { Reason, ReasonCode } from './reasons.js';

export const PARTS = ['worker', 'broker', 'registry', 'state', 'group', 'tasks', 'directory', 'gateway'] as const;
export type Part = (typeof PARTS)[number];
export type Role = 'stream' | 'gateway';

/**
 * What a role needs to do its work. A gateway does not need the registry once it follows the in-app topic: the schemas
 * of what we write are known by then. While it does not, `gateway` says so, and so it does when a record of a schema
 * that is not known yet holds it up.
 */
export const PARTS_OF: Readonly<Record<Role, readonly Part[]>> = {
  stream: ['worker', 'broker', 'registry', 'state', 'group', 'tasks', 'directory'],
  gateway: ['worker', 'broker', 'gateway'],
};

/** Partitions that wait on purpose, in a worker that runs: it has started, whether or not anybody asked before they did. */
const PAUSES: ReadonlySet<ReasonCode> = new Set(['newer-rules', 'dead-letter-budget']);

/** Undefined when the part is ready; `role`: as far as this role is concerned. */
type Probe = (role?: Role) => Reason | undefined;

export class Readiness {
  /** The roles of this worker. */
  readonly roles: readonly Role[];
  readonly #probes = new Map<Part, Probe>();
  readonly #metrics: Metrics;
  #hasStarted = false;

  constructor(metrics: Metrics, roles: readonly Role[] = ['stream', 'gateway']) {
    this.#metrics = metrics;
    this.roles = roles;
    this.set('worker', undefined);
  }

  /** Never ready again: what was not ready may seem so when it is gone. */
  stop(): void {
    this.set('worker', { code: 'stopping' });
  }

  /** The part is not ready because of this; undefined: it is ready. */
  set(part: Part, reason: Reason | undefined): void {
    this.probe(part, () => reason);
    this.#measure(part, reason);
  }

  /** A part that is asked each time. */
  probe(part: Part, ask: Probe): void {
    this.#probes.set(part, ask);
  }

  /** Reasons by part, of all or of those that a role needs; empty when everything is ready. */
  reasons(role?: Role): ReadonlyMap<Part, Reason> {
    const reasons = new Map<Part, Reason>();
    for (const [part, ask] of this.#probes) {
      if (role !== undefined && !PARTS_OF[role].includes(part)) continue;
      const reason = ask(role);
      if (role === undefined) this.#measure(part, reason);
      if (reason !== undefined) reasons.set(part, reason);
    }
    if (role === undefined && [...reasons.values()].every(({ code }) => PAUSES.has(code))) this.#hasStarted = true;
    return reasons;
  }

  /** As `reasons()` until everything was ready once, partitions that are paused aside; empty from then on. */
  reasonsToStart(): ReadonlyMap<Part, Reason> {
    const reasons = this.reasons();
    return this.#hasStarted ? new Map() : reasons;
  }

  #measure(part: Part, reason: Reason | undefined): void {
    this.#metrics.ready.set({ part }, reason === undefined ? 1 : 0);
  }
}

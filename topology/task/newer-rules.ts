/**
 * Whether rules newer than ours are in the group, and how long each source partition has waited for a worker that has
 * them. A partition waits once in a roll-out: when that is over it does not stand still again for the next record.
 */
import type { RulesIdentity } from '../../common/rules-identity.js';
import type { SourceName, SourcePartition } from '../../common/record.js';

export interface NewerRulesOptions {
  /** The rules that this worker runs now; undefined for a topology that has none: never behind. */
  readonly own: () => RulesIdentity | undefined;
  /** How long a partition may wait, ms. */
  readonly waitMs: number;
  /** For so long newer rules still count when their last worker has left: it may be restarting, ms. */
  readonly graceMs: number;
  /** Monotonic, ms. */
  readonly now?: () => number;
}

export class NewerRules {
  readonly #options: NewerRulesOptions;
  readonly #now: () => number;
  /** The version that was newer than ours, and until when it counts. */
  #newer = 0;
  #behindUntil = -Infinity;
  /** Since when; also of those that have waited long enough. */
  readonly #began = new Map<SourceName, number>();

  constructor(options: NewerRulesOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** The group was joined, and these are the newest rules in it; undefined from a leader of a version that does not ask, which says nothing of who has left. */
  joined(newest: RulesIdentity | undefined): void {
    if (newest === undefined) return;
    if (newest.version > this.#ownVersion) {
      if (!this.isBehind(this.#ownVersion)) this.#began.clear();
      this.#newer = newest.version;
      this.#behindUntil = Infinity;
    } else if (this.#behindUntil === Infinity) this.#behindUntil = this.#now() + this.#options.graceMs;
  }

  /** Whether what runs these rules is: others in the group are newer, or those that this worker has taken on meanwhile. */
  isBehind(version = Infinity): boolean {
    return this.#isSuperseded(version) || (version < this.#newer && this.#now() < this.#behindUntil);
  }

  get #ownVersion(): number {
    return this.#options.own()?.version ?? Infinity;
  }

  /** An open commit is of the rules that it began with. */
  #isSuperseded(version: number): boolean {
    return version < (this.#options.own()?.version ?? 0);
  }

  /** False when the partition has waited long enough for rules newer than these. */
  mayWait(source: SourceName, version = Infinity): boolean {
    // For no longer than the commit that is open.
    if (this.#isSuperseded(version)) return true;
    if (!this.#began.has(source)) this.#began.set(source, this.#now());
    return this.waitedMs(source) < this.#options.waitMs;
  }

  /** For how long, ms; 0 for one that does not wait. */
  waitedMs(source: SourceName): number {
    const began = this.#began.get(source);
    return began === undefined ? 0 : this.#now() - began;
  }

  /** These went to another worker. */
  forget(sources: readonly SourcePartition[]): void {
    for (const { name } of sources) this.#began.delete(name);
  }
}

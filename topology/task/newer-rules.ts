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
  /** The newest version in the group, also when it is ours: we may roll back. */
  #newest = 0;
  /** A newer one whose last worker has left, and until when it counts. */
  #left = 0;
  #leftUntil = -Infinity;
  /** Since when; also of those that have waited long enough. */
  readonly #began = new Map<SourceName, number>();

  constructor(options: NewerRulesOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** The group was joined, and these are the newest rules in it; undefined from a leader of a version that does not ask, which says nothing of who has left. */
  joined(newest: RulesIdentity | undefined): void {
    if (newest === undefined) return;
    if (!this.isBehind(this.#options.own()?.version)) this.#began.clear();
    if (newest.version < this.#newest) {
      this.#left = this.#known;
      this.#leftUntil = this.#now() + this.#options.graceMs;
    }
    this.#newest = newest.version;
  }

  /** Whether what runs these rules is: others in the group are newer, or those that this worker has taken on meanwhile. */
  isBehind(version = Infinity): boolean {
    return this.#isSuperseded(version) || version < this.#known;
  }

  /** The newest version that counts. */
  get #known(): number {
    return this.#now() < this.#leftUntil ? Math.max(this.#left, this.#newest) : this.#newest;
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

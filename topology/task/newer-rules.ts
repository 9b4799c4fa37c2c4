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
  /** No longer once this worker has taken on what was newer. */
  readonly isBehind = (): boolean => this.#ownVersion < this.#newer && this.#now() < this.#behindUntil;

  constructor(options: NewerRulesOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** The group was joined, and these are the newest rules in it. */
  joined(newest: RulesIdentity | undefined): void {
    if (newest !== undefined && newest.version > this.#ownVersion) {
      if (!this.isBehind()) this.#began.clear();
      this.#newer = newest.version;
      this.#behindUntil = Infinity;
    } else if (this.#behindUntil === Infinity) this.#behindUntil = this.#now() + this.#options.graceMs;
  }

  get #ownVersion(): number {
    return this.#options.own()?.version ?? Infinity;
  }

  /** False when the partition has waited long enough. */
  mayWait(source: SourceName): boolean {
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

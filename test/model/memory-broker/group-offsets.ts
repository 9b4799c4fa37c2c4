/** Committed offsets of one group, and those that wait for the marker of their transaction. */
export interface CommittedOffset {
  /** -1 when nothing was ever committed. */
  readonly offset: number;
  readonly metadata: string;
}

/** What a broker tells of a partition that has none. */
export const NO_OFFSET: CommittedOffset = { offset: -1, metadata: '' };

export class GroupOffsets {
  readonly #committed = new Map<string, CommittedOffset>();
  readonly #pending = new Map<bigint, Map<string, CommittedOffset>>();

  /** Within a transaction: nothing is committed before its marker. */
  stage(producerId: bigint, offsets: ReadonlyMap<string, CommittedOffset>): void {
    const staged = this.#pending.get(producerId) ?? new Map<string, CommittedOffset>();
    for (const [partition, offset] of offsets) staged.set(partition, offset);
    this.#pending.set(producerId, staged);
  }

  ended(producerId: bigint, isCommit: boolean): void {
    const staged = this.#pending.get(producerId);
    this.#pending.delete(producerId);
    if (isCommit) for (const [partition, offset] of staged ?? []) this.#committed.set(partition, offset);
  }

  /** Their topic is no more: nothing is committed there, or will be. */
  forget(partitions: readonly string[]): void {
    for (const offsets of [this.#committed, ...this.#pending.values()])
      for (const partition of partitions) offsets.delete(partition);
  }

  isPending(partition: string): boolean {
    return [...this.#pending.values()].some((staged) => staged.has(partition));
  }

  committed(partition: string): CommittedOffset {
    return this.#committed.get(partition) ?? NO_OFFSET;
  }
}

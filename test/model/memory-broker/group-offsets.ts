/** Committed offsets of one group, and those that wait for the marker of their transaction. */
export class GroupOffsets {
  readonly #committed = new Map<string, number>();
  readonly #pending = new Map<bigint, Map<string, number>>();

  /** Within a transaction: nothing is committed before its marker. */
  stage(producerId: bigint, offsets: ReadonlyMap<string, number>): void {
    const staged = this.#pending.get(producerId) ?? new Map<string, number>();
    for (const [place, offset] of offsets) staged.set(place, offset);
    this.#pending.set(producerId, staged);
  }

  ended(producerId: bigint, isCommit: boolean): void {
    const staged = this.#pending.get(producerId);
    this.#pending.delete(producerId);
    if (isCommit) for (const [place, offset] of staged ?? []) this.#committed.set(place, offset);
  }

  isPending(place: string): boolean {
    return [...this.#pending.values()].some((staged) => staged.has(place));
  }

  /** -1 when nothing was ever committed. */
  committed(place: string): number {
    return this.#committed.get(place) ?? -1;
  }
}

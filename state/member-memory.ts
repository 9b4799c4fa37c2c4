/**
 * The group member that this state directory's worker is, or was when it was killed: the next one tells the group to
 * forget it, and need not wait for its session to time out.
 */
import { writeAtomically, type StateEnvironment, type Table } from './environment.js';

const KEY = Buffer.from('member-id');

export class MemberMemory {
  readonly #table: Table;

  constructor(environment: StateEnvironment) {
    this.#table = environment.table('group');
  }

  /** Undefined when the last worker left by itself. */
  recall(): string | undefined {
    return this.#table.get(KEY)?.toString('utf8');
  }

  async remember(memberId: string): Promise<void> {
    if (this.recall() === memberId) return;
    await writeAtomically(this.#table, () => void this.#table.put(KEY, Buffer.from(memberId)));
  }

  async forget(): Promise<void> {
    await writeAtomically(this.#table, () => void this.#table.remove(KEY));
  }
}

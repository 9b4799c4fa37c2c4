/**
 * The group member that this state directory's worker is, or was when it was killed: the next one tells the group to
 * forget it, and need not wait for its session to time out.
 */
import { StoreFullError } from '../common/errors.js';
import { writeAtomically, type StateEnvironment } from './lmdb/environment.js';
import type { Batch, Table } from './lmdb/table.js';

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
    await this.#write((batch) => batch.put(KEY, Buffer.from(memberId)));
  }

  async forget(): Promise<void> {
    await this.#write((batch) => batch.remove(KEY));
  }

  /** On a full disk it is done without: at worst the group waits for a session to time out, or is told of a member that it does not know. */
  async #write(write: (batch: Batch) => void): Promise<void> {
    try {
      await writeAtomically(this.#table, write);
    } catch (error) {
      if (!(error instanceof StoreFullError)) throw error;
    }
  }
}

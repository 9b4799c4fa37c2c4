/** A worker's state store without a disk: what was written stays when the process dies, and a write takes its time. */
import type { StateEnvironment, Table } from '../../../state/environment.js';
import { simulation } from './simulation.js';

type Entries = Map<string, Buffer>;

/** The disk: outlives the process. */
export type Disk = Map<string, Entries>;

/** Told of each write: when it is on its way, and when it holds. */
export interface WriteWatch {
  begun(table: string): void;
  held(table: string): void;
}

/** The environment that a process opens on a disk. */
export function openMemoryEnvironment(disk: Disk, watch: WriteWatch): StateEnvironment {
  const environment: Pick<StateEnvironment, 'table' | 'tables' | 'close'> = {
    table: (name) => {
      const entries = disk.get(name) ?? new Map<string, Buffer>();
      disk.set(name, entries);
      return new MemoryTable(name, entries, watch) as unknown as Table;
    },
    tables: () => [...disk.keys()],
    close: () => Promise.resolve(),
  };
  return environment as StateEnvironment;
}

/** As much of an LMDB table as the stores use; keys in byte order. */
class MemoryTable {
  readonly #name: string;
  readonly #entries: Entries;
  readonly #watch: WriteWatch;
  #writes: (() => void)[] = [];

  constructor(name: string, entries: Entries, watch: WriteWatch) {
    this.#name = name;
    this.#entries = entries;
    this.#watch = watch;
  }

  get(key: Buffer): Buffer | undefined {
    return this.#entries.get(key.toString('latin1'));
  }

  put(key: Buffer, value: Buffer): Promise<boolean> {
    const [name, copy] = [key.toString('latin1'), Buffer.from(value)];
    this.#writes.push(() => this.#entries.set(name, copy));
    return Promise.resolve(true);
  }

  remove(key: Buffer): Promise<boolean> {
    const name = key.toString('latin1');
    this.#writes.push(() => this.#entries.delete(name));
    return Promise.resolve(true);
  }

  /** All writes of `write`, or none: the process may die before the event. */
  batch(write: () => void): Promise<boolean> {
    write();
    const writes = this.#writes;
    this.#writes = [];
    return new Promise((resolve) => {
      simulation().add('store', this.#name, () => {
        for (const apply of writes) apply();
        this.#watch.held(this.#name);
        resolve(true);
      });
      this.#watch.begun(this.#name);
    });
  }

  getRange({ start, end }: { start: Buffer; end: Buffer }): { key: Buffer; value: Buffer }[] {
    const [from, to] = [start.toString('latin1'), end.toString('latin1')];
    return [...this.#entries]
      .filter(([key]) => key >= from && key < to)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => ({ key: Buffer.from(key, 'latin1'), value }));
  }

  getKeys(): Buffer[] {
    return [...this.#entries.keys()].map((key) => Buffer.from(key, 'latin1'));
  }
}

/** A worker's state store without a disk: what was written stays when the process dies, and a write takes its time. */
import { getOrMake } from '../../../common/get-or-make.js';
import { Mutex } from '../../../common/mutex.js';
import type { StateEnvironment } from '../../../state/lmdb/environment.js';
import type { Batch, Table } from '../../../state/lmdb/table.js';
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
  const tables = new Map<string, Table>();
  const environment: Pick<StateEnvironment, 'table' | 'tables' | 'close'> = {
    table: (name) => {
      const entries = getOrMake(disk, name, () => new Map<string, Buffer>());
      return getOrMake(tables, name, () => new MemoryTable(name, entries, watch) as unknown as Table);
    },
    tables: () => [...disk.keys()],
    close: () => Promise.resolve(),
  };
  return environment as StateEnvironment;
}

/** As much of a table as the stores use; keys in byte order. */
class MemoryTable implements Pick<
  Table,
  'name' | 'mutex' | 'get' | 'getRange' | 'keys' | 'count' | 'write' | 'failed'
> {
  readonly name: string;
  readonly mutex = new Mutex();
  readonly #entries: Entries;
  readonly #watch: WriteWatch;

  constructor(name: string, entries: Entries, watch: WriteWatch) {
    this.name = name;
    this.#entries = entries;
    this.#watch = watch;
  }

  get(key: Buffer): Buffer | undefined {
    return this.#entries.get(key.toString('latin1'));
  }

  /** All of the batch, or nothing: the process may die before the event. */
  write(batch: Batch): Promise<void> {
    const steps = batch.steps.map(([key, value]) => [key.toString('latin1'), value && Buffer.from(value)] as const);
    return new Promise((resolve) => {
      simulation().add('store', this.name, () => {
        for (const [key, value] of steps) {
          if (value) this.#entries.set(key, value);
          else this.#entries.delete(key);
        }
        this.#watch.held(this.name);
        resolve();
      });
      this.#watch.begun(this.name);
    });
  }

  *getRange({ start, end }: { start?: Buffer; end?: Buffer } = {}): Generator<{ key: Buffer; value: Buffer }> {
    const [from, to] = [start?.toString('latin1') ?? '', end?.toString('latin1')];
    const found = [...this.#entries].filter(([key]) => key >= from && (to === undefined || key < to));
    for (const [key, value] of found.sort(([a], [b]) => (a < b ? -1 : 1))) {
      yield { key: Buffer.from(key, 'latin1'), value };
    }
  }

  keys(): Buffer[] {
    return [...this.getRange()].map(({ key }) => key);
  }

  count(range: { start?: Buffer; end?: Buffer }): number {
    return [...this.getRange(range)].length;
  }

  failed(error: unknown): Error {
    return error as Error;
  }
}

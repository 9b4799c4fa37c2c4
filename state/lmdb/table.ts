/** One named table of the environment: what lmdb-js offers of it, as far as the stores use it, with errors of ours. */
import type { Database } from 'lmdb';
import { Mutex } from '../../common/mutex.js';

type Native = Database<Buffer, Buffer>;

interface Range {
  readonly start?: Buffer;
  readonly end?: Buffer;
}

/** What a table needs of its environment. */
export interface TableHost {
  /** Undefined when it is not there and not to be made. */
  open(name: string, create: boolean): Native | undefined;
  /** The error to throw for one of LMDB's. */
  failed(error: unknown): Error;
  /** @throws FatalError when the environment is closed: LMDB would look into memory that is gone. */
  checkOpen(): void;
  /** Closing waits for the write. */
  during(write: Promise<unknown>): void;
  /** @throws StoreFullError when a write is not to be begun. */
  checkFreeSpace(): void;
}

/**
 * What one write is to do, put together before it begins: what lmdb-js was given when a step throws is written all
 * the same.
 */
export class Batch {
  readonly steps: (readonly [key: Buffer, value: Buffer | undefined])[] = [];
  /** Called in the middle of the write. */
  halfway: (() => void) | undefined;

  put(key: Buffer, value: Buffer): void {
    this.steps.push([key, value]);
  }

  remove(key: Buffer): void {
    this.steps.push([key, undefined]);
  }
}

/** Made by the first write: looking into a table that is not there takes nothing of the disk. */
export class Table {
  readonly name: string;
  /** For who must see what the write before has left: the same for everybody who has this table of the environment. */
  readonly mutex = new Mutex();
  readonly #host: TableHost;
  #native: Native | undefined;

  constructor(name: string, host: TableHost) {
    this.name = name;
    this.#host = host;
    this.#native = this.#reading(() => host.open(name, false));
  }

  get(key: Buffer): Buffer | undefined {
    this.#host.checkOpen();
    try {
      return this.#native?.get(key);
    } catch (error) {
      throw this.#host.failed(error);
    }
  }

  *getRange(range: Range = {}): Generator<{ key: Buffer; value: Buffer }> {
    if (!this.#native) return;
    this.#host.checkOpen();
    try {
      for (const { key, value } of this.#native.getRange(range)) yield { key: Buffer.from(key), value };
    } catch (error) {
      throw this.#host.failed(error);
    }
  }

  /** Each key as the table has them one after another, with what is found by it, which is good until the next. */
  readAll(read: (key: Buffer, value: Buffer | undefined) => void): void {
    this.#reading(() => {
      for (const key of this.#native?.getKeys() ?? []) read(Buffer.from(key), this.#native!.getBinaryFast(key));
    });
  }

  keys(): Buffer[] {
    return this.#reading(() => [...(this.#native?.getKeys() ?? [])].map((key) => Buffer.from(key)));
  }

  /** As the table itself says, without looking. */
  get entryCount(): number {
    return this.#reading(() => (this.#native?.getStats() as { entryCount: number } | undefined)?.entryCount ?? 0);
  }

  /** Pages that it takes, as the table itself says. */
  get pages(): number {
    return this.#reading(() => pagesOf(this.#native?.getStats() as TreeStats | undefined));
  }

  count(range: Range): number {
    return this.#reading(() => this.#native?.getKeysCount(range) ?? 0);
  }

  /** All of it or nothing; rejects with StoreFullError before it begins, or with lmdb-js's own error. */
  async write(batch: Batch): Promise<void> {
    this.#host.checkOpen();
    this.#host.checkFreeSpace();
    const table = (this.#native ??= this.#host.open(this.name, true)!);
    const written = table.batch(() => {
      const { steps } = batch;
      for (let index = 0; index < steps.length; index += 1) {
        if (index === steps.length >> 1) batch.halfway?.();
        const [key, value] = steps[index]!;
        if (value) void table.put(key, value);
        else void table.remove(key);
      }
    });
    this.#host.during(written);
    await written;
  }

  /** The error to throw for one of LMDB's. */
  failed(error: unknown): Error {
    return this.#host.failed(error);
  }

  #reading<T>(read: () => T): T {
    this.#host.checkOpen();
    try {
      return read();
    } catch (error) {
      throw this.#host.failed(error);
    }
  }
}

/** What LMDB says of a tree, or nothing. */
export interface TreeStats {
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
}

export function pagesOf(tree: TreeStats | undefined): number {
  return tree ? tree.treeBranchPageCount + tree.treeLeafPageCount + tree.overflowPages : 0;
}

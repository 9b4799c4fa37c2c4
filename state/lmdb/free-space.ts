/**
 * Free space on the state directory's disk. When it is full, whoever writes the store waits here; one probe for all
 * finds out when there is space again.
 */
import { open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { FatalError, messageOf, StoreFullError } from '../../common/errors.js';
import type { Logger } from '../../common/log.js';
import { isFull } from './native-errors.js';
import { FILE_MODE } from './private-folder.js';

/** About what a large commit takes. LMDB is not to be opened or written with less: on a full disk its lock file ends the process. */
export const PROBE_BYTES = 4 * 1024 * 1024;
const LOOK_MS = 1000;

export class FreeSpace {
  readonly #directory: string;
  readonly #log: Logger;
  #reason: string | undefined;
  #looking: Promise<boolean> | undefined;

  constructor(directory: string, log: Logger) {
    this.#directory = directory;
    this.#log = log;
  }

  /** Why nothing can be written; undefined while there is space. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** What the file system says is left for us; it knows of no quota. */
  async bytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.#directory);
    return bavail * bsize;
  }

  /** A write was refused. */
  lacks(error: StoreFullError): void {
    if (this.#reason === undefined) {
      this.#log.error(
        { directory: this.#directory, error: error.message },
        'the disk of STATE_DIR is full: its tasks stand still, nothing that was committed is lost, they go on when there is space',
      );
    }
    this.#reason = `the disk of STATE_DIR ${this.#directory} takes no more (${error.message}): free some space, the worker then goes on by itself`;
  }

  /** Resolves at once while there is space, else when there is again. Rejects when the signal aborts. */
  async available(signal: AbortSignal): Promise<void> {
    while (this.reason !== undefined) {
      // First of all: what the probe finds space for, a write may not.
      await delay(LOOK_MS, undefined, { signal });
      await this.#look();
    }
  }

  /** Looks whether there is space, and waits for it. */
  async ensure(signal: AbortSignal): Promise<void> {
    if (await this.#probe()) return;
    this.lacks(new StoreFullError(`there are less than ${PROBE_BYTES} bytes`));
    await this.available(signal);
  }

  /** Writes as soon as there is space, however often it is full again. Gives what the write gives. */
  async write<T>(write: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (;;) {
      try {
        return await write();
      } catch (error) {
        if (!(error instanceof StoreFullError)) throw error;
        this.lacks(error);
        await this.available(signal);
      }
    }
  }

  async #look(): Promise<void> {
    // Others that wait look as well: one of them may have found it first.
    this.#looking ??= this.#probe().finally(() => (this.#looking = undefined));
    if (!(await this.#looking) || this.#reason === undefined) return;
    this.#reason = undefined;
    this.#log.info({ directory: this.#directory }, 'there is space in STATE_DIR again');
  }

  /** Writes and forgets: neither quotas nor reserved blocks are told by the file system's own numbers. */
  async #probe(): Promise<boolean> {
    const path = join(this.#directory, 'probe');
    try {
      const file = await open(path, 'w', FILE_MODE);
      try {
        await file.writeFile(Buffer.alloc(PROBE_BYTES));
        await file.sync();
      } finally {
        await file.close();
      }
      return true;
    } catch (error) {
      if (isFull(error)) return false;
      throw new FatalError(`STATE_DIR ${this.#directory} cannot be written: ${messageOf(error)}`, error);
    } finally {
      await rm(path, { force: true });
    }
  }
}

/**
 * A second copy of a task's store on a worker that does not run the task: it follows the changelog, so that a takeover
 * here replays only what came since its last write.
 *
 * It reads read_committed, so the store holds what is committed and nothing else, as everywhere; entries are facts, so
 * that applying one again after a takeover changes nothing. It never stops the worker for what it reads of the brokers: a changelog
 * that it cannot follow (a newer format, an emptied topic) is the owner's to report.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, StoreDamagedError } from '../../common/errors.js';
import type { TaskState } from '../graph/task-state.js';
import { ChangelogReplay, type ReplayPiece } from './changelog-replay.js';
import { changelogOf, expectMore, restoreFrom } from './restore.js';
import type { TaskParts } from './task-parts.js';

export type StandbyParts = Pick<TaskParts, 'broker' | 'stores' | 'worker'>;

/** Between two writes: a write of many commits costs little more than one of one. */
const WRITE_INTERVAL_MS = 200;
const RETRY_MS = 5000;

export class Standby {
  readonly number: number;
  /** To be given to the task when it is to run here, after `close`. */
  readonly state: TaskState;
  readonly #parts: StandbyParts;
  readonly #stop = new AbortController();
  #end: number | undefined;
  #replay: ChangelogReplay | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(number: number, parts: StandbyParts) {
    this.number = number;
    this.#parts = parts;
    this.state = parts.stores.create(number);
  }

  /** Follows the changelog from where the store stands; comes back at once. */
  start(): void {
    this.#running = this.#run(this.#stop.signal);
  }

  /** The next changelog offset that the store holds. */
  get storedOffset(): number {
    return this.state.checkpoint?.changelogOffset ?? 0;
  }

  /** Changelog offsets that are committed and not in the store; undefined until the end is known. */
  get lag(): number | undefined {
    const end = this.#replay?.end ?? this.#end;
    return end === undefined ? undefined : Math.max(0, end - this.storedOffset);
  }

  /** Ends the following. When it resolves nothing is being written, and the store may be written by another. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const isClosed = (): boolean => signal.aborted;
    while (!isClosed()) {
      try {
        await this.#follow(signal);
      } catch (error) {
        if (isClosed()) return;
        const { worker } = this.#parts;
        // Other tasks share the file; the next start moves it into quarantine.
        if (error instanceof StoreDamagedError) {
          worker.fatal(error);
          return;
        }
        worker.log.warn(
          { task: this.number, error: messageOf(error) },
          'the standby cannot follow the changelog, trying again',
        );
        await delay(RETRY_MS, undefined, { signal }).catch(() => undefined); // closed meanwhile
      }
    }
  }

  /** Ends with an error only: the signal's, or what it cannot read. */
  async #follow(signal: AbortSignal): Promise<never> {
    const { broker, worker } = this.#parts;
    await this.state.load();
    const changelog = await changelogOf(this.number, this.#parts);
    const from = await restoreFrom(this.state, changelog, this.#parts, signal);
    this.#end = changelog.to;
    worker.log.info({ task: this.number, from, to: changelog.to }, 'standby follows');
    const replay = new ChangelogReplay({ ...changelog, from }, this.state, broker.fetcher);
    this.#replay = replay;
    try {
      for (;;) {
        const piece = await replay.next(signal, changelog.to);
        expectMore(this.state, piece, replay.end ?? changelog.to);
        await this.#write(piece, signal);
        if (piece.isFull) continue;
        await this.state.settle();
        // What comes meanwhile is written with the next.
        await delay(WRITE_INTERVAL_MS, undefined, { signal });
      }
    } finally {
      replay.close();
      this.#end = replay.end ?? this.#end;
      this.#replay = undefined;
    }
  }

  async #write({ entries, nextOffset }: ReplayPiece, signal: AbortSignal): Promise<void> {
    const { stores, worker } = this.#parts;
    try {
      await stores.space.write(() => this.state.replay(entries, nextOffset), signal);
    } catch (error) {
      // A store that cannot be written, for another reason than a full disk, is not the standby's alone.
      if (!signal.aborted) worker.fatal(error);
      throw error;
    }
    worker.metrics.restore_records_total.inc({ store: 'standby' }, entries.length);
  }
}

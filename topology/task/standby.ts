/**
 * A second copy of a task's store on a worker that does not run the task: it follows the changelog, so that a takeover
 * here replays only what came since its last write.
 *
 * It reads read_committed, so the store holds what is committed and nothing else, as everywhere; entries are facts, so
 * that applying one again after a takeover changes nothing. It never stops the worker for what it reads: a changelog
 * that it can not follow (a newer format, an emptied topic) is the owner's to report.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { TaskStore } from '../../state/dedup/task-store.js';
import { messageOf } from '../../common/errors.js';
import { ChangelogReplay, type ReplayPiece } from './changelog-replay.js';
import { expectMore, restoreFrom } from './take-over.js';
import type { TaskServices } from './task-services.js';

export type StandbyServices = Pick<
  TaskServices,
  'names' | 'offsets' | 'fetcher' | 'environment' | 'room' | 'shape' | 'metrics' | 'log' | 'fatal'
>;

/** Between two writes: a write of many commits costs little more than one of one. */
const WRITE_INTERVAL_MS = 200;
const RETRY_MS = 5000;
const ANSWER_MS = 15_000;

export class Standby {
  readonly number: number;
  /** To be given to the task when it is to run here, after `close`. */
  readonly store: TaskStore;
  readonly #services: StandbyServices;
  readonly #stop = new AbortController();
  #end: number | undefined;
  #replay: ChangelogReplay | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(number: number, services: StandbyServices) {
    this.number = number;
    this.#services = services;
    this.store = new TaskStore(services.environment, number, services.shape);
  }

  /** Follows the changelog from where the store stands; comes back at once. */
  start(): void {
    this.#running = this.#run(this.#stop.signal);
  }

  /** The next changelog offset that the store holds. */
  get storedOffset(): number {
    return this.store.checkpoint?.changelogOffset ?? 0;
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
    for (;;) {
      try {
        await this.#follow(signal);
      } catch (error) {
        if (signal.aborted) return;
        const { log } = this.#services;
        log.warn(
          { task: this.number, error: messageOf(error) },
          'the standby can not follow the changelog, trying again',
        );
        await delay(RETRY_MS, undefined, { signal }).catch(() => undefined); // closed meanwhile
      }
    }
  }

  /** Ends with an error only: the signal's, or what it can not read. */
  async #follow(signal: AbortSignal): Promise<never> {
    const { names, offsets, fetcher, log } = this.#services;
    await this.store.load();
    const topic = names.changelog;
    const partition = { topic, partition: this.number };
    const topicId = (await offsets.topicIds([topic], ANSWER_MS)).get(topic);
    const [start] = await offsets.at('earliest', [partition], ANSWER_MS);
    const [end] = await offsets.highWatermarks([partition], ANSWER_MS);
    const whole = { topic, topicId, partition: this.number, from: start!.offset, to: end!.offset };
    const from = await restoreFrom(this.store, whole, { fetcher, log }, signal);
    signal.throwIfAborted();
    this.#end = end!.offset;
    log.info({ task: this.number, from, to: end!.offset }, 'standby follows');
    const replay = new ChangelogReplay({ ...whole, from }, fetcher);
    this.#replay = replay;
    try {
      for (;;) {
        const piece = await replay.next(signal, end!.offset);
        expectMore(this.store, piece, replay.end ?? end!.offset);
        await this.#write(piece, signal);
        if (piece.isFull) continue;
        await this.store.settle();
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
    const { room, metrics, fatal } = this.#services;
    try {
      await room.write(() => this.store.replay(entries, nextOffset), signal);
    } catch (error) {
      // A store that can not be written, for another reason than a full disk, is not the standby's alone.
      if (!signal.aborted) fatal(error);
      throw error;
    }
    metrics.restore_records_total.inc({ store: 'standby' }, entries.length);
  }
}

/** A partition as something to be read piece by piece: for restores, the directory and the gateway. */
import { FatalError, messageOf } from '../../../common/errors.js';
import type { FetchedPartition } from './fetched-records.js';
import type { PartitionConsumer } from './partition-consumer.js';

/** The records from the position on were deleted, or the end before it was lost. */
export class OutOfRangeError extends FatalError {}

/** What the broker has at the position is damaged. */
export class UnreadableError extends FatalError {
  readonly position: number;

  constructor(message: string, position: number, cause: unknown) {
    super(message, cause);
    this.position = position;
  }
}

/** Counts what was fetched. */
export interface ByteCounter {
  inc(bytes: number): void;
}

export interface FeedOptions {
  /** Not fetched further while more than so many bytes wait to be read. Default: 4 MiB. */
  readonly maxBytes?: number | undefined;
  /** Hands on records that are not there whole, as they are; without it they are an error, since they may be needed. */
  readonly withDefects?: boolean | undefined;
  /** Counts the bytes that come with each fetch, whether they are read or not. */
  readonly counter?: ByteCounter | undefined;
}

export class PartitionFeed implements PartitionConsumer {
  readonly #name: string;
  readonly #maxBytes: number;
  readonly #withDefects: boolean;
  readonly #counter: ByteCounter | undefined;
  #pieces: FetchedPartition[] = [];
  #bytes = 0;
  #end: number | undefined;
  #failure: Error | undefined;
  #notify: (() => void) | undefined;
  #wakeFetcher: () => void = () => undefined;

  constructor(name: string, { maxBytes = 4 * 1024 * 1024, withDefects = false, counter }: FeedOptions = {}) {
    this.#name = name;
    this.#maxBytes = maxBytes;
    this.#withDefects = withDefects;
    this.#counter = counter;
  }

  hasRoom(): boolean {
    return this.#bytes < this.#maxBytes;
  }

  begin(wake: () => void): void {
    this.#wakeFetcher = wake;
  }

  isPaused(): boolean {
    return false;
  }

  /** Something waits to be read: `next` answers at once. */
  get isWaiting(): boolean {
    return this.#pieces.length > 0;
  }

  /** The last stable offset, as the broker said last; undefined before it was asked. */
  get end(): number | undefined {
    return this.#end;
  }

  deliver(fetched: FetchedPartition, lastStableOffset: number): void {
    this.#end = lastStableOffset;
    this.#counter?.inc(fetched.bytes);
    if (fetched.defects && !this.#withDefects) {
      const { offset, defect } = [...fetched.records].find((record) => record.defect !== undefined)!;
      this.unreadable(offset, new Error(`${defect!.kind}, ${defect!.bytes} bytes`));
      return;
    }
    const last = this.#pieces.at(-1);
    // An idle partition is fetched again and again: only what moved on is worth a piece.
    if (fetched.records.length === 0 && last?.nextOffset === fetched.nextOffset) return;
    this.#pieces.push(fetched);
    this.#bytes += fetched.bytes;
    this.#notify?.();
  }

  outOfRange(position: number): void {
    this.#fail(
      new OutOfRangeError(
        `${this.#name} must be read from offset ${position}, but it begins after that or ends before: records were deleted, or its end was lost`,
      ),
    );
  }

  recreated(topicId: string): void {
    this.#fail(
      new FatalError(
        `${this.#name} was deleted and recreated (topic id ${topicId}) while it was read. Start the worker again: it then says what is left, and what to do`,
      ),
    );
  }

  unreadable(position: number, error: unknown): void {
    this.#fail(
      new UnreadableError(`${this.#name} cannot be read at offset ${position}: ${messageOf(error)}`, position, error),
    );
  }

  /** The next piece; waits for it. Rejects when the signal aborts or the position is out of range. */
  async next(signal: AbortSignal): Promise<FetchedPartition> {
    for (;;) {
      signal.throwIfAborted();
      if (this.#failure) throw this.#failure;
      const piece = this.#pieces.shift();
      if (piece) {
        const wasFull = !this.hasRoom();
        this.#bytes -= piece.bytes;
        if (wasFull && this.hasRoom()) this.#wakeFetcher();
        return piece;
      }
      await this.#arrival(signal);
    }
  }

  #fail(failure: FatalError): void {
    this.#failure = failure;
    this.#notify?.();
  }

  #arrival(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done);
        this.#notify = undefined;
        resolve();
      };
      signal.addEventListener('abort', done, { once: true });
      this.#notify = done;
    });
  }
}

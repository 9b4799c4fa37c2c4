/**
 * Reads a task's changelog partition, read_committed, in pieces that are worth a write of the store: for the restore at
 * a takeover, which knows its end, and for a standby, which follows. Holds no more than a few MB.
 */
import type { ChangelogRecord, TaskState } from '../graph/task-state.js';
import { PartitionFeed, type Fetcher, type PartitionRange } from '../kafka/index.js';

/** What is applied in one write. */
export interface ReplayPiece {
  /** The offset that was read from. */
  readonly from: number;
  readonly entries: readonly ChangelogRecord[];
  readonly nextOffset: number;
  /** As much as one write should take: there may be more at once. */
  readonly isFull: boolean;
}

/** Changelog bytes of one piece, about: 65,000 entries. More is not faster: the store divides it. */
const PIECE_BYTES = 1024 * 1024;
/** Fetched ahead, about. */
const AHEAD_BYTES = 4 * 1024 * 1024;

export class ChangelogReplay {
  readonly #topic: string;
  readonly #task: number;
  readonly #state: TaskState;
  readonly #fetcher: Fetcher;
  readonly #feed: PartitionFeed;
  #position: number;

  /** Reads from the range's beginning on; its end is not looked at. */
  constructor({ topic, topicId, partition, from }: PartitionRange, state: TaskState, fetcher: Fetcher) {
    this.#state = state;
    this.#topic = topic;
    this.#task = partition;
    this.#position = from;
    this.#fetcher = fetcher;
    this.#feed = new PartitionFeed(`changelog ${topic}-${partition}`, { maxBytes: AHEAD_BYTES });
    fetcher.add(topic, partition, from, this.#feed, topicId);
  }

  /** The last stable offset, as the broker said last. */
  get end(): number | undefined {
    return this.#feed.end;
  }

  /**
   * Waits for what comes next, and takes with it what has come already, or what comes up to the offset `until`.
   * FatalError: the position is out of range, or a record is not ours or of a newer format.
   */
  async next(signal: AbortSignal, until = 0): Promise<ReplayPiece> {
    const from = this.#position;
    const entries: ChangelogRecord[] = [];
    let bytes = 0;
    do {
      const piece = await this.#feed.next(signal);
      for (const { offset, value } of piece.records) {
        entries.push({ offset, entry: this.#state.decode(value, `${this.#topic}-${this.#task}@${offset}`) });
      }
      bytes += piece.bytes;
      this.#position = piece.nextOffset;
    } while (bytes < PIECE_BYTES && (this.#position < until || this.#feed.isWaiting));
    return { from, entries, nextOffset: this.#position, isFull: bytes >= PIECE_BYTES };
  }

  /** Ends the fetching, if it is still ours. */
  close(): void {
    this.#fetcher.remove(this.#topic, this.#task, this.#feed);
  }
}

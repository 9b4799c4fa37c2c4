/**
 * How far a bootstrap source has been read, by all workers together: what decides whether an event of another source
 * may be processed yet (contract: "the directory that routes"). Knows no broker and no clock.
 *
 * A partition is known to be complete as of a moment: everything that it held then is processed. Behind that moment its
 * stream time tells: it has been read past a record of that time. Moments are of the monotonic clock, in ms; they are
 * never compared with timestamps, so that no two machines' clocks have to agree.
 */
import { NO_STREAM_TIME } from '../../common/source-position.js';

/** What the brokers say of one partition. */
export interface PartitionProgress {
  readonly partition: number;
  /** Its end, open transactions included. */
  readonly end: number;
  /** Committed: the next offset to be processed; undefined when nothing was. */
  readonly position: number | undefined;
  /** At the position: the largest timestamp of the records before it. */
  readonly streamTime: number;
}

/** What came before an event by so much must be known when it is processed, ms. */
const SLACK_MS = 1000;
/** Whoever is unknown though an event of theirs is as old as this will not come to be known by waiting, ms. */
const LATE_MS = 60_000;
/** For how long nobody may have begun with a partition, at a first start or when it was added, ms: its task is still to be taken over. */
const BEGIN_MS = 30_000;
/** Ends of one partition that are remembered until it has been read so far. */
const MAX_ENDS = 32;

/** The same moment by the monotonic clock, and in ms since the epoch. */
export interface Moment {
  readonly at: number;
  readonly clockMs: number;
}

interface SeenEnd {
  /** When it was the end, last. */
  seen: Moment;
  readonly end: number;
}

interface Partition {
  position: number | undefined;
  streamTime: number;
  /** Not read up to yet, in order. Empty: nothing is known to be missing. */
  ends: SeenEnd[];
  complete: Moment;
  /** It has been behind, and has stood still, since then. */
  stillSince: number;
  /** Stood still for too long: not waited for until it moves. */
  isGivenUp: boolean;
}

const NEVER: Moment = { at: -Infinity, clockMs: -Infinity };
/** What no partition has been read up to: it was not looked at yet. */
const UNSEEN: SeenEnd = { seen: NEVER, end: Infinity };

export class BootstrapProgress {
  readonly #waitMs: number;
  readonly #partitions: Partition[] = [];
  /** Every partition that is not given up is complete as of this moment. */
  #complete = NEVER;

  /** `waitMs`: DIRECTORY_WAIT_MS, for how long a partition that is behind may stand still. */
  constructor(waitMs: number) {
    this.#waitMs = waitMs;
  }

  /** Partitions that are not waited for. */
  get givenUp(): readonly number[] {
    return this.#partitions.flatMap(({ isGivenUp }, partition) => (isGivenUp ? [partition] : []));
  }

  /** Is there a partition of which this is not the end, or that is behind? */
  isNews(ends: readonly Pick<PartitionProgress, 'partition' | 'end'>[]): boolean {
    return ends.some(({ partition, end }) => {
      const known = this.#partitions[partition];
      return known === undefined || known.ends.length > 0 || known.position !== end;
    });
  }

  /** There are so many partitions: none may be taken for read before it was looked at. */
  expect(count: number, now: number): void {
    for (let partition = this.#partitions.length; partition < count; partition += 1) {
      const position = { position: undefined, streamTime: NO_STREAM_TIME };
      this.#partitions.push({ ...position, ends: [UNSEEN], complete: NEVER, stillSince: now, isGivenUp: false });
    }
    this.#sum();
  }

  /** The ends are as they were when the partitions had been read to them. Gives the partitions that had been given up. */
  confirm(seen: Moment): number[] {
    const again = this.givenUp.filter((partition) => this.#partitions[partition]!.ends.length === 0);
    for (const state of this.#partitions)
      if (state.ends.length === 0) Object.assign(state, { complete: seen, isGivenUp: false });
    // The topic is gone: there is nothing to wait for.
    if (this.#partitions.length === 0) this.#complete = seen;
    this.#sum();
    return again;
  }

  /**
   * Takes what was found: the ends as of a moment, and positions that were asked for later and of which the store holds
   * everything. Gives the partitions that had been given up and move again.
   */
  observe(found: readonly PartitionProgress[], seen: Moment, now: number): number[] {
    this.expect(found.length, now);
    const moved = found.filter((progress) => this.#observe(progress, seen, now)).map(({ partition }) => partition);
    this.#sum();
    return moved;
  }

  /**
   * Gives up what has stood still for too long, unless tasks are being taken over, and what nobody could be asked about
   * (`unansweredSince`) for as long; gives the partitions.
   */
  giveUp(now: number, areAboutToMove: boolean, unansweredSince = Infinity): number[] {
    const late = this.#partitions.flatMap((state, partition) => {
      if (state.isGivenUp) return [];
      if (areAboutToMove) state.stillSince = now;
      const since = state.ends.length > 0 ? state.stillSince : areAboutToMove ? now : unansweredSince;
      const patience = state.position === undefined ? Math.max(BEGIN_MS, this.#waitMs) : this.#waitMs;
      return now - since >= patience ? [partition] : [];
    });
    for (const partition of late) this.#partitions[partition]!.isGivenUp = true;
    if (late.length > 0) this.#sum();
    return late;
  }

  /** Whether what is older than a record is known, or not to be waited for: of one that came to us then, with this timestamp. */
  covers(arrivedAt: number, timestamp: number): boolean {
    const since = arrivedAt - SLACK_MS;
    if (since <= this.#complete.at) return true;
    if (this.#partitions.length === 0) return false;
    return this.#partitions.every(
      ({ complete, streamTime, isGivenUp }) => isGivenUp || since <= complete.at || timestamp - SLACK_MS <= streamTime,
    );
  }

  /** Whether all is known that was there when the record came to us: whoever is unknown then will not become known by waiting. */
  isSettled(arrivedAt: number, timestamp: number): boolean {
    return arrivedAt <= this.#complete.at || timestamp <= this.#complete.clockMs - LATE_MS;
  }

  /** True when it had been given up and moves. */
  #observe({ partition, end, position, streamTime }: PartitionProgress, seen: Moment, now: number): boolean {
    const state = this.#partitions[partition]!;
    const [wasGivenUp, wasBehind, hasMoved] = [state.isGivenUp, state.ends.length > 0, position !== state.position];
    Object.assign(state, { position, streamTime });
    noteEnd(state, end, seen);
    // A position behind the end is of a topic that was deleted since: nothing of this one was read.
    const readTo = position === undefined || position > end ? 0 : position;
    while (state.ends.length > 0 && state.ends[0]!.end <= readTo) state.complete = state.ends.shift()!.seen;
    if (hasMoved || !wasBehind) state.stillSince = now;
    if (hasMoved || state.ends.length === 0) state.isGivenUp = false;
    return wasGivenUp && !state.isGivenUp;
  }

  #sum(): void {
    const moments = this.#partitions.filter(({ isGivenUp }) => !isGivenUp).map(({ complete }) => complete);
    const least = (valueOf: (moment: Moment) => number): number => Math.min(...moments.map(valueOf));
    if (this.#partitions.length > 0)
      this.#complete = { at: least(({ at }) => at), clockMs: least(({ clockMs }) => clockMs) };
  }
}

function noteEnd(state: Partition, end: number, seen: Moment): void {
  state.ends = state.ends.filter((known) => known !== UNSEEN);
  const last = state.ends.at(-1);
  if (last?.end === end) last.seen = seen;
  else if (state.ends.length === MAX_ENDS) state.ends[MAX_ENDS - 1] = { seen, end };
  else state.ends.push({ seen, end });
}

/**
 * One partition of the in-app topic: followed for the sockets that are open, and read again for those that resume.
 *
 * All that wait for records which are not new are read to at once, each its own: a storm of clients that come back costs
 * one pass over what they missed, not one a client. Nothing is kept for it: Kafka has it.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Gateway, InAppMessage } from '../processors/fanout/gateway.js';
import type { ResumingReader } from '../processors/fanout/in-app-log.js';
import { messageOf } from './errors.js';
import {
  OutOfRangeError,
  PartitionFeed,
  readRange,
  UnreadableError,
  type Fetcher,
  type FetchedRecord,
} from './kafka/index.js';
import type { Logger } from './log.js';

export interface InAppPartitionServices {
  readonly topic: string;
  readonly topicId: string | undefined;
  readonly partition: number;
  /** Where it is followed from: its end. */
  readonly from: number;
  /** For what comes. */
  readonly fetcher: Fetcher;
  /** For what is read again. */
  readonly again: Fetcher;
  /** The offset of its first record, now. */
  readonly earliest: () => Promise<number>;
  /** Its end, open transactions included, now. */
  readonly end: () => Promise<number>;
  /** Undefined when it is no notification. */
  readonly decode: (record: FetchedRecord) => Promise<InAppMessage | undefined>;
  readonly gateway: Pick<Gateway, 'publish' | 'outgoing'>;
  readonly log: Logger;
  /** Offsets of one pass: whoever missed little does not wait for those who missed much. Default: 50,000. */
  readonly passLength?: number;
}

/** Offsets. A socket that is further behind is told that it missed too much: reading so far back is not what a gateway is for. */
const MOST_MISSED = 1_000_000;
const PASS_LENGTH = 50_000;
/** Not fetched ahead further than this while a pass works. */
const PASS_BYTES = 512 * 1024;
/** How long a gateway that is behind a cursor takes to get there before it sends the client away. */
const BEHIND_MS = 3000;

/** A pass over a stretch of what was missed. */
interface Pass {
  /** The offset of the record that comes next. */
  position: number;
  /** Where it ends, if it has not come to what is new before. */
  readonly end: number;
  /** Its first records are there, and so are those after them: others may join. */
  isBegun: boolean;
  readonly readers: Map<string, Set<ResumingReader>>;
}

export class InAppPartition {
  readonly #services: InAppPartitionServices;
  readonly #signal: AbortSignal;
  /** Wait for a pass. */
  readonly #waiting = new Set<ResumingReader>();
  /** Have seen more than we have. */
  readonly #ahead = new Set<ResumingReader>();
  #position: number;
  /** What is before it can not be read any more. */
  #earliest = 0;
  readonly #passLength: number;
  #pass: Pass | undefined;
  #isReading = false;
  #isNearsTurn = false;
  /** Where the last pass for those who missed much ended. */
  #swept = 0;
  #judging: NodeJS.Timeout | undefined;
  #fail: (error: unknown) => void = () => undefined;

  constructor(services: InAppPartitionServices, signal: AbortSignal) {
    this.#services = services;
    this.#signal = signal;
    this.#position = services.from;
    this.#passLength = services.passLength ?? PASS_LENGTH;
  }

  /** The offset of the next record that will be published. */
  get position(): number {
    return this.#position;
  }

  /** Publishes every record as it comes, until the signal aborts. Rejects when the partition can not be read. */
  async run(): Promise<void> {
    const failed = new Promise<never>((_, reject) => (this.#fail = reject));
    try {
      await Promise.race([this.#follow(), failed]);
    } finally {
      clearTimeout(this.#judging);
    }
  }

  /** See InAppLog. */
  resume(reader: ResumingReader): void {
    const missed = this.#position - reader.next;
    if (missed < 0) this.#waitFor(reader);
    else if (missed === 0) goLive(reader);
    else if (missed > MOST_MISSED || reader.next < this.#earliest) reader.lost();
    else if (this.#pass?.isBegun && isWithin(this.#pass, reader)) join(this.#pass, reader);
    else {
      this.#waiting.add(reader);
      this.#readAgain().catch((error: unknown) => {
        if (!this.#signal.aborted) this.#fail(error);
      });
    }
  }

  /** See InAppLog. */
  leave(reader: ResumingReader): void {
    this.#waiting.delete(reader);
    this.#ahead.delete(reader);
    this.#pass?.readers.get(reader.key)?.delete(reader);
  }

  async #follow(): Promise<void> {
    const { topic, topicId, partition, fetcher, decode, gateway } = this.#services;
    const feed = new PartitionFeed(`${topic}-${partition}`, { withDefects: true });
    fetcher.add(topic, partition, this.#position, feed, topicId);
    while (!this.#signal.aborted) {
      const { records, nextOffset } = await feed.next(this.#signal);
      for (const record of records) {
        const message = await decode(record);
        // At once: a socket that goes live in between would miss it.
        if (message) gateway.publish(message);
        this.#position = record.offset + 1;
      }
      this.#position = nextOffset;
      for (const reader of this.#ahead) if (reader.next <= nextOffset) this.#come(reader);
    }
  }

  // ── what was missed ────────────────────────────────────────────────────────────────────────────────────────────

  async #readAgain(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      while (this.#waiting.size > 0) {
        const pass = this.#nextPass();
        await this.#readPass(pass).catch((error: unknown) => this.#sortOut(pass, error));
      }
    } finally {
      this.#isReading = false;
    }
  }

  /**
   * By turns for those who missed little, and for the others: neither waits long for the other. Those are swept from
   * the far end to the near one, and again: whoever comes further back waits for the next sweep, and holds up nobody.
   */
  #nextPass(): Pass {
    this.#isNearsTurn = !this.#isNearsTurn;
    const near = this.#isNearsTurn ? earliestOf(this.#waiting, this.#position - this.#passLength) : Infinity;
    const position = near === Infinity ? this.#nextFar() : near;
    const pass: Pass = { position, end: position + this.#passLength, isBegun: false, readers: new Map() };
    for (const reader of this.#waiting) {
      if (!isWithin(pass, reader)) continue;
      this.#waiting.delete(reader);
      add(pass, reader);
    }
    return pass;
  }

  #nextFar(): number {
    const onward = earliestOf(this.#waiting, this.#swept);
    const position = onward === Infinity ? earliestOf(this.#waiting, 0) : onward;
    this.#swept = position + this.#passLength;
    return position;
  }

  /** Up to where the others are: from there on, what is published goes to these as well. Or to its end. */
  async #readPass(pass: Pass): Promise<void> {
    const { topic, topicId, partition, again } = this.#services;
    const range = {
      topic,
      topicId,
      partition,
      from: pass.position,
      to: Infinity,
      maxBytes: PASS_BYTES,
      withDefects: true,
    };
    this.#pass = pass;
    try {
      for await (const { records, nextOffset } of readRange(range, again, this.#signal)) {
        if (!pass.isBegun) begin(pass);
        for (const record of records) {
          if (record.offset >= this.#position) break;
          const of = pass.readers.get(keyOf(record));
          if (of?.size) await this.#replay(record, of, pass);
          else pass.position = record.offset + 1;
        }
        pass.position = nextOffset;
        const readers = readersOf(pass);
        const isDone = nextOffset >= this.#position;
        if (readers.length > 0 && !isDone && nextOffset < pass.end) {
          await nextTurn();
          continue;
        }
        // At once, and before the generator ends: nothing may be published, and nobody join, in between.
        this.#pass = undefined;
        for (const reader of readers) {
          if (isDone) reader.live();
          else if (reader.replay(undefined, nextOffset)) this.#waiting.add(reader);
        }
        return;
      }
    } finally {
      this.#pass = undefined;
    }
  }

  /** Until the record is decoded, others may join who want it too; from then on it is behind the pass, at once. */
  async #replay(record: FetchedRecord, readers: Set<ResumingReader>, pass: Pass): Promise<void> {
    pass.position = record.offset;
    const message = await this.#services.decode(record);
    const outgoing = message && this.#services.gateway.outgoing(message);
    for (const reader of readers) {
      if (reader.next <= record.offset && !reader.replay(outgoing, record.offset + 1)) readers.delete(reader);
    }
    pass.position = record.offset + 1;
  }

  /** A pass that could not be read on. Records that were deleted, or damaged, are lost to those who need them; the others are read to. */
  async #sortOut(pass: Pass, error: unknown): Promise<void> {
    if (error instanceof OutOfRangeError) this.#earliest = Math.max(this.#earliest, await this.#services.earliest());
    else if (error instanceof UnreadableError) this.#earliest = Math.max(this.#earliest, error.position + 1);
    else throw error;
    this.#services.log.warn({ error: messageOf(error), earliest: this.#earliest }, 'what a client missed is gone');
    for (const reader of readersOf(pass)) {
      if (pass.position < this.#earliest) this.resume(reader);
      // Nothing is before the start, and still it is not there: another gateway may know more.
      else reader.behind();
    }
  }

  // ── cursors that we have not come to ───────────────────────────────────────────────────────────────────────────

  #waitFor(reader: ResumingReader): void {
    this.#ahead.add(reader);
    this.#judging ??= setTimeout(() => void this.#judge(), BEHIND_MS).unref();
  }

  #come(reader: ResumingReader): void {
    this.#ahead.delete(reader);
    this.resume(reader);
  }

  /** A cursor beyond the end is of records that are gone; the others are to be tried again. */
  async #judge(): Promise<void> {
    const judged = [...this.#ahead];
    const end = await this.#services.end().catch((error: unknown) => {
      this.#services.log.debug({ error: messageOf(error) }, 'the end of the in-app topic can not be asked for');
      return Infinity;
    });
    this.#judging = undefined;
    for (const reader of judged) {
      if (!this.#ahead.delete(reader)) continue;
      if (reader.next > end) reader.lost();
      else reader.behind();
    }
    // Those that came while the broker was asked.
    for (const reader of this.#ahead) this.#waitFor(reader);
  }
}

/** The user that a record is of. */
export function keyOf({ key }: FetchedRecord): string {
  return key?.toString() ?? '';
}

function goLive(reader: ResumingReader): void {
  reader.recovering();
  reader.live();
}

function begin(pass: Pass): void {
  pass.isBegun = true;
  for (const reader of readersOf(pass)) reader.recovering();
}

function join(pass: Pass, reader: ResumingReader): void {
  add(pass, reader);
  reader.recovering();
}

function isWithin({ position, end }: Pass, { next }: ResumingReader): boolean {
  return position <= next && next < end;
}

function add({ readers }: Pass, reader: ResumingReader): void {
  const of = readers.get(reader.key);
  if (of) of.add(reader);
  else readers.set(reader.key, new Set([reader]));
}

function readersOf({ readers }: Pass): ResumingReader[] {
  return [...readers.values()].flatMap((of) => [...of]);
}

/** The first place, from `least` on, at which one of them goes on; Infinity when none does. */
function earliestOf(readers: Iterable<ResumingReader>, least: number): number {
  let earliest = Infinity;
  for (const { next } of readers) if (next >= least && next < earliest) earliest = next;
  return earliest;
}

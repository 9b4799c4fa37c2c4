/**
 * One partition of the in-app topic: followed for the sockets that are open, and read again for those that resume.
 *
 * All that wait for records which are not new are read to at once, each its own: a storm of clients that come back costs
 * one pass over what they missed, not one a client. Nothing is kept for it: Kafka has it.
 */
import type { Gateway, InAppMessage } from '../processors/fanout/gateway.js';
import type { ResumingReader } from '../processors/fanout/in-app-log.js';
import { messageOf } from './errors.js';
import { OutOfRangeError, PartitionFeed, readRange, type Fetcher, type FetchedRecord } from './kafka/index.js';
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
}

/** A socket that is further behind is told that it missed too much: reading so far back is not what a gateway is for. */
const MOST_MISSED = 1_000_000;
/** How long a gateway that is behind a cursor takes to get there before it sends the client away. */
const BEHIND_MS = 3000;

/** A pass over what was missed. */
interface Pass {
  /** The offset of the record that comes next. */
  position: number;
  readonly readers: Map<string, Set<ResumingReader>>;
}

export class InAppPartition {
  readonly #services: InAppPartitionServices;
  readonly #signal: AbortSignal;
  /** Wait for the next pass. */
  readonly #waiting = new Set<ResumingReader>();
  /** Have seen more than we have. */
  readonly #ahead = new Set<ResumingReader>();
  #position: number;
  #pass: Pass | undefined;
  #isReading = false;
  #judging: NodeJS.Timeout | undefined;
  #fail: (error: unknown) => void = () => undefined;

  constructor(services: InAppPartitionServices, signal: AbortSignal) {
    this.#services = services;
    this.#signal = signal;
    this.#position = services.from;
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
    else if (missed > MOST_MISSED) reader.lost();
    else if (missed === 0) goLive(reader);
    else if (this.#pass && this.#pass.position <= reader.next) join(this.#pass, reader);
    else {
      this.#waiting.add(reader);
      this.#readAgain().catch((error: unknown) => {
        if (!this.#signal.aborted) this.#fail(error);
      });
    }
  }

  async #follow(): Promise<void> {
    const { topic, topicId, partition, fetcher, decode, gateway } = this.#services;
    const feed = new PartitionFeed(`${topic}-${partition}`);
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
        const pass = passOf(this.#waiting);
        this.#waiting.clear();
        await this.#readPass(pass).catch((error: unknown) => {
          if (!(error instanceof OutOfRangeError)) throw error;
          return this.#sortOut(pass);
        });
      }
    } finally {
      this.#isReading = false;
    }
  }

  /** Up to where the others are: from there on, what is published goes to these as well. */
  async #readPass(pass: Pass): Promise<void> {
    const { topic, topicId, partition, again } = this.#services;
    const range = { topic, topicId, partition, from: pass.position, to: Infinity };
    try {
      for await (const { records, nextOffset } of readRange(range, again, this.#signal)) {
        // What is there now, is there to the end: others may join.
        this.#pass ??= begin(pass);
        for (const record of records) {
          if (record.offset >= this.#position) break;
          const of = pass.readers.get(keyOf(record));
          if (of) await this.#replay(record, of, pass);
          else pass.position = record.offset + 1;
        }
        pass.position = nextOffset;
        const readers = readersOf(pass);
        if (readers.length > 0 && nextOffset < this.#position) continue;
        // At once, and before the generator ends: nothing may be published, and nobody join, in between.
        this.#pass = undefined;
        for (const reader of readers) reader.live();
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
      const takesMore =
        reader.isResuming && (reader.next > record.offset || reader.replay(outgoing, record.offset + 1));
      if (!takesMore) readers.delete(reader);
    }
    pass.position = record.offset + 1;
  }

  /** A pass that could not begin: records were deleted. Those that need them have lost them, the others have not. */
  async #sortOut(pass: Pass): Promise<void> {
    const earliest = await this.#services.earliest();
    const readers = readersOf(pass);
    const lost = readers.filter(({ next }) => next < earliest);
    for (const reader of lost) reader.lost();
    for (const reader of readers) {
      if (lost.includes(reader)) continue;
      // None is before the start, and still it is not there: another gateway may know more.
      if (lost.length === 0) reader.behind();
      else this.#waiting.add(reader);
    }
  }

  // ── cursors that we have not come to ───────────────────────────────────────────────────────────────────────────

  #waitFor(reader: ResumingReader): void {
    this.#ahead.add(reader);
    this.#judging ??= setTimeout(() => void this.#judge(), BEHIND_MS).unref();
  }

  #come(reader: ResumingReader): void {
    this.#ahead.delete(reader);
    if (reader.isResuming) this.resume(reader);
  }

  /** A cursor beyond the end is of records that are gone; the others are to be tried again. */
  async #judge(): Promise<void> {
    const end = await this.#services.end().catch((error: unknown) => {
      this.#services.log.debug({ error: messageOf(error) }, 'the end of the in-app topic can not be asked for');
      return Infinity;
    });
    this.#judging = undefined;
    for (const reader of this.#ahead) {
      this.#ahead.delete(reader);
      if (!reader.isResuming) continue;
      if (reader.next > end) reader.lost();
      else reader.behind();
    }
  }
}

/** The user that a record is of. */
export function keyOf({ key }: FetchedRecord): string {
  return key?.toString() ?? '';
}

function passOf(waiting: ReadonlySet<ResumingReader>): Pass {
  const pass: Pass = { position: Math.min(...[...waiting].map(({ next }) => next)), readers: new Map() };
  for (const reader of waiting) add(pass, reader);
  return pass;
}

function goLive(reader: ResumingReader): void {
  reader.recovering();
  reader.live();
}

function begin(pass: Pass): Pass {
  for (const reader of readersOf(pass)) reader.recovering();
  return pass;
}

function join(pass: Pass, reader: ResumingReader): void {
  add(pass, reader);
  reader.recovering();
}

function add({ readers }: Pass, reader: ResumingReader): void {
  const of = readers.get(reader.key);
  if (of) of.add(reader);
  else readers.set(reader.key, new Set([reader]));
}

function readersOf({ readers }: Pass): ResumingReader[] {
  return [...readers.values()].flatMap((of) => [...of]).filter(({ isResuming }) => isResuming);
}

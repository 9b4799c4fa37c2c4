/**
 * One partition of the in-app topic: followed for the sockets that are open, and read again for those that resume.
 *
 * All that wait for records which are not new are read to at once, each its own: a storm of clients that come back costs
 * one pass over what they missed, not one a client, and who asks for it again and again has it read every 2 s at most.
 * Nothing is kept for it: Kafka has it.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Gateway, InAppMessage } from '../../gateway/gateway.js';
import type { ResumingReader } from '../../gateway/in-app-log.js';
import { messageOf } from '../../common/errors.js';
import {
  OutOfRangeError,
  PartitionFeed,
  readRange,
  UnreadableError,
  type Fetcher,
  type FetchedRecord,
} from '../kafka/index.js';
import type { Logger } from '../../common/log.js';

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
  /** Undefined when it is no notification. `fetched`: what it was fetched with. */
  readonly decode: (record: FetchedRecord, fetched?: Iterable<FetchedRecord>) => Promise<InAppMessage | undefined>;
  readonly gateway: Pick<Gateway, 'publish' | 'outgoing' | 'readBudget'>;
  /** Told how many bytes were fetched of what is not new. */
  readonly onReadAgain: (bytes: number) => void;
  readonly log: Logger;
  /** Offsets of one pass: whoever missed little does not wait for those who missed much. Default: 50,000. */
  readonly passLength?: number;
  /** Offsets. Who missed no more is read to at once. Default: 1000, what one fetch brings. */
  readonly littleMissed?: number;
}

const LITTLE_MISSED = 1000;
/** What was read is not read again before so long has passed: who asks for it meanwhile is read to together. */
const PASS_APART_MS = 2000;
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
  /** Its first records are there, and so are those after them. */
  isBegun: boolean;
  /** The offset after what was fetched. */
  fetched: number;
  /** By user. */
  readonly shares: Map<string, Share>;
}

/** What is read to the sockets of one user. */
interface Share {
  /** Where the first of them begins. */
  from: number;
  readonly readers: Set<ResumingReader>;
}

/** A pass of the last 2 s. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  /** When it may be read again, on the clock of `performance.now`. */
  readonly again: number;
}

export class InAppPartition {
  readonly #services: InAppPartitionServices;
  readonly #signal: AbortSignal;
  /** Wait for a pass, each until a time on the clock of `performance.now` at least. */
  readonly #waiting = new Map<ResumingReader, number>();
  #recent: Stretch[] = [];
  #later: NodeJS.Timeout | undefined;
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
      clearTimeout(this.#later);
    }
  }

  /** See InAppLog. */
  resume(reader: ResumingReader): void {
    const missed = this.#position - reader.next;
    if (missed < 0) this.#waitFor(reader);
    else if (missed === 0) goLive(reader);
    else if (missed > MOST_MISSED || reader.next < this.#earliest) reader.lost();
    else if (!this.#services.gateway.readBudget.hasLeft(reader.key)) reader.refused();
    else if (this.#pass && isWithin(this.#pass, reader)) join(this.#pass, reader);
    else {
      // One that reads slowly goes on where it could take no more: it waited for itself.
      this.#waiting.set(reader, reader.hasBegun ? 0 : this.#notBefore(reader));
      this.#readAgainNow();
    }
  }

  /** See InAppLog. */
  leave(reader: ResumingReader): void {
    this.#waiting.delete(reader);
    this.#ahead.delete(reader);
    if (this.#pass) this.#letGo(this.#pass, reader);
  }

  async #follow(): Promise<void> {
    const { topic, topicId, partition, fetcher, decode, gateway } = this.#services;
    const feed = new PartitionFeed(`${topic}-${partition}`, { withDefects: true });
    fetcher.add(topic, partition, this.#position, feed, topicId);
    while (!this.#signal.aborted) {
      const { records, nextOffset } = await feed.next(this.#signal);
      for (const record of records) {
        const message = await decode(record, records);
        // At once: a socket that goes live in between would miss it.
        if (message) gateway.publish(message);
        this.#position = record.offset + 1;
      }
      this.#position = nextOffset;
      for (const reader of this.#ahead) if (reader.next <= nextOffset) this.#come(reader);
    }
  }

  // ── what was missed ────────────────────────────────────────────────────────────────────────────────────────────

  #readAgainNow(): void {
    this.#readAgain().catch((error: unknown) => {
      if (!this.#signal.aborted) this.#fail(error);
    });
  }

  async #readAgain(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    clearTimeout(this.#later);
    try {
      for (let pass = this.#nextPass(); pass; pass = this.#nextPass()) {
        const one = pass;
        await this.#readPass(one).catch((error: unknown) => this.#sortOut(one, error));
      }
    } finally {
      this.#isReading = false;
    }
    if (this.#waiting.size === 0) return;
    const wait = Math.min(...this.#waiting.values()) - performance.now();
    this.#later = setTimeout(() => this.#readAgainNow(), Math.max(1, wait)).unref();
  }

  /** When the reader may be read to: at once, unless much of what it missed was read a moment ago. */
  #notBefore({ next }: ResumingReader): number {
    const now = performance.now();
    if (this.#position - next <= (this.#services.littleMissed ?? LITTLE_MISSED)) return now;
    const over = this.#recent.filter(({ from, to }) => from <= next && next < to);
    return Math.max(now, ...over.map(({ again }) => again));
  }

  /**
   * By turns for those who missed little, and for the others: neither waits long for the other. Those are swept from
   * the far end to the near one, and again: whoever comes further back waits for the next sweep, and holds up nobody.
   */
  #nextPass(): Pass | undefined {
    const now = performance.now();
    const ready = [...this.#waiting].filter(([, notBefore]) => notBefore <= now).map(([reader]) => reader);
    if (ready.length === 0) return undefined;
    this.#isNearsTurn = !this.#isNearsTurn;
    const near = this.#isNearsTurn ? earliestOf(ready, this.#position - this.#passLength) : Infinity;
    const position = near === Infinity ? this.#nextFar(ready) : near;
    const end = position + this.#passLength;
    const pass: Pass = { position, end, isBegun: false, fetched: position, shares: new Map() };
    for (const reader of this.#waiting.keys()) {
      if (!isWithin(pass, reader)) continue;
      this.#waiting.delete(reader);
      add(pass, reader);
    }
    return pass;
  }

  #nextFar(ready: readonly ResumingReader[]): number {
    const onward = earliestOf(ready, this.#swept);
    const position = onward === Infinity ? earliestOf(ready, 0) : onward;
    this.#swept = position + this.#passLength;
    return position;
  }

  /** Up to where the others are: from there on, what is published goes to these as well. Or to its end. */
  async #readPass(pass: Pass): Promise<void> {
    const { topic, topicId, partition, again, onReadAgain: onFetched } = this.#services;
    const from = pass.position;
    const feed = { maxBytes: PASS_BYTES, withDefects: true, onFetched };
    const range = { topic, topicId, partition, from, to: Infinity, ...feed };
    const startedAt = performance.now();
    this.#pass = pass;
    try {
      for await (const { records, nextOffset } of readRange(range, again, this.#signal)) {
        pass.fetched = nextOffset;
        if (!pass.isBegun) begin(pass);
        for (const record of records) {
          if (record.offset >= this.#position) break;
          if (pass.shares.has(keyOf(record))) await this.#replay(record, pass);
          else pass.position = record.offset + 1;
        }
        pass.position = nextOffset;
        const isDone = nextOffset >= this.#position;
        if (pass.shares.size > 0 && !isDone && nextOffset < pass.end) {
          await nextTurn();
          continue;
        }
        this.#endPass(pass, isDone);
        return;
      }
    } finally {
      this.#pass = undefined;
      const recent = this.#recent.filter((one) => one.again > performance.now());
      this.#recent = [...recent, { from, to: pass.fetched, again: startedAt + PASS_APART_MS }];
      for (const [user, share] of pass.shares) this.#charge(pass, user, share);
    }
  }

  /** At once, and before the generator ends: nothing may be published, and nobody join, in between. */
  #endPass(pass: Pass, isDone: boolean): void {
    this.#pass = undefined;
    for (const [user, share] of pass.shares) {
      this.#charge(pass, user, share);
      const mayGoOn = this.#services.gateway.readBudget.hasLeft(user);
      for (const reader of share.readers) {
        if (isDone) reader.live();
        else if (!mayGoOn) reader.refused();
        else if (reader.replay(undefined, pass.position)) this.#waiting.set(reader, this.#notBefore(reader));
      }
    }
    pass.shares.clear();
  }

  /** The reader takes no more of the pass. What was fetched for its user's sockets is the user's, once. */
  #letGo(pass: Pass, reader: ResumingReader): void {
    const share = pass.shares.get(reader.key);
    if (!share?.readers.delete(reader) || share.readers.size > 0) return;
    pass.shares.delete(reader.key);
    this.#charge(pass, reader.key, share);
  }

  #charge(pass: Pass, user: string, { from }: Share): void {
    this.#services.gateway.readBudget.charge(user, Math.max(0, pass.fetched - from));
  }

  /** Until the record is decoded, others may join who want it too; from then on it is behind the pass, at once. */
  async #replay(record: FetchedRecord, pass: Pass): Promise<void> {
    pass.position = record.offset;
    const message = await this.#services.decode(record);
    const outgoing = message && this.#services.gateway.outgoing(message);
    for (const reader of pass.shares.get(keyOf(record))?.readers ?? []) {
      if (reader.next <= record.offset && !reader.replay(outgoing, record.offset + 1)) this.#letGo(pass, reader);
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
  if (pass.isBegun) reader.recovering();
}

function isWithin({ position, end }: Pass, { next }: ResumingReader): boolean {
  return position <= next && next < end;
}

function add(pass: Pass, reader: ResumingReader): void {
  const share = pass.shares.get(reader.key);
  if (!share) pass.shares.set(reader.key, { from: reader.next, readers: new Set([reader]) });
  else {
    share.readers.add(reader);
    share.from = Math.min(share.from, reader.next);
  }
}

function readersOf({ shares }: Pass): ResumingReader[] {
  return [...shares.values()].flatMap(({ readers }) => [...readers]);
}

/** The first place, from `least` on, at which one of them goes on; Infinity when none does. */
function earliestOf(readers: Iterable<ResumingReader>, least: number): number {
  let earliest = Infinity;
  for (const { next } of readers) if (next >= least && next < earliest) earliest = next;
  return earliest;
}

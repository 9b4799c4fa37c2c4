/**
 * One partition of the in-app topic: followed for the sockets that are open, and read again for those that resume.
 *
 *     idle ◄──► reading ◄──► due
 *
 * idle     nobody waits for what is not new
 * reading  one pass after another, for those that may be read to now
 * due      those that wait must wait a while yet: what they missed was read a moment ago
 *
 * All that wait for records which are not new are read to at once, each its own: a storm of clients that come back costs
 * one pass over what they missed, not one a client, and who asks for it again and again has it read every 2 s at most.
 * Nothing is kept for it: Kafka has it.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Gateway, InAppMessage } from '../../gateway/gateway.js';
import type { ResumingReader } from '../../gateway/in-app-log.js';
import { messageOf } from '../../common/errors.js';
import { transitions } from '../../common/transitions.js';
import {
  OutOfRangeError,
  PartitionFeed,
  readRange,
  type ByteCounter,
  UnreadableError,
  type Fetcher,
  type FetchedRecord,
} from '../kafka/index.js';
import type { Logger } from '../../common/log.js';
import { SampledLog } from '../../common/sampled-log.js';
import { ReadPass } from './read-pass.js';

/** What the brokers say of the partition, now. */
interface PartitionEnds {
  /** The offset of its first record. */
  earliest(): Promise<number>;
  /** Its end, open transactions included. */
  latest(): Promise<number>;
}

interface InAppDecoder {
  /** Undefined when it is no notification. `fetched`: what it was fetched with. */
  decode(record: FetchedRecord, fetched?: Iterable<FetchedRecord>): Promise<InAppMessage | undefined>;
}

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
  readonly ends: PartitionEnds;
  readonly decoder: InAppDecoder;
  readonly gateway: Pick<Gateway, 'publish' | 'outgoing' | 'readBudget'>;
  /** Counts the bytes that were fetched of what is not new. */
  readonly bytesReadAgain: ByteCounter;
  readonly log: Logger;
  /** Offsets of one pass: whoever missed little does not wait for those who missed much. Default: 50,000. */
  readonly passLength?: number;
  /** Offsets. Who missed no more is read to at once. Default: 1000, what one fetch brings. */
  readonly littleMissed?: number;
}

const LITTLE_MISSED = 1000;
/** What was read is not read again before so long has passed: who asks for it meanwhile is read to together. */
const PASS_APART_MS = 2000;
/** Offsets. A socket that is further behind is sent away as lost: reading so far back is not what a gateway is for. */
const MOST_MISSED = 1_000_000;
const PASS_LENGTH = 50_000;
/** Not fetched ahead further than this while a pass works. */
const PASS_BYTES = 512 * 1024;
/** How long a gateway that is behind a cursor takes to get there before it sends the client away. */
const BEHIND_MS = 3000;

/** A pass of the last 2 s. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  /** When it may be read again, on the clock of `performance.now`. */
  readonly again: number;
}

type State = 'idle' | 'reading' | 'due';

const move = transitions<State>('the reader of what was missed', {
  idle: ['reading'],
  reading: ['idle', 'due'],
  due: ['reading'],
});

export class InAppPartition {
  readonly #services: InAppPartitionServices;
  readonly #signal: AbortSignal;
  /** For what clients that come back cause. */
  readonly #sampledLog: SampledLog;
  /** Wait for a pass, each until a time on the clock of `performance.now` at least. */
  readonly #waiting = new Map<ResumingReader, number>();
  #recent: Stretch[] = [];
  #later: NodeJS.Timeout | undefined;
  /** Have seen more than we have. */
  readonly #ahead = new Set<ResumingReader>();
  #position: number;
  /** What is before it cannot be read any more. */
  #earliest = 0;
  readonly #passLength: number;
  #pass: ReadPass | undefined;
  #state: State = 'idle';
  #isNearsTurn = false;
  /** Where the last pass for those who missed much ended. */
  #swept = 0;
  #judging: NodeJS.Timeout | undefined;
  #fail: (error: unknown) => void = () => undefined;

  constructor(services: InAppPartitionServices, signal: AbortSignal) {
    this.#services = services;
    this.#signal = signal;
    this.#sampledLog = new SampledLog(services.log);
    this.#position = services.from;
    this.#passLength = services.passLength ?? PASS_LENGTH;
  }

  /** The offset of the next record that will be published. */
  get position(): number {
    return this.#position;
  }

  /** Publishes every record as it comes, until the signal aborts. Rejects when the partition cannot be read. */
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
    else if (this.#pass?.canTake(reader)) this.#pass.join(reader);
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
    this.#pass?.letGo(reader);
  }

  async #follow(): Promise<void> {
    const { topic, topicId, partition, fetcher, decoder, gateway } = this.#services;
    const feed = new PartitionFeed(`${topic}-${partition}`, { withDefects: true });
    fetcher.add(topic, partition, this.#position, feed, topicId);
    while (!this.#signal.aborted) {
      const { records, nextOffset } = await feed.next(this.#signal);
      for (const record of records) {
        const message = await decoder.decode(record, records);
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
    if (this.#state === 'reading') return;
    this.#state = move(this.#state, 'reading');
    clearTimeout(this.#later);
    try {
      for (let pass = this.#nextPass(); pass; pass = this.#nextPass()) {
        const one = pass;
        await this.#readPass(one).catch((error: unknown) => this.#sortOut(one, error));
      }
    } finally {
      this.#state = move(this.#state, this.#waiting.size > 0 ? 'due' : 'idle');
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
  #nextPass(): ReadPass | undefined {
    const now = performance.now();
    const ready = [...this.#waiting].filter(([, notBefore]) => notBefore <= now).map(([reader]) => reader);
    if (ready.length === 0) return undefined;
    this.#isNearsTurn = !this.#isNearsTurn;
    const near = this.#isNearsTurn ? earliestOf(ready, this.#position - this.#passLength) : Infinity;
    const position = near === Infinity ? this.#nextFar(ready) : near;
    const pass = new ReadPass(position, position + this.#passLength, this.#services.gateway.readBudget);
    for (const reader of this.#waiting.keys()) {
      if (!pass.canTake(reader)) continue;
      this.#waiting.delete(reader);
      pass.join(reader);
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
  async #readPass(pass: ReadPass): Promise<void> {
    const { topic, topicId, partition, again, bytesReadAgain: counter } = this.#services;
    const { from } = pass;
    const feed = { maxBytes: PASS_BYTES, withDefects: true, counter };
    const range = { topic, topicId, partition, from, to: Infinity, ...feed };
    const startedAt = performance.now();
    this.#pass = pass;
    try {
      for await (const { records, nextOffset } of readRange(range, again, this.#signal)) {
        pass.arrived(nextOffset);
        for (const record of records) {
          if (record.offset >= this.#position) break;
          if (pass.readersOf(keyOf(record))) await this.#replay(record, pass);
          else pass.position = record.offset + 1;
        }
        pass.position = nextOffset;
        const isDone = nextOffset >= this.#position;
        if (pass.isWanted && !isDone && nextOffset < pass.end) {
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
    }
  }

  /** At once, and before the generator ends: nothing may be published, and nobody join, in between. */
  #endPass(pass: ReadPass, isDone: boolean): void {
    this.#pass = undefined;
    for (const reader of pass.finish()) {
      if (isDone) reader.live();
      else if (!this.#services.gateway.readBudget.hasLeft(reader.key)) reader.refused();
      else if (reader.replay(undefined, pass.position)) this.#waiting.set(reader, this.#notBefore(reader));
    }
  }

  /** Until the record is decoded, others may join who want it too; from then on it is behind the pass, at once. */
  async #replay(record: FetchedRecord, pass: ReadPass): Promise<void> {
    pass.position = record.offset;
    const message = await this.#services.decoder.decode(record);
    const outgoing = message && this.#services.gateway.outgoing(message);
    for (const reader of pass.readersOf(keyOf(record)) ?? []) {
      if (reader.next <= record.offset && !reader.replay(outgoing, record.offset + 1)) pass.letGo(reader);
    }
    pass.position = record.offset + 1;
  }

  /** A pass that could not be read on. Records that were deleted, or damaged, are lost to those who need them; the others are read to. */
  async #sortOut(pass: ReadPass, error: unknown): Promise<void> {
    if (!(error instanceof OutOfRangeError || error instanceof UnreadableError)) throw error;
    const readers = pass.finish();
    const earliest = error instanceof UnreadableError ? error.position + 1 : await this.#services.ends.earliest();
    this.#earliest = Math.max(this.#earliest, earliest);
    this.#sampledLog.warn({ error: messageOf(error), earliest: this.#earliest }, 'what a client missed is gone');
    for (const reader of readers) {
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

  /** A cursor beyond the end points to records that are gone; the others must try again. */
  async #judge(): Promise<void> {
    const judged = [...this.#ahead];
    const end = await this.#services.ends.latest().catch((error: unknown) => {
      this.#services.log.debug({ error: messageOf(error) }, 'the end of the in-app topic cannot be asked for');
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

/** Whose record it is. */
export function keyOf({ key }: FetchedRecord): string {
  return key?.toString() ?? '';
}

function goLive(reader: ResumingReader): void {
  reader.recovering();
  reader.live();
}

/** The first offset, from `least` on, at which one of them goes on; Infinity when none does. */
function earliestOf(readers: Iterable<ResumingReader>, least: number): number {
  let earliest = Infinity;
  for (const { next } of readers) if (next >= least && next < earliest) earliest = next;
  return earliest;
}

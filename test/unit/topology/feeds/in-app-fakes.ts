/** What a partition of the in-app topic works with, in memory: the broker's side of it, and sockets that were away. */
import { RecordHeaders } from '../../../../common/record-headers.js';
import type { ResumingReader } from '../../../../gateway/in-app-log.js';
import type { OutgoingNotification } from '../../../../gateway/protocol.js';
import type { InAppPartition } from '../../../../topology/feeds/in-app-partition.js';
import type { FetchedPartition, FetchedRecord, Fetcher, PartitionConsumer } from '../../../../topology/kafka/index.js';

/** A partition in memory, with gaps where a broker has markers; fetches are answered when the test says so. */
export class FakePartition {
  readonly records: FetchedRecord[] = [];
  end = 0;
  earliest = 0;
  /** The offset of a record that cannot be read. */
  damaged = Infinity;
  readonly live = new FakeFetcher(this);
  readonly again = new FakeFetcher(this);

  append(user: string): void {
    const key = Buffer.from(user);
    this.records.push({
      offset: this.end,
      timestamp: 0,
      key,
      value: Buffer.from('x'),
      headers: RecordHeaders.NONE,
      bytes: 1,
    });
    this.end += 1;
  }

  marker(): void {
    this.end += 1;
  }
}

class FakeFetcher implements Pick<Fetcher, 'add' | 'remove'> {
  readonly #partition: FakePartition;
  /** Passes that were begun. */
  begun = 0;
  #consumer: PartitionConsumer | undefined;
  #position = 0;

  constructor(partition: FakePartition) {
    this.#partition = partition;
  }

  add(_topic: string, _partition: number, position: number, consumer: PartitionConsumer): void {
    this.#consumer = consumer;
    this.#position = position;
    this.begun += 1;
  }

  remove(_topic: string, _partition: number, consumer?: PartitionConsumer): void {
    if (this.#consumer === consumer) this.#consumer = undefined;
  }

  /** Answers with so many offsets at most; false when nobody asks. */
  answer(count: number): boolean {
    const { records, end, earliest, damaged } = this.#partition;
    const consumer = this.#consumer;
    if (!consumer?.hasRoom()) return false;
    if (this.#position < earliest || this.#position > end) {
      this.#consumer = undefined;
      consumer.outOfRange(this.#position);
      return true;
    }
    const from = this.#position;
    if (from <= damaged && damaged < from + count) {
      this.#consumer = undefined;
      consumer.unreadable(damaged, new Error('its CRC32C does not match'));
      return true;
    }
    const nextOffset = Math.min(end, from + count);
    const found = records.filter(({ offset }) => offset >= from && offset < nextOffset);
    const fetched: FetchedPartition = {
      records: { length: found.length, at: (index) => found[index], [Symbol.iterator]: () => found[Symbol.iterator]() },
      nextOffset,
      bytes: found.length,
    };
    this.#position = nextOffset;
    consumer.deliver(fetched, end, end);
    return true;
  }
}

/** A socket that was away: keeps the offsets that it was sent. */
export class Reader implements ResumingReader {
  readonly offsets: number[] = [];
  readonly signals: string[] = [];
  readonly start: number;
  /** Its socket is open, and it does not follow live yet. */
  isResuming = true;
  isClosed = false;
  /** It can take no more before it has drained. */
  isPaused = false;
  next: number;
  /** Takes so many at a time, then it has to drain. */
  readonly #atOnce: number;

  constructor(
    readonly key: string,
    start: number,
    atOnce = Infinity,
  ) {
    this.start = start;
    this.next = start;
    this.#atOnce = atOnce;
  }

  get hasBegun(): boolean {
    return this.signals.includes('recovering');
  }
  recovering(): void {
    if (this.isResuming && !this.signals.includes('recovering')) this.signals.push('recovering');
  }
  replay(notification: OutgoingNotification | undefined, next: number): boolean {
    if (!this.isResuming) return false;
    if (notification) this.offsets.push(Number(notification.ref.id));
    this.next = next;
    this.isPaused = notification !== undefined && this.offsets.length % this.#atOnce === 0;
    return !this.isPaused;
  }
  drain(partition: InAppPartition): void {
    if (!this.isPaused || !this.isResuming) return;
    this.isPaused = false;
    partition.resume(this);
  }
  /** Its socket closes. */
  close(partition: InAppPartition): void {
    this.isResuming = false;
    this.isClosed = true;
    partition.leave(this);
  }
  live(): void {
    this.#end('live');
  }
  lost(): void {
    this.#end('lost');
  }
  behind(): void {
    this.#end('behind');
  }
  refused(): void {
    this.#end('refused');
  }
  #end(what: string): void {
    if (!this.isResuming) return;
    this.signals.push(what);
    this.isResuming = false;
  }
}

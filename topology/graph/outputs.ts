/** The outputs of a record, measured as they come. */
import type { Emitter } from '../../processors/sink.js';
import type { SinkEvents } from '../../schemas/codecs.js';
import type { DeadLetter } from '../../common/record.js';

/** Where a record's outputs go as they come, each encoded at once. */
export interface RecordCollector {
  /** What comes from here on is another source record's. */
  begin(): void;
  /** Takes an event's output; gives the bytes of its value. */
  collect<T extends keyof SinkEvents>(topic: T, key: string, event: SinkEvents[T]): number;
  /** Takes a dead letter. */
  add(letter: DeadLetter): void;
  /** Gives back all that came since `begin`: the source record is dead-lettered instead, or tried again. */
  rollBack(): void;
}

export interface OutputBounds {
  /** Of one value, in bytes. */
  readonly maxRecordBytes: number;
  /** Of all values together, in bytes. */
  readonly maxEventBytes: number;
}

/** An event's output is too large to go out; the event is dead-lettered. Thrown, as it stops a sink halfway. */
export class TooLargeError extends Error {
  override readonly name = 'TooLarge';
}

/** What sinks emit into: hands the outputs on, and stops what is too large. */
export class Outputs implements Emitter<SinkEvents[keyof SinkEvents]> {
  readonly #bounds: OutputBounds;
  /** Set by `begin` and `into`, without which there is no emitter to call. */
  #collector!: RecordCollector;
  #topic!: keyof SinkEvents;
  #bytes = 0;

  constructor(bounds: OutputBounds) {
    this.#bounds = bounds;
  }

  /** The next source record's outputs go there. */
  begin(collector: RecordCollector): void {
    this.#collector = collector;
    this.#bytes = 0;
    collector.begin();
  }

  /** The same outputs; what is emitted from here on goes to this topic. */
  into(topic: keyof SinkEvents): Emitter<SinkEvents[keyof SinkEvents]> {
    this.#topic = topic;
    return this;
  }

  /** Throws TooLargeError; what was emitted is to be rolled back then. */
  emit(key: string, event: SinkEvents[keyof SinkEvents]): void {
    const bytes = this.#collector.collect(this.#topic, key, event);
    const { maxRecordBytes, maxEventBytes } = this.#bounds;
    if (bytes > maxRecordBytes) {
      throw new TooLargeError(`a record has ${bytes} bytes; at most ${maxRecordBytes} can be sent`);
    }
    this.#bytes += bytes;
    if (this.#bytes > maxEventBytes) {
      throw new TooLargeError(`the event's records have more than ${maxEventBytes} bytes together`);
    }
  }
}

/** The outputs of a record, measured as they come. */
import type { DeadLetter } from '../../common/record.js';
import type { RecordHeaders } from '../../common/record-headers.js';
import type { Emitter } from '../../processors/sink.js';

/** Where a record's outputs go as they come, each encoded at once. */
export interface RecordCollector {
  /** What comes from here on is another source record's. */
  begin(): void;
  /** Takes an event's output for a topic, by its logical name; gives the bytes of its value. */
  collect(topic: string, key: string, event: unknown): number;
  /** Takes a dead letter. */
  add(letter: DeadLetter): void;
  /** The outputs that come from here on have these headers; dead letters have their record's. Asked for by tracing alone. */
  carry(headers: RecordHeaders): void;
  /** Gives back all that came since `begin`: the source record is dead-lettered instead, or tried again. */
  rollBack(): void;
}

export interface OutputBounds {
  /** Bytes of one value. */
  readonly maxRecordBytes: number;
  /** Bytes of all values together. */
  readonly maxEventBytes: number;
}

/** An event's output is too large to go out; the event is dead-lettered. Thrown, as it stops a sink halfway. */
export class TooLargeError extends Error {
  override readonly name = 'TooLarge';
}

/** What sinks emit into: hands the outputs on, and stops what is too large. */
export class Outputs {
  readonly #bounds: OutputBounds;
  /** One for each topic, in the order given. */
  readonly emitters: readonly Emitter<unknown>[];
  #collector: RecordCollector = NOWHERE;
  #bytes = 0;

  /** `topics`: logical names. */
  constructor(topics: readonly string[], bounds: OutputBounds) {
    this.#bounds = bounds;
    this.emitters = topics.map((topic) => ({ emit: (key, event) => this.#take(topic, key, event) }));
  }

  /** The next source record's outputs go there. */
  begin(collector: RecordCollector): void {
    this.#collector = collector;
    this.#bytes = 0;
    collector.begin();
  }

  /** Throws TooLargeError; what was emitted must be rolled back then. */
  #take(topic: string, key: string, event: unknown): void {
    const bytes = this.#collector.collect(topic, key, event);
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

const refuse = (): never => {
  throw new Error('a sink emits before its outputs have begun');
};
const NOWHERE: RecordCollector = { begin: refuse, collect: refuse, add: refuse, carry: refuse, rollBack: refuse };

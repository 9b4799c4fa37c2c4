/** The records that one event becomes, encoded and measured as they come. */
import type { EventEncoder, SinkEvents } from '../schemas/codecs.js';
import type { Emitter } from './graph.js';
import type { SinkRecord } from './record.js';

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

export class Outputs implements Emitter<SinkEvents[keyof SinkEvents]> {
  readonly records: SinkRecord[] = [];
  readonly #encoder: EventEncoder;
  readonly #bounds: OutputBounds;
  /** Set by `into`, without which there is no emitter to call. */
  #topic!: keyof SinkEvents;
  #bytes = 0;

  constructor(encoder: EventEncoder, bounds: OutputBounds) {
    this.#encoder = encoder;
    this.#bounds = bounds;
  }

  /** The same outputs; what is emitted from here on goes to this topic. */
  into(topic: keyof SinkEvents): Emitter<SinkEvents[keyof SinkEvents]> {
    this.#topic = topic;
    return this;
  }

  /** Encodes the event and keeps it. Throws TooLargeError. */
  emit(key: string, event: SinkEvents[keyof SinkEvents]): void {
    const value = this.#encoder.encode(this.#topic, event);
    const { maxRecordBytes, maxEventBytes } = this.#bounds;
    if (value.length > maxRecordBytes) {
      throw new TooLargeError(`a record has ${value.length} bytes; at most ${maxRecordBytes} can be sent`);
    }
    this.#bytes += value.length;
    if (this.#bytes > maxEventBytes) {
      throw new TooLargeError(`the event's records have more than ${maxEventBytes} bytes together`);
    }
    this.records.push({ topic: this.#topic, key, value });
  }
}

/** Outputs as records in a list, for tests and the topology's driver. */
import type { EventEncoder, SinkEvents } from '../../schemas/codecs.js';
import type { RecordCollector } from '../graph/outputs.js';
import type { DeadLetter, SinkRecord } from '../../common/record.js';
import { RecordHeaders } from '../../common/record-headers.js';

export class InMemoryOutputs implements RecordCollector {
  readonly #encoder: EventEncoder;
  #records: SinkRecord[] = [];
  #begun = 0;
  #headers = RecordHeaders.NONE;

  constructor(encoder: EventEncoder) {
    this.#encoder = encoder;
  }

  /** In the order in which they came. */
  get records(): readonly SinkRecord[] {
    return this.#records;
  }

  begin(): void {
    this.#begun = this.#records.length;
  }

  collect(topic: string, key: string, event: unknown): number {
    const value = this.#encoder.encode(topic as keyof SinkEvents, event as SinkEvents[keyof SinkEvents]);
    this.#records.push({ topic, key, value, headers: this.#headers });
    return value.length;
  }

  carry(headers: RecordHeaders): void {
    this.#headers = headers;
  }

  add(letter: DeadLetter): void {
    this.#records.push(letter);
  }

  rollBack(): void {
    this.#records = this.#records.slice(0, this.#begun);
  }
}

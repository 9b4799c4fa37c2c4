/** The producers of the sources: some write plainly, some in transactions that they end as they like, out of turn. */
import { batchAt } from '../../unit/topology/kafka/records/log-segment.js';
import type { SourceTopic } from '../../../common/record.js';
import type { MemoryBroker } from '../memory-broker/memory-broker.js';
import { encodeEvent, type ModelEvent } from './events.js';
import { NAMES } from './worker.js';

/** A partition of a source. */
export interface Target {
  readonly topic: SourceTopic;
  readonly partition: number;
}

const FIRST_PRODUCER_ID = 9_000n;

export class Upstream {
  readonly #broker: MemoryBroker;
  /** Partitions that each writer's transaction has touched. */
  readonly #open = new Map<number, Map<string, Target>>();
  readonly #sequences = new Map<string, number>();

  constructor(broker: MemoryBroker) {
    this.#broker = broker;
  }

  produce({ topic, partition }: Target, event: ModelEvent): void {
    this.#append({ topic, partition }, event, -1n, 0);
  }

  /** Within the writer's transaction. */
  write(writer: number, target: Target, event: ModelEvent): void {
    const key = `${writer}/${target.topic}/${target.partition}`;
    const sequence = this.#sequences.get(key) ?? 0;
    this.#sequences.set(key, sequence + 1);
    const touched = this.#open.get(writer) ?? new Map<string, Target>();
    this.#open.set(writer, touched.set(key, target));
    this.#append(target, event, FIRST_PRODUCER_ID + BigInt(writer), sequence);
  }

  end(writer: number, isCommit: boolean): void {
    for (const { topic, partition } of this.#open.get(writer)?.values() ?? []) {
      const log = this.#broker.log(NAMES.physical(topic), partition);
      log.appendMarker(FIRST_PRODUCER_ID + BigInt(writer), 0, isCommit);
    }
    this.#open.delete(writer);
    this.#broker.changed();
  }

  endAll(): void {
    for (const writer of [...this.#open.keys()]) this.end(writer, false);
  }

  #append({ topic, partition }: Target, event: ModelEvent, producerId: bigint, firstSequence: number): void {
    const transactional = producerId >= 0n;
    const batch = batchAt(0, {
      records: [{ key: Buffer.from(event.id), value: encodeEvent(event) }],
      timestamp: this.#broker.scheduler.now(),
      producerId,
      transactional,
      firstSequence,
    });
    // These producers are no client of ours: their transactions need no coordinator.
    this.#broker.log(NAMES.physical(topic), partition).append(batch, () => 0);
    this.#broker.changed();
  }
}

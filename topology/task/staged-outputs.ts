/** The outputs of a commit, placed and encoded as they come: the physical topic, and the partition that the Java client would choose. */
import { FatalError } from '../errors.js';
import { keyHash, type OutboundBatches, type TransactionalProducer } from '../kafka/index.js';
import type { SinkRecord, SinkTopic } from '../record.js';
import type { TopicNames } from '../topic-names.js';

/** Where outputs go. */
export interface OutputTarget {
  readonly task: number;
  readonly names: TopicNames;
  readonly producer: TransactionalProducer;
}

interface Placed {
  readonly physical: string;
  readonly partitions: number;
  records: number;
}

export class StagedOutputs {
  readonly #target: () => OutputTarget;
  readonly #topics = new Map<SinkTopic, Placed>();
  /** The last key, its bytes and its hash: the outputs of one event have one key and follow one another. */
  #key: SinkRecord['key'] = null;
  #keyBytes: Buffer | null = null;
  #keyHash: number | undefined;
  #batches: OutboundBatches | undefined;

  /** The target is asked for at the first output, when there is a producer. */
  constructor(target: () => OutputTarget) {
    this.#target = target;
  }

  get batches(): OutboundBatches {
    return (this.#batches ??= this.#target().producer.newBatches());
  }

  /** Records by logical topic. */
  get counts(): ReadonlyMap<SinkTopic, number> {
    return new Map([...this.#topics].map(([topic, { records }]) => [topic, records]));
  }

  /** Copies the record. A record without a key goes to the task's own partition. */
  add({ topic, key, value, headers }: SinkRecord): void {
    const placed = this.#topics.get(topic) ?? this.#place(topic);
    placed.records += 1;
    if (this.#keyHash === undefined || key !== this.#key) {
      this.#key = key;
      this.#keyBytes = typeof key === 'string' ? Buffer.from(key) : key;
      this.#keyHash = this.#keyBytes ? keyHash(this.#keyBytes) : this.#target().task;
    }
    this.batches.add(placed.physical, this.#keyHash % placed.partitions, this.#keyBytes, value, headers);
  }

  /** Empty again, with its buffers: the transaction is committed, and nobody reads them any more. */
  clear(): void {
    this.#topics.clear();
    // A key may be a view of all that was fetched with it.
    this.#key = null;
    this.#keyBytes = null;
    this.#keyHash = undefined;
    this.#batches?.clear();
  }

  #place(topic: SinkTopic): Placed {
    const { names, producer } = this.#target();
    const physical = names.physical(topic);
    const partitions = producer.partitionCount(physical);
    if (partitions === 0) {
      throw new FatalError(
        `topic ${physical} does not exist (any more): create it, or run \`notification-streams topics create\``,
      );
    }
    const placed = { physical, partitions, records: 0 };
    this.#topics.set(topic, placed);
    return placed;
  }
}

/** The outputs of a commit, placed and encoded as they come: the physical topic, and the partition that the Java client would choose. */
import type { TopicEncoder } from '../../schemas/codecs.js';
import { OutageError } from '../../common/errors.js';
import {
  BATCH_OVERHEAD,
  keyHash,
  RecordKey,
  type OutboundBatches,
  type TopicBatches,
  type TransactionalProducer,
} from '../kafka/index.js';
import type { RecordCollector } from '../graph/outputs.js';
import type { DeadLetter } from '../../common/record.js';
import type { RecordHeaders } from '../../common/record-headers.js';
import type { TopologyNames } from '../../common/topic-names.js';
import type { DeadLetterLimit } from './dead-letter-limit.js';
import type { OutputEncoder } from './task-parts.js';
import { addDeadLetter } from './fit-dead-letter.js';

/** Where outputs go. */
export interface OutputTarget {
  readonly task: number;
  readonly names: TopologyNames;
  readonly producer: TransactionalProducer;
  /** Logical name. */
  readonly deadLetterTopic: string;
  readonly deadLetters: DeadLetterLimit;
}

interface OpenTopic {
  readonly batches: TopicBatches;
  readonly partitions: number;
  /** Dead letters have none: they go out as they came. */
  readonly encoder: TopicEncoder<unknown> | undefined;
  /** The directory keeps what it is told: no trace is in it. */
  readonly isTraced: boolean;
}

export class StagedOutputs implements RecordCollector {
  readonly #target: OutputTarget;
  readonly #encoder: OutputEncoder;
  readonly #topics = new Map<string, OpenTopic>();
  readonly #key = new RecordKey();
  #batches: OutboundBatches | undefined;
  /** Undefined as long as nothing is traced. */
  #headers: RecordHeaders | undefined;

  constructor(target: OutputTarget, encoder: OutputEncoder) {
    this.#target = target;
    this.#encoder = encoder;
  }

  get batches(): OutboundBatches {
    return (this.#batches ??= this.#target.producer.newBatches());
  }

  /** Bytes of keys and values, about. */
  get bytes(): number {
    return this.#batches?.bytes ?? 0;
  }

  /** Records by logical topic. */
  get counts(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const [topic, placed] of this.#topics) {
      const ofTopic = this.batches.batches.filter((batch) => batch.topic === placed.batches.topic);
      if (ofTopic.length > 0)
        counts.set(
          topic,
          ofTopic.reduce((sum, { count }) => sum + count, 0),
        );
    }
    return counts;
  }

  begin(): void {
    this.#batches?.mark();
  }

  collect(topic: string, key: string, event: unknown): number {
    const { batches, partitions, encoder, isTraced } = this.#topics.get(topic) ?? this.#openTopic(topic);
    this.#key.set(key);
    const headers = isTraced ? this.#headers : undefined;
    return this.batches.write(batches, this.#key.hash % partitions, this.#key, encoder!, event, headers);
  }

  carry(headers: RecordHeaders): void {
    this.#headers = headers;
  }

  /** Copies the letter, or as much of it as its topic takes. One without a key goes to the task's own partition. */
  add(letter: DeadLetter): void {
    const { topic, key } = letter;
    const { batches, partitions } = this.#topics.get(topic) ?? this.#openTopic(topic);
    const { task, deadLetters } = this.#target;
    const partition = (key ? keyHash(key) : task) % partitions;
    addDeadLetter(letter, batches, partition, this.batches, deadLetters.bytes);
  }

  rollBack(): void {
    this.#batches?.rollBack();
  }

  /** Empty again, with its buffers: the transaction is committed, so that every request with them was answered, and nobody reads them any more. */
  clear(): void {
    this.#topics.clear();
    this.#batches?.clear();
  }

  #openTopic(topic: string): OpenTopic {
    const { names, producer, deadLetterTopic, deadLetters } = this.#target;
    const physical = names.physical(topic);
    const partitions = producer.partitionCount(physical);
    if (partitions === 0) {
      throw new OutageError(
        `topic ${physical} does not exist (any more): create it, or run \`notification-streams topics create\``,
        undefined,
        { code: 'unknown-topic', topic: physical },
      );
    }
    const isForLetters = topic === deadLetterTopic;
    const batches = this.batches.forTopic(physical, isForLetters ? deadLetters.bytes - BATCH_OVERHEAD : undefined);
    const placed = {
      batches,
      partitions,
      encoder: isForLetters ? undefined : (this.#encoder.forTopic(topic) as TopicEncoder<unknown>),
      isTraced: topic !== 'USER_DIRECTORY',
    };
    this.#topics.set(topic, placed);
    return placed;
  }
}

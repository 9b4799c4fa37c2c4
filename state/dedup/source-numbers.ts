/**
 * Source partitions as the segments of one task name them: a number, made of the topic's index and the partition. The
 * contract's topics have their places in SOURCE_TOPICS, in every store. Each further one is given the next index by the
 * store itself, at first use and for good: what a rule set reads may change, what the segments say may not.
 *
 * Keys: [1][index]. Values, with a checksum: the topic's logical name.
 */
import { FatalError } from '../../common/errors.js';
import { getOrMake } from '../../common/get-or-make.js';
import { parseSourceName, SOURCE_TOPICS, sourcePartition, type SourceName } from '../../common/record.js';
import { seal, unseal } from '../lmdb/sealed.js';
import type { Batch, Table } from '../lmdb/table.js';

const KEY_PREFIX = 1;
/** Bits of the partition in a number, beside the topic's index. */
const PARTITION_BITS = 24;
const PARTITION_MASK = (1 << PARTITION_BITS) - 1;
/** What is left of 32 bits for the index. */
const MOST_TOPICS = 1 << (32 - PARTITION_BITS);

export class SourceNumbers {
  readonly #table: Table;
  readonly #damaged: (why: string) => Error;
  /** By index. */
  #topics: string[] = [];
  /** So many of them are on the disk. */
  #written = 0;
  readonly #numbers = new Map<string, number>();

  /** `damaged` makes the error to throw for what is wrong on the disk. */
  constructor(table: Table, damaged: (why: string) => Error) {
    this.#table = table;
    this.#damaged = damaged;
    this.load();
  }

  /** Reads what is on the disk, again where another owner may have written since. */
  load(): void {
    this.#numbers.clear();
    this.#topics = [...SOURCE_TOPICS];
    for (let stored = this.#stored(); stored; stored = this.#stored()) {
      const topic = unseal(stored);
      if (!topic) throw this.#damaged(`the name of its source topic ${this.#topics.length} has a wrong checksum`);
      this.#topics.push(topic.toString('utf8'));
    }
    this.#written = this.#topics.length;
  }

  /** The value behind those that were read. */
  #stored(): Buffer | undefined {
    return this.#table.get(keyOf(this.#topics.length));
  }

  /** Throws FatalError for what is no source partition's name. */
  numberOf(name: string): number {
    return getOrMake(this.#numbers, name, () => this.#make(name));
  }

  #make(name: string): number {
    const source = parseSourceName(name);
    if (!source)
      throw new FatalError(
        `the changelog names a source ${name}: expected a topic and a partition, such as TASK_EVENT_TOPIC-3`,
      );
    return this.#indexOf(source.topic) * (PARTITION_MASK + 1) + source.partition;
  }

  #indexOf(topic: string): number {
    const known = this.#topics.indexOf(topic);
    if (known >= 0) return known;
    if (this.#topics.length === MOST_TOPICS)
      throw new FatalError(
        `the source topic ${topic} is one too many: a store tells ${MOST_TOPICS} apart, also those that are read no more. Move STATE_DIR away, and it is restored with those that the changelog names`,
      );
    return this.#topics.push(topic) - 1;
  }

  /** Throws the error for damage where the number is none that was given out. */
  nameOf(number: number): SourceName {
    const topic = this.#topics[number >>> PARTITION_BITS];
    if (topic === undefined) throw this.#damaged(`its segments name a source topic that it has no name for`);
    return sourcePartition(topic, number & PARTITION_MASK).name;
  }

  /** Puts the topics into a batch that are not on the disk yet: with the first segments that name them. */
  write(batch: Batch): void {
    for (const [index, topic] of this.#topics.entries())
      if (index >= this.#written) batch.put(keyOf(index), seal(Buffer.from(topic)));
  }

  /** A batch is on the disk that was given all that there is. */
  changed(): void {
    this.#written = this.#topics.length;
  }
}

function keyOf(index: number): Buffer {
  return Buffer.from([KEY_PREFIX, index]);
}

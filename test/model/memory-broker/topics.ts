/** The topics of the in-memory cluster: each name stands for one topic at a time, each id for one topic ever. */
import { PartitionLog } from './partition-log.js';

export interface Topic {
  readonly name: string;
  /** In the form of topology/kafka/protocol/topic-id.ts. */
  readonly id: string;
  readonly partitions: PartitionLog[];
}

const ID_BYTES = 16;

export class Topics {
  readonly #maxBatchBytes: number;
  readonly #byName = new Map<string, Topic>();
  readonly #byId = new Map<string, Topic>();
  #made = 0;

  constructor(maxBatchBytes: number) {
    this.#maxBatchBytes = maxBatchBytes;
  }

  /** Throws when the name is taken. */
  create(name: string, partitions: number): void {
    if (this.#byName.has(name)) throw new Error(`topic ${name} exists`);
    const topic = {
      name,
      id: this.#nextId(),
      partitions: Array.from({ length: partitions }, () => new PartitionLog(this.#maxBatchBytes)),
    };
    this.#byName.set(name, topic);
    this.#byId.set(topic.id, topic);
  }

  /** Gives it so many partitions. */
  grow(name: string, partitions: number): void {
    const topic = this.#byName.get(name);
    if (!topic) throw new Error(`topic ${name} does not exist`);
    while (topic.partitions.length < partitions) topic.partitions.push(new PartitionLog(this.#maxBatchBytes));
  }

  /** Its records go with it. */
  delete(name: string): void {
    const topic = this.#byName.get(name);
    if (!topic) throw new Error(`topic ${name} does not exist`);
    this.#byName.delete(name);
    this.#byId.delete(topic.id);
  }

  named(name: string): Topic | undefined {
    return this.#byName.get(name);
  }

  withId(id: string): Topic | undefined {
    return this.#byId.get(id);
  }

  /** The same in each run, unlike a broker's; never all zeros, which says that there is none. */
  #nextId(): string {
    const id = Buffer.alloc(ID_BYTES);
    id.writeUInt32BE((this.#made += 1), ID_BYTES - 4);
    return id.toString('base64url');
  }
}

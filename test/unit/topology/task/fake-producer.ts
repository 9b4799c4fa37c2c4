/** A producer whose broker keeps what was committed, and fails or waits where a test says. */
import { CommitUnknownError, FencedError } from '../../../../common/errors.js';
import {
  OutboundBatches,
  type GroupMember,
  type OutboundRecord,
  type PartitionOffset,
  type TransactionalProducer,
} from '../../../../topology/kafka/index.js';
import { recordsOf } from '../kafka/records/records-of.js';

export type Step = 'fence' | 'send' | 'sendOffsets' | 'commit' | 'committed' | 'abort' | 'abandon';

interface Transaction {
  readonly records: readonly OutboundRecord[];
  readonly offsets: Map<string, PartitionOffset>;
}

/** What outlives a producer. */
export class FakeBroker {
  readonly committed: Transaction[] = [];
  /** Source offsets of the group, by physical topic. */
  readonly offsets = new Map<string, number>();
  /** What stands beside them. */
  readonly metadata = new Map<string, string>();
  /** The changelog partition as it would be fetched. */
  readonly changelog: { readonly offset: number; readonly value: Buffer }[] = [];
  changelogEnd = 0;
  epoch = 0;
  readonly steps: Step[] = [];
  /** Called before each step (and, as `committed`, after the broker has committed but before the answer). */
  before: (step: Step, transaction: readonly OutboundRecord[]) => void | Promise<void> = () => undefined;

  constructor(readonly changelogTopic: string) {}

  producer(): TransactionalProducer {
    return new FakeProducer(this) as unknown as TransactionalProducer;
  }

  /** Values of committed records of a topic, in order. */
  texts(topic: string): string[] {
    return this.committed.flatMap(({ records }) =>
      records.filter((record) => record.topic === topic).map(({ value }) => value!.toString()),
    );
  }
}

class FakeProducer {
  readonly #broker: FakeBroker;
  #epoch = -1;
  #records: OutboundRecord[] = [];
  #offsets = new Map<string, PartitionOffset>();
  #changelogEnd = -1;

  constructor(broker: FakeBroker) {
    this.#broker = broker;
  }

  async fence(): Promise<void> {
    await this.#step('fence');
    this.#broker.epoch += 1;
    this.#epoch = this.#broker.epoch;
    this.#changelogEnd = this.#broker.changelogEnd;
  }

  partitionCount(): number {
    return 4;
  }

  newBatches(): OutboundBatches {
    return new OutboundBatches(900_000);
  }

  async send(
    batches: OutboundBatches,
    onBatch: (topic: string, partition: number, baseOffset: number) => void,
  ): Promise<void> {
    const records = recordsOf(batches);
    this.#records.push(...records);
    await this.#step('send');
    const { changelogTopic } = this.#broker;
    const packed = records.filter(({ topic }) => topic === changelogTopic);
    const [first] = packed;
    // Aborted records and markers take offsets too.
    this.#changelogEnd = this.#broker.changelogEnd;
    if (first) onBatch(changelogTopic, first.partition, this.#changelogEnd);
    for (const { topic, partition } of records) if (topic !== changelogTopic) onBatch(topic, partition, 0);
  }

  async sendOffsets(_: GroupMember, offsets: readonly PartitionOffset[]): Promise<void> {
    for (const offset of offsets) this.#offsets.set(offset.topic, offset);
    await this.#step('sendOffsets');
  }

  async commit(): Promise<void> {
    await this.#step('commit');
    const { changelogTopic, changelog } = this.#broker;
    const packed = this.#records.filter(({ topic }) => topic === changelogTopic);
    packed.forEach(({ value }, i) => changelog.push({ offset: this.#changelogEnd + i, value: value! }));
    this.#broker.committed.push({ records: this.#records, offsets: this.#offsets });
    for (const [topic, { offset, metadata }] of this.#offsets) {
      this.#broker.offsets.set(topic, offset);
      this.#broker.metadata.set(topic, metadata ?? '');
    }
    await this.#end(packed.length);
    await this.#step('committed');
  }

  async abort(): Promise<void> {
    await this.#step('abort');
    await this.#end(this.#records.length > 0 ? 1 : 0);
  }

  async abandon(): Promise<void> {
    this.#broker.epoch += 1;
    await this.#broker.before('abandon', this.#records);
    this.#broker.steps.push('abandon');
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #end(packed: number): Promise<void> {
    this.#broker.changelogEnd += packed === 0 ? 0 : packed + 1;
    this.#records = [];
    this.#offsets = new Map();
    return Promise.resolve();
  }

  async #step(step: Step): Promise<void> {
    this.#broker.steps.push(step);
    if (step !== 'fence' && this.#epoch !== -1 && this.#epoch !== this.#broker.epoch)
      throw new FencedError('a newer producer has the id');
    if (step !== 'fence' && this.#epoch === -1) throw new CommitUnknownError('used before it was fenced');
    await this.#broker.before(step, this.#records);
  }
}

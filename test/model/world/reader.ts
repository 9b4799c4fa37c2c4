/** A read_committed reader of the sinks, through the fetcher and filter that gateways and restores use. */
import { Fetcher, Leaders, type FetchedPartition, type PartitionConsumer } from '../../../topology/kafka/index.js';
import type { Cluster } from '../../../topology/kafka/protocol/internals.js';
import type { SinkTopic } from '../../../common/record.js';
import { outputKey, SINKS } from './expected.js';
import { NAMES, SILENT } from './worker.js';

export class Reader {
  readonly #leaders: Leaders;
  readonly #fetcher: Fetcher;
  /** Values in the order in which they came, by output. */
  readonly read = new Map<string, string[]>();

  constructor(cluster: Cluster) {
    this.#leaders = new Leaders(cluster);
    const fetch = { maxWaitMs: 250, maxBytes: 100_000, maxBytesPerPartition: 1_000, maxRecordBytes: 1_000_000 };
    this.#fetcher = new Fetcher(this.#leaders, fetch, SILENT, () => undefined);
  }

  async start(): Promise<void> {
    const names = SINKS.map((topic) => NAMES.physical(topic));
    await this.#leaders.track(names);
    const ids = await this.#leaders.topicIds(names);
    for (const topic of SINKS) {
      const name = NAMES.physical(topic);
      for (let partition = 0; partition < this.#leaders.partitionCount(name); partition += 1) {
        this.#fetcher.add(name, partition, 0, this.#consumer(topic, partition), ids.get(name));
      }
    }
  }

  #consumer(topic: SinkTopic, partition: number): PartitionConsumer {
    const failed = (position: number): never => {
      throw new Error(`${topic}-${partition} cannot be read at ${position}`);
    };
    return {
      hasRoom: () => true,
      isPaused: () => false,
      outOfRange: failed,
      unreadable: failed,
      recreated: (topicId) => {
        throw new Error(`${topic} was deleted and recreated (topic id ${topicId})`);
      },
      deliver: ({ records }: FetchedPartition) => {
        for (const { value } of records) {
          const text = value!.toString();
          const key = outputKey(topic, partition, text);
          this.read.set(key, [...(this.read.get(key) ?? []), text]);
        }
      },
    };
  }
}

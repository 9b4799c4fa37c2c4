/** The in-app topic for the gateway: every partition followed from its end, and read again for sockets that were away. */
import { epochOf, type Cursor } from '../../gateway/cursor.js';
import type { Gateway, InAppMessage } from '../../gateway/gateway.js';
import type { InAppLog, ResumingReader } from '../../gateway/in-app-log.js';
import { decodeFeed, type FeedDecoder } from './decode-feed.js';
import { InAppPartition, keyOf } from './in-app-partition.js';
import {
  offsetIn,
  partitionFor,
  partitionsIn,
  type Connections,
  type FetchedRecord,
  type Offsets,
} from '../kafka/index.js';
import type { Logger } from '../../common/log.js';
import type { Metrics } from '../../common/metrics.js';
import { SampledLog } from '../../common/sampled-log.js';
import { traceContextOf, traceparentOf } from '../../common/trace-context.js';

export interface InAppFeedServices {
  /** Physical name of the topic, which the connections track. */
  readonly topic: string;
  readonly offsets: Offsets;
  readonly connections: Connections;
  readonly decoder: FeedDecoder;
  readonly gateway: Pick<Gateway, 'publish' | 'outgoing' | 'readBudget'>;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Whether frames name their trace. */
  readonly isTraced: boolean;
}

const ANSWER_MS = 15_000;

export class InAppFeed implements InAppLog {
  /** By partition. */
  readonly #epochs: readonly string[];
  readonly #partitions: readonly InAppPartition[];
  readonly #sampledLog: SampledLog;

  private constructor(
    epochs: readonly string[],
    partitions: (feed: InAppFeed) => readonly InAppPartition[],
    log: Logger,
  ) {
    this.#epochs = epochs;
    this.#sampledLog = new SampledLog(log);
    this.#partitions = partitions(this);
  }

  /** Finds the ends; waits for the brokers. */
  static async open(services: InAppFeedServices, signal: AbortSignal): Promise<InAppFeed> {
    const { topic, connections, offsets, log, gateway } = services;
    const count = connections.leaders.partitionCount(topic);
    const all = partitionsIn(topic, count);
    const patiently = <T>(ask: () => Promise<T>): Promise<T> => connections.patiently(ask, 'gateway');
    const topicId = (await patiently(() => offsets.topicIds([topic], ANSWER_MS))).get(topic);
    const ends = await patiently(() => offsets.at('latest', all, ANSWER_MS));
    const again = await connections.anotherFetcher([topic], 'gateway');
    const make = (feed: InAppFeed): InAppPartition[] =>
      all.map((inApp) => {
        const partitionEnds = {
          earliest: () => patiently(async () => (await offsets.at('earliest', [inApp], ANSWER_MS))[0]!.offset),
          latest: async () => (await offsets.highWatermarks([inApp], ANSWER_MS))[0]!.offset,
        };
        const decoder = {
          decode: (record: FetchedRecord, fetched?: Iterable<FetchedRecord>) =>
            feed.#decode(record, inApp.partition, services, signal, fetched),
        };
        const options = {
          ...inApp,
          topicId,
          from: offsetIn(ends, inApp)!.offset,
          fetcher: connections.fetcher,
          again,
          ends: partitionEnds,
          decoder,
          gateway,
          bytesReadAgain: services.metrics.resume_bytes_total,
          log,
        };
        return new InAppPartition(options, signal);
      });
    return new InAppFeed(
      all.map(({ partition }) => epochOf(topicId, count, partition)),
      make,
      log,
    );
  }

  /** Publishes what comes, until the signal aborts. Rejects when a partition cannot be read. */
  async run(): Promise<void> {
    await Promise.all(this.#partitions.map((partition) => partition.run()));
  }

  position(key: string): Cursor {
    const partition = this.#partitionOf(Buffer.from(key));
    return { epoch: this.#epochs[partition]!, offset: this.#partitions[partition]!.position };
  }

  resume(reader: ResumingReader): void {
    this.#partitions[this.#partitionOf(Buffer.from(reader.key))]!.resume(reader);
  }

  leave(reader: ResumingReader): void {
    this.#partitions[this.#partitionOf(Buffer.from(reader.key))]!.leave(reader);
  }

  #partitionOf(key: Buffer): number {
    return partitionFor(key, this.#partitions.length);
  }

  async #decode(
    record: FetchedRecord,
    partition: number,
    services: InAppFeedServices,
    signal: AbortSignal,
    fetched?: Iterable<FetchedRecord>,
  ): Promise<InAppMessage | undefined> {
    const { value, offset, timestamp, defect } = record;
    if (defect) {
      services.metrics.records_unroutable_total.inc({ topic: 'NOTIFICATION_INAPP_TOPIC' });
      this.#sampledLog.warn({ partition, offset, defect: defect.kind }, 'in-app record skipped: it is not there whole');
      return undefined;
    }
    const notification =
      value && (await decodeFeed('NOTIFICATION_INAPP_TOPIC', value, offset, services, signal, fetched));
    if (!notification) return undefined;
    const key = keyOf(record);
    // One from before the topic grew is in another partition than its user's records are now.
    const isOwn = record.key !== null && this.#partitionOf(record.key) === partition;
    const cursor = isOwn ? { epoch: this.#epochs[partition]!, offset: offset + 1 } : this.position(key);
    const trace = services.isTraced ? traceContextOf(record.headers) : undefined;
    return { key, notification, cursor, appendedAt: timestamp, traceparent: trace && traceparentOf(trace) };
  }
}

/** Reads the topics that come out as the systems behind them do: read_committed, from the start, with no group of its own. */
import type { SchemaCatalog } from '../../schemas/registry/catalog.js';
import type { SinkEvents } from '../../schemas/codecs.js';
import { PartitionFeed, type Connections, type FetchedRecord } from '../../topology/kafka/index.js';
import type { TopicNames } from '../../common/topic-names.js';
import type { Ledger } from './ledger.js';
import { loggingTracker } from './logging-tracker.js';
import { mailservice } from './mailservice.js';
import { operators } from './operators.js';
import { pushService } from './push-service.js';
import { userInbox } from './user-inbox.js';

export interface DownstreamServices {
  /** Must track the sinks' topics. */
  readonly connections: Connections;
  readonly names: TopicNames;
  readonly catalog: SchemaCatalog;
  readonly ledger: Ledger;
}

/** Runs every reader until the signal aborts; rejects when one cannot go on. */
export async function readOutputs(services: DownstreamServices, signal: AbortSignal): Promise<void> {
  const { ledger } = services;
  await Promise.all([
    decoded(services, signal, 'EMAIL_REQUEST_TOPIC', (event) => mailservice(event, ledger)),
    decoded(services, signal, 'PUSH_REQUEST_TOPIC', (event) => pushService(event, ledger)),
    decoded(services, signal, 'NOTIFICATION_INAPP_TOPIC', (event) => userInbox(event, ledger)),
    decoded(services, signal, 'NOTIFICATION_DELIVERED_TOPIC', (event) => loggingTracker(event, ledger)),
    follow(services, signal, 'NOTIFICATION_DLQ', (record) => operators(record, ledger)),
  ]);
}

function decoded<T extends Exclude<keyof SinkEvents, 'USER_DIRECTORY'>>(
  services: DownstreamServices,
  signal: AbortSignal,
  topic: T,
  take: (event: SinkEvents[T]) => void,
): Promise<void> {
  return follow(services, signal, topic, async ({ value, offset }) => {
    const event = value && (await decode(services.catalog, topic, value, offset, signal));
    if (event) take(event);
  });
}

/** Undefined for a record of another name: the contract lets the in-app topic carry some. */
async function decode<T extends keyof SinkEvents>(
  catalog: SchemaCatalog,
  topic: T,
  value: Buffer,
  offset: number,
  signal: AbortSignal,
): Promise<SinkEvents[T] | undefined> {
  for (;;) {
    const found = catalog.decodeSink(topic, value);
    if (found.kind === 'event') return found.event;
    if (found.kind === 'unresolved') await catalog.resolve(found.schemaId, { signal });
    else if (found.reason === 'wrong-record' && topic === 'NOTIFICATION_INAPP_TOPIC') return undefined;
    else throw new Error(`${topic} holds a record that cannot be read, at offset ${offset}: ${found.message}`);
  }
}

async function follow(
  { connections, names }: DownstreamServices,
  signal: AbortSignal,
  topic: keyof SinkEvents | 'NOTIFICATION_DLQ',
  take: (record: FetchedRecord) => void | Promise<void>,
): Promise<void> {
  const physical = names.physical(topic);
  const partitions = Array.from({ length: connections.leaders.partitionCount(physical) }, async (_, partition) => {
    const feed = new PartitionFeed(`${physical}-${partition}`);
    connections.fetcher.add(physical, partition, 0, feed);
    while (!signal.aborted) for (const record of (await feed.next(signal)).records) await take(record);
  });
  await Promise.all(partitions);
}

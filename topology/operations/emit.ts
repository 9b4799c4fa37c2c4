/** Sends one event as its producer would, and finds out what came of it: for whoever tries the stream. */
import { setTimeout as delay } from 'node:timers/promises';
import { FatalError } from '../../common/errors.js';
import { OUTPUT_TOPICS } from '../../common/record.js';
import { parseType } from '../../schemas/avro/parse-type.js';
import type { EventRecord, SinkEvents } from '../../schemas/codecs.js';
import { inSchemaUnits } from '../../schemas/in-schema-units.js';
import { SchemaCatalog } from '../../schemas/registry/catalog.js';
import { RegistryClient } from '../../schemas/registry/registry-client.js';
import { schemaIdUnder, subjectOf } from '../../schemas/registry/registry.js';
import type { SourceSpec } from '../../schemas/source-spec.js';
import { framed } from '../../schemas/wire-format.js';
import {
  EventProducer,
  offsetIn,
  partitionsIn,
  readRange,
  type Connections,
  type FetchedRecord,
  type PartitionOffset,
} from '../kafka/index.js';
import type { Config } from '../worker/config.js';
import { withConnections } from './with-connections.js';

type ReadTopic = (typeof OUTPUT_TOPICS)[number];
const ANSWER_MS = 15_000;
const POLL_MS = 100;

export interface Emission {
  readonly source: SourceSpec;
  /** The event as it was read; as JSON for a source that is JSON alone. */
  readonly content: EventRecord | Buffer;
  readonly key: string;
  /** For the workers, from when it was sent. */
  readonly timeoutMs: number;
  /** With the id, what tells its outputs from those of another event. */
  readonly tenantId: bigint | undefined;
  /** The id that its outputs bear. */
  readonly eventIdAt: (sent: PartitionOffset) => string | undefined;
}

/** What came out, of all partitions of each topic. */
type EmittedOutputs = { readonly [T in Exclude<ReadTopic, 'NOTIFICATION_DLQ'>]: SinkEvents[T][] };

export interface Emitted {
  readonly sent: PartitionOffset;
  /** `pending`: the workers have not come to it in time. */
  readonly kind: 'processed' | 'pending';
  /** Where the workers stand in that partition; undefined where they have committed nothing. */
  readonly committed: number | undefined;
  readonly outputs: EmittedOutputs;
  readonly deadLetter: { readonly reason: string; readonly message: string } | undefined;
}

export async function emit(config: Config, emission: Emission): Promise<Emitted> {
  const producer = new EventProducer(config.kafka);
  try {
    return await withConnections(config, emission.timeoutMs + ANSWER_MS, (connections) =>
      new EmittedEvent(config, emission, connections, producer).run(),
    );
  } finally {
    await producer.close().catch(() => undefined);
  }
}

class EmittedEvent {
  readonly #config: Config;
  readonly #emission: Emission;
  readonly #connections: Connections;
  readonly #producer: EventProducer;
  readonly #registry: RegistryClient;

  constructor(config: Config, emission: Emission, connections: Connections, producer: EventProducer) {
    this.#config = config;
    this.#emission = emission;
    this.#connections = connections;
    this.#producer = producer;
    this.#registry = new RegistryClient(config.registry);
  }

  async run(): Promise<Emitted> {
    const { names } = this.#config;
    const { source, key, timeoutMs } = this.#emission;
    const value = await this.#value();
    const topic = names.physical(source.topic);
    const topics = [topic, ...OUTPUT_TOPICS.map((name) => names.physical(name))];
    await this.#connections.refuseMissing(topics);
    await this.#connections.track(topics);
    const before = await this.#ends();
    const sent = await this.#producer.send(topic, key, value);
    const committed = await this.#committed(sent, Date.now() + timeoutMs);
    const isProcessed = committed !== undefined && committed > sent.offset;
    // All that a commit wrote lies before the ends that are asked for behind it.
    const records = isProcessed ? await this.#between(before, await this.#ends()) : [];
    return {
      ...{ sent, committed, kind: isProcessed ? 'processed' : 'pending' },
      outputs: await this.#outputs(records, sent),
      deadLetter: this.#deadLetter(records, sent),
    };
  }

  /** As the source's records are written. */
  async #value(): Promise<Buffer> {
    const { source, content } = this.#emission;
    if (Buffer.isBuffer(content)) return content;
    const { record, topic } = source;
    const event = inSchemaUnits(record, content);
    const subject = subjectOf(this.#config.names.physical(topic));
    const id = await schemaIdUnder(this.#registry, subject, record);
    if (id !== undefined) return framed(parseType(record).toBuffer(event), id);
    throw new FatalError(
      `the subject ${subject} does not hold ${record.name} as the rules have it: run \`notification-streams schemas register\``,
    );
  }

  async #ends(): Promise<readonly PartitionOffset[]> {
    const { leaders } = this.#connections;
    const partitions = OUTPUT_TOPICS.map((name) => this.#config.names.physical(name)).flatMap((topic) =>
      partitionsIn(topic, leaders.partitionCount(topic)),
    );
    return this.#connections.offsets(this.#config.names.group).highWatermarks(partitions, ANSWER_MS);
  }

  /** Where the group stands once it is past the record, or at the deadline. */
  async #committed(sent: PartitionOffset, deadline: number): Promise<number | undefined> {
    const offsets = this.#connections.offsets(this.#config.names.group);
    for (;;) {
      const found = offsetIn(await offsets.lastCommitted([sent], ANSWER_MS), sent)?.offset;
      if ((found ?? 0) > sent.offset || Date.now() > deadline) return found;
      await delay(POLL_MS);
    }
  }

  async #between(
    before: readonly PartitionOffset[],
    after: readonly PartitionOffset[],
  ): Promise<readonly (readonly [ReadTopic, FetchedRecord])[]> {
    const { names } = this.#config;
    const { fetcher } = this.#connections;
    const logical = new Map<string, ReadTopic>(OUTPUT_TOPICS.map((name) => [names.physical(name), name]));
    const read = after.map(async ({ topic, partition, offset: to }) => {
      const from = offsetIn(before, { topic, partition })?.offset ?? 0;
      const range = { ...{ topic, partition, from, to, topicId: undefined }, withDefects: true };
      const records: [ReadTopic, FetchedRecord][] = [];
      for await (const piece of readRange(range, fetcher, AbortSignal.timeout(ANSWER_MS)))
        for (const record of piece.records) records.push([logical.get(topic)!, record]);
      return records;
    });
    return (await Promise.all(read)).flat();
  }

  async #outputs(
    records: readonly (readonly [ReadTopic, FetchedRecord])[],
    sent: PartitionOffset,
  ): Promise<EmittedOutputs> {
    const outputs: EmittedOutputs = {
      EMAIL_REQUEST_TOPIC: [],
      PUSH_REQUEST_TOPIC: [],
      NOTIFICATION_INAPP_TOPIC: [],
      NOTIFICATION_DELIVERED_TOPIC: [],
    };
    const { retryAttempts, retryBackoffMs } = this.#config;
    const { tenantId, eventIdAt } = this.#emission;
    const catalog = new SchemaCatalog({ client: this.#registry, sources: [], retryAttempts, retryBackoffMs });
    const eventId = eventIdAt(sent);
    for (const [topic, { value }] of records) {
      if (topic === 'NOTIFICATION_DLQ' || value === null) continue;
      const event = await decoded(catalog, topic, value);
      if (event?.eventId === eventId && event?.tenantId === tenantId) (outputs[topic] as (typeof event)[]).push(event);
    }
    return outputs;
  }

  #deadLetter(records: readonly (readonly [ReadTopic, FetchedRecord])[], sent: PartitionOffset): Emitted['deadLetter'] {
    for (const [topic, { headers }] of records) {
      if (topic !== 'NOTIFICATION_DLQ') continue;
      const header = (name: string): string => String(headers.last(name) ?? '');
      const place = ['topic', 'partition', 'offset'].map((part) => header(`__streams.errors.${part}`));
      if (place.join() !== [sent.topic, sent.partition, sent.offset].join()) continue;
      return { reason: header('dlq.reason'), message: header('__streams.errors.message') };
    }
    return undefined;
  }
}

/** Undefined for what others may write there. */
async function decoded<T extends keyof EmittedOutputs>(
  catalog: SchemaCatalog,
  topic: T,
  value: Buffer,
): Promise<SinkEvents[T] | undefined> {
  let found = catalog.decodeSink(topic, value);
  if (found.kind === 'unresolved') {
    await catalog.resolve(found.schemaId, { signal: AbortSignal.timeout(ANSWER_MS) });
    found = catalog.decodeSink(topic, value);
  }
  return found.kind === 'event' ? found.event : undefined;
}

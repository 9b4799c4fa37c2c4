/** Runs the real topology without a broker, for tests: records in, decoded outputs out, with a clock of its own. */
import { SourceDecoder } from '../../schemas/source-decoder.js';
import { SchemaCatalog } from '../../schemas/registry/catalog.js';
import type { AvroSchema } from '../../schemas/avro/avro-schema.js';
import type { EventRecord, SinkEvents, SourceEvents } from '../../schemas/codecs.js';
import { AvroEncoder, type SinkSchemaIds } from '../../schemas/encoder.js';
import { parseType } from '../../schemas/avro/parse-type.js';
import { avroSources } from '../../schemas/source-spec.js';
import { SINK_RECORDS } from '../../schemas/topic-records.js';
import { framed } from '../../schemas/wire-format.js';
import type { DirectoryEntry } from '../../state/directory/directory-entry.js';
import { createActionUrlRule, DEFAULT_ACTION_URL_SCHEMES } from '../../processors/action-url.js';
import { createMappers } from '../../processors/map/mappers.js';
import type { NotificationStores } from '../../processors/context.js';
import type { Services } from '../../processors/processor.js';
import type { RoutedEvent } from '../../processors/routed-event.js';
import { rulesIn } from '../../processors/rules/shipped.js';
import type { RuleSet } from '../../processors/rules/rule-set.js';
import { compileTemplates, type Templates } from '../../processors/templates.js';
import { createExecutor, type Executor, type ExecutorOptions, type Processed } from '../graph/executor.js';
import { NO_TRACING, type Tracing } from '../graph/tracing.js';
import { InMemoryRegistry } from './in-memory-registry.js';
import { InMemoryOutputs } from './in-memory-outputs.js';
import { InMemoryDedupWindow, InMemoryDirectory } from './in-memory-state.js';
import { notifications } from '../notifications.js';
import {
  sourcePartition,
  type DeadLetter,
  type SinkRecord,
  type SourceRecord,
  type SourceTopic,
} from '../../common/record.js';
import { RecordHeaders } from '../../common/record-headers.js';

export interface DriverOptions
  extends Partial<Omit<ExecutorOptions, 'services'>>, Partial<Pick<Services, 'unknownTypes'>> {
  /** Where the clock stands at first, ms since the epoch. */
  readonly now?: number;
  /** Newer rules are in the group, which UNKNOWN_TYPES asks about; default false. */
  readonly isBehind?: boolean;
  /** Default 7 days. */
  readonly dedupWindowMs?: number;
  /** Who is told what; default: the rules that are shipped. */
  readonly rules?: RuleSet;
  /** LOCALES, the first is the default; default `en`. */
  readonly locales?: readonly [string, ...string[]];
  readonly templates?: Templates;
  /** Schemes of the action URLs that go out, in lower case. */
  readonly actionUrlSchemes?: readonly string[];
  /** Default: none. */
  readonly tracing?: Tracing;
}

/** An event of a topic: as the contract has it, or of any other source by field, with int64 as bigint. */
export type DrivenEvent<T extends string> = T extends SourceTopic ? SourceEvents[T] : EventRecord;

/** A source as a producer writes to it. */
interface Producer {
  readonly schemaId: number;
  readonly type: ReturnType<typeof parseType>;
}

/** What a record has besides its value. By default: partition 0, the clock's time, and neither key nor headers. */
export type RecordParts = Partial<Pick<SourceRecord, 'partition' | 'timestamp' | 'key' | 'headers' | 'defect'>> & {
  /** As in ProcessorContext; default true. */
  readonly notify?: boolean;
};

/** A record that went out, decoded. */
export interface DrivenRecord<Event> {
  readonly key: string;
  readonly event: Event;
}

/** The outputs of one record by topic, in the order in which they went out. */
export type DrivenOutputs = { readonly [T in keyof SinkEvents]: DrivenRecord<SinkEvents[T]>[] } & {
  readonly NOTIFICATION_DLQ: DeadLetter[];
};

export interface Driven {
  readonly record: SourceRecord;
  readonly processed: Processed;
  /** As they went out, encoded. */
  readonly records: readonly SinkRecord[];
  readonly outputs: DrivenOutputs;
}

const SEVEN_DAYS_MS = 7 * 24 * 60 * 60 * 1000;
const TEN_O_CLOCK = Date.UTC(2026, 0, 15, 10);

/** Read once a process. */
let shipped: RuleSet | undefined;
const shippedRules = (): RuleSet => (shipped ??= rulesIn(undefined));

export class TopologyDriver {
  /** The clock: what processors are told, and the time of records that have none of their own. */
  now: number;
  readonly #registry = new InMemoryRegistry();
  readonly #catalog: SchemaCatalog;
  readonly #tracing: Tracing;
  readonly #executor: Executor<NotificationStores>;
  readonly #encoder: AvroEncoder;
  /** By topic. */
  readonly #producers: ReadonlyMap<string, Producer>;
  readonly #dedup: InMemoryDedupWindow;
  readonly #directory = new InMemoryDirectory();
  readonly #nextOffsets = new Map<string, number>();
  readonly #isBehind: boolean;

  constructor(options: DriverOptions = {}) {
    this.now = options.now ?? TEN_O_CLOCK;
    this.#isBehind = options.isBehind ?? false;
    this.#dedup = new InMemoryDedupWindow(options.dedupWindowMs ?? SEVEN_DAYS_MS);
    const { rules = shippedRules() } = options;
    const { sources } = rules;
    this.#producers = new Map(
      avroSources(sources).map(({ topic, record }) => [
        topic,
        { schemaId: this.#registry.register(record), type: parseType(record) },
      ]),
    );
    const sinkIds: SinkSchemaIds = mapValues(SINK_RECORDS, (schema) => this.#registry.register(schema));
    this.#catalog = new SchemaCatalog({
      ...{ client: this.#registry, sources },
      retryAttempts: 3,
      retryBackoffMs: 1000,
      // The driver's time stands still while it waits.
      wait: () => Promise.resolve(),
      now: () => this.now,
    });
    this.#tracing = options.tracing ?? NO_TRACING;
    const executor = createExecutor(notifications(sources), {
      appId: 'driver',
      stackTraces: false,
      ...options,
      services: {
        decoder: new SourceDecoder(this.#catalog, sources),
        mappers: createMappers(rules, {
          templates: options.templates ?? compileTemplates([]),
          locales: options.locales ?? ['en'],
          actionUrl: createActionUrlRule(options.actionUrlSchemes ?? DEFAULT_ACTION_URL_SCHEMES),
        }),
        unknownTypes: options.unknownTypes ?? 'wait',
      },
    });
    this.#executor = this.#tracing.around(executor);
    this.#encoder = new AvroEncoder(sinkIds);
  }

  /** Moves the clock on. */
  advance(ms: number): void {
    this.now += ms;
  }

  /** What the directory holds of a user: the fold of all that the directory sink has written. */
  user(tenantId: bigint, userId: bigint): DirectoryEntry | undefined {
    return this.#directory.get(tenantId, userId);
  }

  /** Registers one more schema, such as another version of a source's; gives its id. */
  register(schema: AvroSchema, schemaType?: string): number {
    return this.#registry.register(schema, schemaType);
  }

  /** The value of an event as a producer of that topic writes it. Throws TypeError for a topic that is no source in Avro. */
  encode<T extends string>(topic: T, event: DrivenEvent<T>): Buffer {
    const producer = this.#producers.get(topic);
    if (producer === undefined) throw new TypeError(`${topic} is none of the driver's sources in Avro`);
    return framed(producer.type.toBuffer(event), producer.schemaId);
  }

  /** Feeds one event and commits what becomes of it. */
  feed<T extends string>(topic: T, event: DrivenEvent<T>, parts: RecordParts = {}): Promise<Driven> {
    return this.feedValue(topic, this.encode(topic, event), parts);
  }

  /** Feeds one record value, however wrong, and commits what becomes of it. Throws what the executor throws. */
  async feedValue(topic: string, value: Buffer | null, parts: RecordParts = {}): Promise<Driven> {
    const record = this.#recordOf(topic, value, parts);
    const collected = new InMemoryOutputs(this.#encoder);
    const processed = await this.#process(record, parts.notify ?? true, collected);
    await this.#tracing.commit(collected, 1, () => Promise.resolve());
    const { records } = collected;
    const outputs = await this.#decodeAll(records);
    if (processed.kind === 'forwarded') this.#dedup.remember(record, (processed.value as RoutedEvent).digest);
    for (const { event } of outputs.USER_DIRECTORY) this.#directory.set(event);
    return { record, processed, records, outputs };
  }

  #recordOf(topic: string, value: Buffer | null, parts: RecordParts): SourceRecord {
    const { partition = 0, timestamp = this.now, key = null, headers = RecordHeaders.NONE, defect } = parts;
    const { name: source } = sourcePartition(topic, partition);
    const offset = this.#nextOffsets.get(source) ?? 0;
    this.#nextOffsets.set(source, offset + 1);
    return { topic, partition, source, offset, timestamp, key, value, headers, defect };
  }

  async #process(record: SourceRecord, notify: boolean, outputs: InMemoryOutputs): Promise<Processed> {
    const stores = { 'dedup-window': this.#dedup, 'user-directory': this.#directory };
    const context = { now: this.now, stores, notify, isBehind: () => this.#isBehind, outputs };
    let processed = this.#executor.process(record, context);
    if (processed.kind === 'unresolved') {
      await this.#catalog.resolve(processed.schemaId, { signal: new AbortController().signal });
      processed = this.#executor.process(record, context);
    }
    while (processed.kind === 'unfinished') processed = processed.resume();
    return processed;
  }

  async #decodeAll(records: readonly SinkRecord[]): Promise<DrivenOutputs> {
    const outputs: DrivenOutputs = {
      EMAIL_REQUEST_TOPIC: [],
      PUSH_REQUEST_TOPIC: [],
      NOTIFICATION_INAPP_TOPIC: [],
      NOTIFICATION_DELIVERED_TOPIC: [],
      USER_DIRECTORY: [],
      NOTIFICATION_DLQ: [],
    };
    for (const record of records) {
      if (record.topic === 'NOTIFICATION_DLQ') outputs.NOTIFICATION_DLQ.push(record as DeadLetter);
      else (outputs[record.topic as keyof SinkEvents] as DrivenRecord<unknown>[]).push(await this.#decode(record));
    }
    return outputs;
  }

  async #decode({ topic: name, key, value }: SinkRecord): Promise<DrivenRecord<unknown>> {
    const topic = name as keyof SinkEvents;
    if (value === null) throw new TypeError(`the topology wrote a record without a value to ${topic}`);
    let decoded = this.#catalog.decodeSink(topic, value);
    if (decoded.kind === 'unresolved') {
      await this.#catalog.resolve(decoded.schemaId, { signal: new AbortController().signal });
      decoded = this.#catalog.decodeSink(topic, value);
    }
    if (decoded.kind !== 'event') throw new TypeError(`the topology wrote to ${topic} what cannot be read back`);
    return { key: String(key), event: decoded.event };
  }
}

/** A value in the wire format, written with any schema. */
export function encodeWith(schema: AvroSchema, schemaId: number, event: unknown): Buffer {
  return framed(parseType(schema).toBuffer(event), schemaId);
}

function mapValues<K extends string, V, W>(record: Readonly<Record<K, V>>, map: (value: V) => W): Record<K, W> {
  return Object.fromEntries((Object.keys(record) as K[]).map((key) => [key, map(record[key])])) as Record<K, W>;
}

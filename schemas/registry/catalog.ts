/** The writers' schemas by the registry's id, and the decoding of records with them. */
import { setMaxListeners } from 'node:events';
import { messageOf } from '../../common/errors.js';
import type { Logger } from '../../common/log.js';
import { SampledLog } from '../../common/sampled-log.js';
import type { Decoded, DecodedSink, EventDecoder, EventRecord, SinkDecoder, SinkEvents } from '../codecs.js';
import { type AskSchema, type FetchedWriter, fetchWriter } from './fetch-writer.js';
import { OwnRecords } from './own-records.js';
import type { RegistryAnswer, RegistryClient } from './registry-client.js';
import { RegistryHealth } from './registry-health.js';
import type { RegistryOutageError } from './registry-outage.js';
import { RegistryWitness } from './registry-witness.js';
import { type FoundSchema, type NoSchema, readSchemaAnswer } from './schema-answer.js';
import { SharedFlights } from './shared-flights.js';
import type { SourceSpec } from '../source-spec.js';
import { type Patience, untilAnswered } from './until-answered.js';
import { realWait, type Wait } from './wait.js';
import { hasHeader, readSchemaId } from '../wire-format.js';
import type { Writer } from './writer.js';

export interface SchemaCatalogOptions {
  readonly client: RegistryClient;
  /** Whose records are read, beside those that we write. */
  readonly sources: readonly SourceSpec[];
  /** RETRY_ATTEMPTS: how often an id that the registry does not know is asked for in all. */
  readonly retryAttempts: number;
  /** RETRY_BACKOFF_MS: the n-th wait is n times that. */
  readonly retryBackoffMs: number;
  /** One of our own subjects: an answer for it shows that the registry works, before any id was answered. */
  readonly ownSubject?: string;
  /** Shared with whatever else asks the registry, for one readiness. */
  readonly health?: RegistryHealth;
  readonly log?: Logger;
  readonly wait?: Wait;
  /** Milliseconds; for the age of negative entries. */
  readonly now?: () => number;
}

export interface ResolveOptions {
  readonly signal: AbortSignal;
  /** Values that come next: the ids in them that are not known either are asked for at the same time. */
  readonly ahead?: Iterable<Buffer | null>;
  /** Called for each try after the first of an id that this caller is the first to ask for. */
  readonly onRetry?: (() => void) | undefined;
}

/** An id that the registry did not know, or could not give, when last asked: its records are poison until then. */
interface Condemned {
  readonly kind: 'condemned';
  readonly poison: Poison;
  readonly until: number;
}

type Entry = Writer | Condemned;

type Poison = Extract<Decoded, { kind: 'poison' }>;

const UNKNOWN_TTL_MS = 30_000;
const AT_FAULT_TTL_MS = 5 * 60_000;
/** Tries of an id that is at fault itself. Not RETRY_ATTEMPTS: fewer could be a registry that stumbles. */
const FAULTY_TRIES = 3;
/** Ids that one caller asks for ahead. */
const MAX_AHEAD = 256;
/** A bound on memory; an id that fell out is asked for again. */
const MAX_ENTRIES = 10_000;
/** The registry's ids are positive 32-bit integers; a greater one is known to nobody and not worth a question. */
const MAX_SCHEMA_ID = 2 ** 31 - 1;

export class SchemaCatalog implements EventDecoder, SinkDecoder {
  readonly health: RegistryHealth;
  readonly #patience: Patience;
  readonly #records: OwnRecords;
  readonly #retryAttempts: number;
  readonly #now: () => number;
  readonly #witness: RegistryWitness;
  /** For ids that producers make up. */
  readonly #sampledLog: SampledLog | undefined;
  readonly #writers = new Map<number, Writer>();
  /** Apart: whoever makes up ids must not push out those that are in use. */
  readonly #condemned = new Map<number, Condemned>();
  readonly #flights = new SharedFlights<number>();

  /** Throws FatalError where two sources carry different records of one name. */
  constructor(options: SchemaCatalogOptions) {
    this.#records = new OwnRecords(options.sources);
    this.health = options.health ?? new RegistryHealth();
    this.#now = options.now ?? (() => performance.now());
    this.#retryAttempts = options.retryAttempts;
    this.#sampledLog = options.log && new SampledLog(options.log);
    this.#witness = new RegistryWitness({ client: options.client, subject: options.ownSubject });
    this.#patience = {
      client: options.client,
      health: this.health,
      wait: options.wait ?? realWait,
      backoffMs: options.retryBackoffMs,
      log: options.log,
    };
  }

  decode(topic: string, value: Buffer): Decoded {
    const decoded = this.#decode(topic, value);
    // The writer's record is the topic's own (checked in #decode), and its reader made an event of it.
    return decoded.kind === 'event'
      ? { kind: 'event', value: { topic, event: decoded.event as EventRecord } }
      : decoded;
  }

  decodeSink<T extends keyof SinkEvents>(topic: T, value: Buffer): DecodedSink<T> {
    const decoded = this.#decode(topic, value);
    return decoded.kind === 'event' ? { kind: 'event', event: decoded.event as SinkEvents[T] } : decoded;
  }

  /**
   * Asks the registry for an id, once for all who wait for it; afterwards `decode` knows what to make of it. An outage
   * is waited out and shows in `health`. Rejects only with the signal's reason.
   *
   * An id's patience is its own, by the clock from when it is first asked for: however many others are unknown, it gets
   * all its tries, and they cost a caller who asks ahead the time of one.
   */
  resolve(schemaId: number, options: ResolveOptions): Promise<void> {
    const resolved = this.#resolve(schemaId, options);
    if (options.ahead !== undefined) this.#askAhead(options.ahead, schemaId, options);
    return resolved;
  }

  #resolve(schemaId: number, { signal, onRetry }: ResolveOptions): Promise<void> {
    return this.#flights.join(schemaId, signal, (joint) => this.#learn(schemaId, { signal: joint, onRetry }));
  }

  #askAhead(values: Iterable<Buffer | null>, asked: number, { signal, onRetry }: ResolveOptions): void {
    const ids = new Set<number>();
    for (const value of values) {
      if (value === null || !hasHeader(value)) continue;
      const id = readSchemaId(value);
      if (id !== asked && id <= MAX_SCHEMA_ID && this.#known(id) === undefined) ids.add(id);
      if (ids.size === MAX_AHEAD) break;
    }
    if (ids.size === 0) return;
    // One listener on the caller's signal, however many wait.
    const joint = AbortSignal.any([signal]);
    setMaxListeners(0, joint);
    // Rejects with the signal's reason alone; the caller hears that itself.
    for (const id of ids) this.#resolve(id, { signal: joint, onRetry }).catch(() => undefined);
  }

  /** Undefined when it must be asked for. */
  #known(schemaId: number): Entry | undefined {
    const writer = this.#writers.get(schemaId);
    if (writer !== undefined) return writer;
    const condemned = this.#condemned.get(schemaId);
    return condemned !== undefined && condemned.until > this.#now() ? condemned : undefined;
  }

  #decode(topic: string, value: Buffer): Exclude<Decoded, { kind: 'event' }> | { kind: 'event'; event: unknown } {
    if (!hasHeader(value)) return poison('bad-magic', describeHead(value));
    const schemaId = readSchemaId(value);
    if (schemaId > MAX_SCHEMA_ID) return unknownSchema(nameOf(schemaId), 1);
    const entry = this.#known(schemaId);
    if (entry === undefined) return { kind: 'unresolved', schemaId };
    if (entry.kind === 'condemned') return entry.poison;
    try {
      const writer = entry.kind === 'union' ? entry.writerOf(value) : entry;
      if (writer.kind === 'refused') return poison('wrong-record', `schema id ${schemaId} is ${writer.message}`);
      if (!writer.topics.includes(topic)) {
        return poison('wrong-record', `schema id ${schemaId} is ${writer.recordName}, which ${topic} does not carry`);
      }
      return { kind: 'event', event: writer.read(value) };
    } catch (error) {
      return poison('undecodable', `the body does not fit schema id ${schemaId}: ${messageOf(error)}`, error);
    }
  }

  async #learn(schemaId: number, { signal, onRetry }: ResolveOptions): Promise<void> {
    const { wait, backoffMs } = this.#patience;
    let faults = 0;
    for (let attempts = 1; ; attempts++) {
      const answer = await this.#ask(schemaId, signal);
      switch (answer.kind) {
        case 'writer':
          this.#witness.saw(schemaId);
          remember(this.#writers, schemaId, answer.writer);
          return;
        case 'unknown':
          if (attempts < this.#retryAttempts) break;
          this.#condemn(schemaId, unknownSchema(answer.what, attempts), UNKNOWN_TTL_MS);
          return;
        case 'at-fault':
          faults += 1;
          if (faults < FAULTY_TRIES) break;
          this.#condemn(schemaId, atFault(schemaId, answer.blames, attempts), AT_FAULT_TTL_MS);
          return;
      }
      await wait(attempts * backoffMs, signal);
      onRetry?.();
    }
  }

  async #ask(schemaId: number, signal: AbortSignal): Promise<FetchedWriter> {
    const ask: AskSchema = (path, what) =>
      untilAnswered(
        this.#patience,
        { method: 'GET', path, signal },
        (answer: RegistryAnswer): FoundSchema | NoSchema => readSchemaAnswer(answer, what),
        (outage) => this.#excuse(schemaId, outage),
      );
    const found = await ask(`/schemas/ids/${schemaId}`, nameOf(schemaId));
    if (found.kind !== 'schema') return found;
    return fetchWriter(found, (path, what) => ask(path, `${what}, to which ${nameOf(schemaId)} refers`), this.#records);
  }

  /** Undefined for an outage. */
  async #excuse(schemaId: number, { blames, message }: RegistryOutageError): Promise<NoSchema | undefined> {
    if (blames === undefined || !(await this.#witness.answersForOthersThan(schemaId))) return undefined;
    this.#sampledLog?.warn({ schemaId, error: message }, 'the schema registry answers, but not for this schema id');
    return { kind: 'at-fault', blames };
  }

  #condemn(schemaId: number, poison: Poison, ttlMs: number): void {
    remember(this.#condemned, schemaId, { kind: 'condemned', poison, until: this.#now() + ttlMs });
  }
}

function remember<E extends Entry>(entries: Map<number, E>, schemaId: number, entry: E): void {
  entries.delete(schemaId);
  entries.set(schemaId, entry);
  if (entries.size > MAX_ENTRIES) entries.delete(entries.keys().next().value!);
}

function poison(reason: Poison['reason'], message: string, error?: unknown): Poison {
  const base = { kind: 'poison', reason, message, attempts: 1 } as const;
  return error === undefined ? base : { ...base, error };
}

function unknownSchema(what: string, attempts: number): Poison {
  return { ...poison('unknown-schema', `the schema registry does not know ${what}`), attempts };
}

function nameOf(schemaId: number): string {
  return `the schema id ${schemaId}`;
}

function atFault(schemaId: number, blames: string, attempts: number): Poison {
  const message = `the schema registry has no usable schema for id ${schemaId}: ${blames}, and answers for others`;
  return { ...poison('wrong-record', message), attempts };
}

function describeHead(value: Buffer): string {
  return value.length < 5
    ? `a value of ${value.length} bytes; expected at least 5: byte 0 and a schema id`
    : `the first byte is ${value[0] ?? 'missing'}; expected 0`;
}

/** The writers' schemas by the registry's id, and the decoding of records with them. */
import { messageOf, OutageError } from '../topology/errors.js';
import type { Logger } from '../topology/log.js';
import type { SourceTopic } from '../topology/record.js';
import type { Decoded, DecodedSink, EventDecoder, SinkDecoder, SinkEvents, SourceEvent } from './codecs.js';
import type { RegistryAnswer, RegistryClient } from './registry-client.js';
import { RegistryHealth } from './registry-health.js';
import { RetryBudget } from './retry-budget.js';
import { SharedFlights } from './shared-flights.js';
import type { AvroTopic } from './topic-records.js';
import { type Patience, untilAnswered } from './until-answered.js';
import { realWait, type Wait } from './wait.js';
import { hasHeader, readSchemaId } from './wire-format.js';
import { admitWriter, type RegisteredSchema, type Writer } from './writer.js';

export interface SchemaCatalogOptions {
  readonly client: RegistryClient;
  /** RETRY_ATTEMPTS: how often an id that the registry does not know is asked for in all. */
  readonly retryAttempts: number;
  /** RETRY_BACKOFF_MS: the n-th wait is n times that. */
  readonly retryBackoffMs: number;
  /** Shared with whatever else asks the registry, for one readiness. */
  readonly health?: RegistryHealth;
  readonly log?: Logger;
  readonly wait?: Wait;
  /** Milliseconds; for the age of negative entries. */
  readonly now?: () => number;
}

export interface ResolveOptions {
  readonly signal: AbortSignal;
  /** The caller's own (one a task); without one, what all such callers share. */
  readonly budget?: RetryBudget;
}

/** An id that the registry did not know when last asked. */
interface Unknown {
  readonly kind: 'unknown';
  readonly attempts: number;
  readonly until: number;
}

type Poison = Extract<Decoded, { kind: 'poison' }>;

const NEGATIVE_TTL_MS = 30_000;
/** A bound on memory; an id that fell out is asked for again. */
const MAX_ENTRIES = 10_000;
/** The registry's ids are positive 32-bit integers; a greater one is known to nobody and not worth a question. */
const MAX_SCHEMA_ID = 2 ** 31 - 1;

export class SchemaCatalog implements EventDecoder, SinkDecoder {
  readonly health: RegistryHealth;
  readonly #patience: Patience;
  readonly #retryAttempts: number;
  readonly #now: () => number;
  readonly #commonBudget: RetryBudget;
  readonly #entries = new Map<number, Writer | Unknown>();
  readonly #flights = new SharedFlights<number>();

  constructor(options: SchemaCatalogOptions) {
    this.health = options.health ?? new RegistryHealth();
    this.#now = options.now ?? (() => performance.now());
    this.#retryAttempts = options.retryAttempts;
    this.#commonBudget = new RetryBudget({ now: this.#now });
    this.#patience = {
      client: options.client,
      health: this.health,
      wait: options.wait ?? realWait,
      backoffMs: options.retryBackoffMs,
      log: options.log,
    };
  }

  decode(topic: SourceTopic, value: Buffer): Decoded {
    const decoded = this.#decode(topic, value);
    // The writer's record is the topic's own (checked in #decode), and its reader made an event of it.
    return decoded.kind === 'event'
      ? { kind: 'event', value: { topic, event: decoded.event } as SourceEvent }
      : decoded;
  }

  decodeSink<T extends keyof SinkEvents>(topic: T, value: Buffer): DecodedSink<T> {
    const decoded = this.#decode(topic, value);
    return decoded.kind === 'event' ? { kind: 'event', event: decoded.event as SinkEvents[T] } : decoded;
  }

  /**
   * Asks the registry for an id, once for all who wait for it; afterwards `decode` knows what to make of it. An outage
   * is waited out and shows in `health`. Rejects only with the signal's reason.
   */
  resolve(schemaId: number, options: ResolveOptions): Promise<void> {
    const budget = options.budget ?? this.#commonBudget;
    return this.#flights.join(schemaId, options.signal, (signal) => this.#learn(schemaId, budget, signal));
  }

  #decode(topic: AvroTopic, value: Buffer): Exclude<Decoded, { kind: 'event' }> | { kind: 'event'; event: unknown } {
    if (!hasHeader(value)) return poison('bad-magic', describeHead(value));
    const schemaId = readSchemaId(value);
    if (schemaId > MAX_SCHEMA_ID) return unknownSchema(schemaId, 1);
    const entry = this.#entries.get(schemaId);
    if (entry === undefined) return { kind: 'unresolved', schemaId };
    if (entry.kind === 'unknown') {
      return entry.until > this.#now() ? unknownSchema(schemaId, entry.attempts) : { kind: 'unresolved', schemaId };
    }
    if (entry.kind === 'refused') return poison('wrong-record', `schema id ${schemaId} is ${entry.message}`);
    if (entry.topic !== topic) {
      return poison('wrong-record', `schema id ${schemaId} is ${entry.recordName}, which ${topic} does not carry`);
    }
    try {
      return { kind: 'event', event: entry.read(value) };
    } catch (error) {
      const message = `the body does not fit schema id ${schemaId} (${entry.recordName}): ${messageOf(error)}`;
      return poison('undecodable', message, error);
    }
  }

  async #learn(schemaId: number, budget: RetryBudget, signal: AbortSignal): Promise<void> {
    const { wait, backoffMs } = this.#patience;
    for (let attempts = 1; ; attempts++) {
      const request = { method: 'GET', path: `/schemas/ids/${schemaId}`, signal } as const;
      const registered = await untilAnswered(this.#patience, request, readRegistered);
      if (registered !== undefined) {
        this.#remember(schemaId, admitWriter(registered));
        return;
      }
      const pause = attempts * backoffMs;
      if (attempts >= this.#retryAttempts || !budget.take(pause)) {
        this.#remember(schemaId, { kind: 'unknown', attempts, until: this.#now() + NEGATIVE_TTL_MS });
        return;
      }
      await wait(pause, signal);
    }
  }

  #remember(schemaId: number, entry: Writer | Unknown): void {
    this.#entries.delete(schemaId);
    this.#entries.set(schemaId, entry);
    if (this.#entries.size > MAX_ENTRIES) this.#entries.delete(this.#entries.keys().next().value!);
  }
}

/** The schema of an answer, or undefined when the registry does not know the id. */
function readRegistered(answer: RegistryAnswer): RegisteredSchema | undefined {
  if (answer.kind === 'missing') return undefined;
  if (answer.kind === 'refused') throw new OutageError(`the schema registry refused a look-up: ${answer.message}`);
  const { schema, schemaType = 'AVRO' } = answer.body;
  if (typeof schema !== 'string' || typeof schemaType !== 'string') {
    throw new OutageError('the schema registry answered a look-up by id without a schema');
  }
  return { schema, schemaType };
}

function poison(reason: Poison['reason'], message: string, error?: unknown): Poison {
  const base = { kind: 'poison', reason, message, attempts: 1 } as const;
  return error === undefined ? base : { ...base, error };
}

function unknownSchema(schemaId: number, attempts: number): Poison {
  return { ...poison('unknown-schema', `the schema registry does not know the schema id ${schemaId}`), attempts };
}

function describeHead(value: Buffer): string {
  return value.length < 5
    ? `a value of ${value.length} bytes; expected at least 5: byte 0 and a schema id`
    : `the first byte is ${value[0] ?? 'missing'}; expected 0`;
}

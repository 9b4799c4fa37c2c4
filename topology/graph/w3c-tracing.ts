/**
 * TRACING=w3c: a record's trace context goes on to its outputs, as it came, or as a span of ours where an OpenTelemetry
 * SDK is registered. The only place that knows OpenTelemetry, of which it knows the API alone. Spans say where a record
 * was and what became of it: never a key, a value, a header, or a text that was made of one.
 */
import {
  createTraceState,
  isSpanContextValid,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Link,
  type Span,
  type SpanContext,
  type Tracer,
} from '@opentelemetry/api';
import type { SourceName, SourceRecord } from '../../common/record.js';
import { RecordHeaders } from '../../common/record-headers.js';
import { isSampled, traceContextOf, traceHeaders, type TraceContext } from '../../common/trace-context.js';
import type { Executor, Finished, Processed } from './executor.js';
import type { RecordCollector } from './outputs.js';
import type { Tracing } from './tracing.js';

/** What spans say of us, and how a topic is called on the brokers. */
export interface TracingOptions {
  readonly version: string;
  readonly group: string;
  readonly clientId: string;
  readonly topicName: (topic: string) => string;
}

/** Spans of records in one commit, which may have 10,000 of them: the traces of the others pass through. */
export const MAX_SPANS = 500;
/** Links of a commit's span: as many as SDKs keep by default. */
export const MAX_LINKS = 128;

/** The trace of a record that is processed, or waits to be. */
interface RecordTrace {
  readonly offset: number;
  readonly traceId: string | undefined;
  /** Undefined where no SDK is registered, or nobody wants one; ended with the record. */
  readonly span: Span | undefined;
  /** What its outputs carry. */
  readonly headers: RecordHeaders;
  isFinished: boolean;
}

/** What a commit has of spans so far. */
interface CommitTrace {
  spans: number;
  readonly links: Link[];
}

export class W3cTracing implements Tracing {
  readonly #options: TracingOptions;
  /** Undefined where no SDK is registered: nobody asks for spans. */
  readonly #tracer: Tracer | undefined;
  /** The record of each source that came last: it is finished before the next one comes. */
  readonly #traces = new Map<SourceName, RecordTrace>();
  readonly #commits = new WeakMap<RecordCollector, CommitTrace>();
  /** The one that was asked for last: a commit's records come one after another. */
  #commit: { readonly outputs: RecordCollector; readonly trace: CommitTrace } | undefined;

  /** An SDK is registered by now, or never: `node --import ./otel.mjs`. */
  constructor(options: TracingOptions) {
    this.#options = options;
    this.#tracer = registeredTracer(options.version);
  }

  around<Stores>(executor: Executor<Stores>): Executor<Stores> {
    return {
      process: (record, context) => {
        const { outputs } = context;
        const traced = this.#traceOf(record, this.#commitOf(outputs));
        outputs.carry(traced.headers);
        return this.#followed(traced, executor.process(record, context), outputs);
      },
      // Not processed any more: its retries are used up, or a broker refuses it.
      deadLetter: (record, cause) => {
        finish(this.#traceOf(record, { spans: 0, links: [] }), { kind: 'dead-lettered', cause });
        return executor.deadLetter(record, cause);
      },
    };
  }

  async commit(outputs: RecordCollector, records: number, run: () => Promise<void>): Promise<void> {
    const { links } = this.#commitOf(outputs);
    this.#commits.delete(outputs);
    this.#commit = undefined;
    if (this.#tracer === undefined || links.length === 0) return run();
    const attributes = { ...this.#attributes('commit', 'settle'), 'messaging.batch.message_count': records };
    const span = this.#tracer.startSpan('commit', { kind: SpanKind.CLIENT, root: true, links, attributes });
    try {
      await run();
    } catch (error) {
      fail(span, error instanceof Error ? error.name : typeof error);
      throw error;
    } finally {
      span.end();
    }
  }

  logFields({ source, offset, headers }: SourceRecord): { readonly trace_id?: string } {
    const last = this.#traces.get(source);
    const traceId = last?.offset === offset ? last.traceId : traceContextOf(headers)?.traceId;
    return traceId === undefined ? {} : { trace_id: traceId };
  }

  /** A record that waits, or is in parts, goes on with the span that it has. */
  #followed(traced: RecordTrace, processed: Processed, outputs: RecordCollector): Processed {
    switch (processed.kind) {
      case 'unfinished':
        return { kind: 'unfinished', resume: () => this.#followed(traced, processed.resume(), outputs) };
      case 'unresolved':
      case 'unsettled':
      case 'waiting':
        return processed;
      case 'forwarded':
      case 'dropped':
      case 'dead-lettered': {
        const { links } = this.#commitOf(outputs);
        if (traced.span?.isRecording() && links.length < MAX_LINKS) links.push({ context: traced.span.spanContext() });
        finish(traced, processed);
        return processed;
      }
    }
  }

  #commitOf(outputs: RecordCollector): CommitTrace {
    if (this.#commit?.outputs === outputs) return this.#commit.trace;
    let trace = this.#commits.get(outputs);
    if (!trace) this.#commits.set(outputs, (trace = { spans: 0, links: [] }));
    this.#commit = { outputs, trace };
    return trace;
  }

  #traceOf(record: SourceRecord, commit: CommitTrace): RecordTrace {
    const last = this.#traces.get(record.source);
    if (last?.offset === record.offset && !last.isFinished) return last;
    const traced = this.#begin(record, commit);
    this.#traces.set(record.source, traced);
    return traced;
  }

  #begin(record: SourceRecord, commit: CommitTrace): RecordTrace {
    const { offset } = record;
    const came = traceContextOf(record.headers);
    const span = this.#tracer && this.#startSpan(this.#tracer, record, came, commit);
    const goesOn = span ? contextOf(span) : came;
    const headers = goesOn ? traceHeaders(goesOn) : RecordHeaders.NONE;
    return { offset, traceId: goesOn?.traceId, span, headers, isFinished: false };
  }

  /** None of a trace that is not sampled; of a record without one, the SDK's sampler decides. */
  #startSpan(
    tracer: Tracer,
    record: SourceRecord,
    came: TraceContext | undefined,
    commit: CommitTrace,
  ): Span | undefined {
    if (commit.spans >= MAX_SPANS || (came && !isSampled(came))) return undefined;
    const creation = came && spanContextOf(came);
    const topic = this.#options.topicName(record.topic);
    const attributes = {
      ...this.#attributes('process', 'process'),
      'messaging.destination.name': topic,
      'messaging.destination.partition.id': String(record.partition),
      'messaging.kafka.offset': record.offset,
      ...(record.value === null && { 'messaging.kafka.message.tombstone': true }),
    };
    const options = { kind: SpanKind.CONSUMER, attributes, links: creation ? [{ context: creation }] : [] };
    const parent = creation ? trace.setSpanContext(ROOT_CONTEXT, creation) : ROOT_CONTEXT;
    const span = tracer.startSpan(`process ${topic}`, options, parent);
    if (span.isRecording()) commit.spans += 1;
    return span;
  }

  /** Names of OpenTelemetry's conventions for messaging. */
  #attributes(name: string, type: string): Attributes {
    return {
      'messaging.system': 'kafka',
      'messaging.operation.name': name,
      'messaging.operation.type': type,
      'messaging.consumer.group.name': this.#options.group,
      'messaging.client.id': this.#options.clientId,
    };
  }
}

/** Undefined where no SDK is registered: the API alone gives spans without a valid context. */
function registeredTracer(version: string): Tracer | undefined {
  const tracer = trace.getTracer('notification-streams', version);
  const probe = tracer.startSpan('probe', { root: true });
  return isSpanContextValid(probe.spanContext()) ? tracer : undefined;
}

function finish(traced: RecordTrace, processed: Finished): void {
  traced.isFinished = true;
  const { span } = traced;
  if (!span) return;
  span.setAttribute('notification_streams.outcome', processed.kind);
  if (processed.kind === 'dropped') span.setAttribute('notification_streams.reason', processed.reason);
  if (processed.kind === 'dead-lettered') fail(span, processed.cause.reason);
  span.end();
}

/** Never by the error's message, which may quote what it is about. */
function fail(span: Span, type: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR, message: type });
}

function spanContextOf({ traceId, spanId, flags, tracestate }: TraceContext): SpanContext {
  const state = tracestate === undefined ? {} : { traceState: createTraceState(tracestate) };
  return { traceId, spanId, traceFlags: flags, isRemote: true, ...state };
}

function contextOf(span: Span): TraceContext {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext();
  return { traceId, spanId, flags: traceFlags, tracestate: traceState?.serialize() || undefined };
}
